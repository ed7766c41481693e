"""What can be asked and how a run goes. Knows no Slack, no SSH, no SQL driver, no HTTP client: it is handed tools."""
