"""The Slack edge: what a run looks like in Slack, how events get there, and what people's clicks and commands become."""
