"""Folders on hosts: saved before the deploy, and put back by renames."""
