"""What is known of git: whether a pinned release is still what it was."""
