//go:build !race

package main

const kills = 8 // how often a test kills the process
