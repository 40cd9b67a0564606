package seal

// What a keyring of one master key of 32 bytes of 7 gave when the format was
// made. If these must change, stored data becomes unreadable.
const (
	pinnedDerive = "232deca035e5a9f9de6e44036a3fc73e"
	pinnedBox    = "01c2d93b93c26549a3e3e5ba546e7ff8aa0a301cbcf9f5d0187d94f5eedaf25a6acc2b7d53eab258ebeff29d59fd14e87c34"
)
