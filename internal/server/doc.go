// Package server assembles Bawn: it opens the data folder, makes the keys at
// the first start, wires every service to the store, the door and the gateway,
// listens, and closes everything in order.
//
// The data folder:
//
//	master.key     the master key (0600); every other key derives from it or
//	               is sealed by it, so it is never inside the store
//	store/         the database
//	blobs/         object bytes over 64 KiB
//	code/          unpacked function packages
//	build/         bundles of a project's handlers (dev)
//	settings.json  what a first start chose and later starts keep (the port)
//	env            KEY=value lines that point AWS clients here (0600)
//	outputs.json   the stack's outputs and the client configuration
package server
