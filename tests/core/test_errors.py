"""Errors: each is either worth a retry or not, and an unknown name points at the nearest choices."""

from __future__ import annotations

import pytest

from rudel.core.errors import BadInput, GiveUp, Retry, RudelError, UnknownName

CHOICES = ("lite3", "x30", "stairs", "flat")


@pytest.mark.parametrize("error", [Retry("x"), GiveUp("x"), BadInput("x"), UnknownName("robot", "x", CHOICES)])
def test_every_error_is_either_retry_or_give_up(error: RudelError) -> None:
    assert isinstance(error, RudelError)
    assert isinstance(error, Retry) != isinstance(error, GiveUp)


@pytest.mark.parametrize(("typed", "meant"), [("lite", "lite3"), ("Lite3", "lite3"), ("stars", "stairs")])
def test_unknown_name_suggests_what_was_meant(typed: str, meant: str) -> None:
    error = UnknownName("name", typed, CHOICES)
    assert f"Did you mean {meant!r}" in str(error)


def test_unknown_name_says_value_kind_and_all_choices() -> None:
    error = UnknownName("robot", "zebra", reversed(CHOICES))
    assert str(error) == "Unknown robot 'zebra'. Choices: flat, lite3, stairs, x30."
    assert (error.kind, error.value, error.choices) == ("robot", "zebra", sorted(CHOICES))


@pytest.mark.parametrize("value", [None, 3, ""])
def test_unknown_name_takes_any_value_and_an_empty_choice(value: object) -> None:
    assert str(UnknownName("key", value, ())) == f"Unknown key {str(value)!r}. Choices: none."
