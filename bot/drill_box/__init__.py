"""A sandbox (a box, in the code): a target that is started for a drill without places, and ended with it."""
