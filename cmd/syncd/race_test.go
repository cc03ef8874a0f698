//go:build race

package main

// kills is how often a test kills the process: under the race detector each run takes long.
const kills = 3
