"""Block Kit's rules as models, and the errors Slack answers when they are broken."""
