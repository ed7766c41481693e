"""The runbook page: parsed from Markdown, checked strictly, and held as typed steps."""

from commands.runbook.build import read_page, read_stored_page
from commands.runbook.head_boxes import Role
from commands.runbook.page import Page, PageStep

__all__ = ["Page", "PageStep", "Role", "read_page", "read_stored_page"]
