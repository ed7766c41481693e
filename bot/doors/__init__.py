"""The doors: what people do in Slack or at the terminal, as actions on the record."""
