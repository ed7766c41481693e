"""The rehearsal: a workspace in a box and a target in a box, on which the production bot runs a whole deploy."""
