"""A small real production: PostgreSQL, SSH, git, an API under pm2, a web page, a proxy."""

from bot.rehearsal.target.target import Target

__all__ = ["Target"]
