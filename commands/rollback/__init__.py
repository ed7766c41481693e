"""The rollback: its request, steps, time budget, losses, and what it has not restored."""
