"""The crash tests: kill the real bot again and again, and count at the target what happened there."""
