"""Text that is the same everywhere: durations in words, and masking of secrets."""
