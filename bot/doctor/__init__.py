"""The doctor: checks what a run of a page will need, before the run starts."""
