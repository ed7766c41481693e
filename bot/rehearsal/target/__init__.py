"""A small real production to deploy to: PostgreSQL, SSH, git, an API under pm2, a web page and a reverse proxy."""

from bot.rehearsal.target.target import Target

__all__ = ["Target"]
