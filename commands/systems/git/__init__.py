"""What the bot knows of git: which refs origin has now, which commit they name, and who signed it."""
