"""Block Kit's rules as pydantic models, and Slack's error messages for what breaks them."""
