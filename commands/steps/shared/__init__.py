"""Code that several step kinds share."""
