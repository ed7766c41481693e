"""What the bot knows of git: refs, commits, signatures, changed releases."""
