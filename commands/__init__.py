"""The core: how a run goes. It knows no Slack, SSH, SQL driver or HTTP client."""
