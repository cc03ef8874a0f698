//go:build !race

package main

const (
	kills         = 8 // how often a test kills the process
	examplesShare = 1 // all examples of docs/how-it-decides.md are played
)
