"""A small real production to deploy to: PostgreSQL, SSH, git, an API under pm2, a page and a front door."""

from bot.rehearsal.target.target import Target

__all__ = ["Target"]
