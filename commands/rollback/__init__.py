"""The rollback: its request, its steps, its time budget, what it would lose, and what it has not restored."""
