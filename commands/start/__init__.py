"""The start of a run: the request, the preflight over the page, and the new run."""
