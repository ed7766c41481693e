"""The crash tests: kill the real bot, and count at the target what happened."""
