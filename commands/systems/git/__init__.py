"""What the bot knows of git: the refs that origin has now, their commits, and who signed them."""
