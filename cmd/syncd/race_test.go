//go:build race

package main

// kills is how often a test kills the process: under the race detector each run takes long. .ci/run has a stage without it.
const kills = 3
