"""Verifies what `gonogo verify` is given: the record, a run's number, or a bundle."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.report.bundle.signing_key import read_private, read_public
from bot.settings import Settings
from bot.verify.bundle import verify_bundle
from bot.verify.record import verify_record
from state.errors import Refused


def verify(settings: Settings, what: str, public_key: str = "") -> tuple[bool, list[str]]:
    """Whether all is good, and the lines to print. Raises Refused with one sentence if it cannot be verified.

    `public_key` is the file of the key that must have signed a bundle. Without it, that of this machine's own bot.
    """
    if re.fullmatch(r"[0-9]{0,9}", what):
        return verify_record(settings, int(what or 0))
    if not Path(what).exists():
        raise Refused(f"There is no bundle {what}, and it is no run's number.")
    return verify_bundle(Path(what), _trusted(settings, public_key), settings.find_record_key())


def _trusted(settings: Settings, public_key: str) -> Ed25519PublicKey | None:
    if public_key:
        return read_public(Path(public_key))
    own = settings.signing_key_file
    return read_private(own).public_key() if own.exists() else None
