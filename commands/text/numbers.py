"""Numbers as text: "1 command", "3,612 rows", "4.8 %", "1.2 GB", and values without exponents."""

from __future__ import annotations

from decimal import Decimal


def format_count(number: int, noun: str, plural: str = "") -> str:
    """A number of things: "1 row", "3,612 rows". Without `plural`, the plural is the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def printed_number(text: str, digits: int = 9) -> int:
    """The number that a program on a host has printed, of at most so many digits; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) <= digits else 0


def format_percent(share: float) -> str:
    """A share from 0 to 1 as percent, rounded: "97 %", "4.8 %". "100 %" and "0 %" mean all and none."""
    percent = 100 * share
    if percent == 0 or percent >= 100:
        return f"{percent:.0f} %"
    if percent < 0.01:
        return "less than 0.01 %"
    return f"{min(percent, 99):.0f} %" if percent >= 10 else f"{format_number(float(f'{percent:.2g}'))} %"


def format_number(number: float | Decimal) -> str:
    """A finite number exactly, without exponent and without zeros at its end: "50", "0.02", "1000000"."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_short(number: float) -> str:
    """A number with six digits, or all of its whole part, and no exponent: "0.333333", "1234567"."""
    return f"{number:.0f}" if abs(number) >= 100_000 else format_number(float(f"{number:.6g}"))


def format_measure(number: float) -> str:
    """A measured value, rounded to whole numbers from 100 on and to three digits below: "1,234", "0.125"."""
    return f"{number:,.0f}" if abs(number) >= 100 else format_number(float(f"{number:.3g}"))


def format_bytes(number: int) -> str:
    """A size in at most four characters and its unit, in powers of 1000: "850 kB", "1.2 MB", "12 GB"."""
    for power, unit in ((9, "GB"), (6, "MB")):
        if number >= 10**power:
            return f"{number / 10**power:.{0 if number >= 10 ** (power + 1) else 1}f} {unit}"
    return f"{number / 1000:.0f} kB" if number >= 1000 else format_count(number, "byte")
