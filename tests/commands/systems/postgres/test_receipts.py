"""The advisory lock of a change has one number, which PostgreSQL accepts."""

from __future__ import annotations

from commands.systems.postgres.receipts import lock_number


def test_a_key_has_the_same_number_in_every_version_of_the_bot() -> None:
    assert lock_number("run-1/migration") == lock_number("run-1/migration")
    assert lock_number("") == -2039914840885289964, "another version of the bot would not wait for this one's lock"


def test_different_keys_have_different_numbers_within_bigint() -> None:
    numbers = {lock_number(f"run-1/step/{number}") for number in range(1_000)}
    assert len(numbers) == 1_000
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert min(numbers) < 0 < max(numbers)
