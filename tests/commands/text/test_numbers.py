"""Numbers are written as people read them: with the right plural, and without exponents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.text.numbers import format_bytes, format_count, format_measure, format_number, format_percent


@pytest.mark.parametrize(("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (3612, "3,612 rows")])
def test_a_count_has_the_right_plural(number: int, text: str) -> None:
    assert format_count(number, "row") == text


def test_an_irregular_plural_can_be_given() -> None:
    assert [format_count(number, "query", "queries") for number in (1, 2)] == ["1 query", "2 queries"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100 %"),
        (30 / 30, "100 %"),
        (0.9999, "99 %"),
        (0.5, "50 %"),
        (1 / 21, "4.8 %"),
        (0.01, "1 %"),
        (0.0001, "0.01 %"),
        (0.000001, "less than 0.01 %"),
        (0, "0 %"),
    ],
)
def test_a_share_is_rounded_but_100_percent_means_all(share: float, text: str) -> None:
    assert format_percent(share) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (50.0, "50"),
        (1e6, "1000000"),
        (1e22, "10000000000000000000000"),
        (0.00001, "0.00001"),
        (-0.5, "-0.5"),
        (Decimal("0.02000"), "0.02"),
        (1500, "1500"),
    ],
)
def test_a_number_is_exact_and_has_no_exponent(number: float | Decimal, text: str) -> None:
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.123456, "0.123"), (12.5, "12.5"), (99.96, "100"), (1234.5, "1,234"), (0.00001234, "0.0000123")],
)
def test_a_measured_value_is_rounded(number: float, text: str) -> None:
    assert format_measure(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (850_000, "850 kB"), (1_200_000, "1.2 MB"), (12_000_000_000, "12 GB")],
)
def test_a_size_has_a_fitting_unit(number: int, text: str) -> None:
    assert format_bytes(number) == text
