"""One run from start to end: the loop, what comes next, its attempts and their events."""
