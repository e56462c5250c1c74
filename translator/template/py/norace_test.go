//go:build !race

package py

// raceDetector is off.
const raceDetector = false
