// Package crash kills a real Bawn in the middle of sign-ups and writes, again
// and again on the same data folder, and looks whether anything that was
// acknowledged is missing afterwards.
//
// BAWN_CRASH_ROUNDS sets the number of rounds (20 unless set).
package crash
