"""The bot's own machine as a host: the same programs as over SSH, in local processes."""
