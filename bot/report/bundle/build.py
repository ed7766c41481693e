"""Builds the bundle of a run."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.report.build import chart_of
from bot.report.bundle import archive
from bot.report.bundle.envelope import sign
from bot.report.bundle.record_lines import to_lines
from bot.report.bundle.signing_key import public_pem
from bot.report.bundle.statement import statement_of
from bot.report.html import as_html
from bot.report.markdown import as_markdown
from commands.report.report import Report
from state.journal import Chain


def build_bundle(report: Report, chain: Chain, changes: list[str], key: Ed25519PrivateKey) -> bytes:
    """The bundle: report, record and page, and the signed statement on them."""
    files = {
        archive.RECORD: to_lines(chain),
        archive.PAGE: report.run.text.encode(),
        archive.HTML: as_html(report, chart_of(report)).encode(),
        archive.MARKDOWN: as_markdown(report).encode(),
    }
    statement = statement_of(report.run, chain, report.commit, files, changes)
    return archive.pack(
        {**files, archive.STATEMENT: sign(statement, key), archive.PUBLIC_KEY: public_pem(key.public_key())}
    )
