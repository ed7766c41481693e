"""What lies in .github, run as GitHub would run it."""
