"""One run from its start to its end: the loop, what comes next, its attempts, their contexts and events."""
