"""The migration tools of frameworks: how each tells its state, goes forward and back."""
