"""A sandbox (in the code: a box): a target that is started for a drill and ends with it."""
