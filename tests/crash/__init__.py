"""The crash harness: kills the real bot again and again, and counts at the target what happened there."""
