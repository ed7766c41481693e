"""The rehearsal: the production bot runs a whole deploy between a Slack-compatible server and a real target."""
