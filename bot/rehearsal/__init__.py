"""The rehearsal: the production bot deploys between a Slack-compatible server and a target."""
