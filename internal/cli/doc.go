// Package cli is the commands of bawn: dev starts everything for a project,
// the others ask a running Bawn, which they find by its data folder, or work
// on the folder itself. Every command takes --json. Output is aligned and
// quiet; colour only on a terminal and without NO_COLOR. An error says what
// happened, where, why and what to do.
//
// Exit codes: 0 done, 1 failed, 2 the command line is wrong.
package cli
