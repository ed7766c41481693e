"""The doctor: what a run of a page will need, checked before it starts: state file, Slack, and the page itself."""
