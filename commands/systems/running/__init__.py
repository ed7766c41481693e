"""How production says which commit it runs."""
