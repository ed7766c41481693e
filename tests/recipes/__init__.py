"""The pages of docs/recipes, each played on real parts."""
