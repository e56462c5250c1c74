//go:build race

package py

// raceDetector is on: times say nothing.
const raceDetector = true
