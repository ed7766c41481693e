"""Logs on hosts: new lines with errors, and the requests in a web server's log."""
