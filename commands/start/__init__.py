"""The start of a run: the request, the preflight over the page, and the write that begins the run."""
