"""The SSH tools: connections, jobs and commands on hosts, and port forwards back to the bot."""
