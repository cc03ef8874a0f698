//go:build !race

package engine_test

const (
	crowdShare   = 1 // all of a crowd comes
	fewSchedules = 60
)
