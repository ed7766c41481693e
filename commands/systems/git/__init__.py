"""What the bot knows of git: refs on origin, their commits and signatures, and whether a release has changed."""
