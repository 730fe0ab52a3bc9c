"""German and English: both catalogues whole, numbers and dates as each writes them."""

from __future__ import annotations

import datetime
import math
import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rudel.recording.report as package
from rudel.core import discovery
from rudel.core.errors import UnknownName
from rudel.recording.report import language as languages
from rudel.recording.report.site_time import zone_of

CODES = discovery.names(languages.PACKAGE)
EN, DE = languages.load("en"), languages.load("de")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_both() -> None:
    assert {"en", "de"} <= set(CODES)
    with pytest.raises(UnknownName, match="Choices: de, en"):
        languages.load("fr")


@pytest.mark.parametrize("code", CODES)
def test_no_key_is_missing_and_none_takes_other_values(code: str) -> None:
    words = languages.load(code).words
    assert words.keys() == EN.words.keys()
    for key, text in words.items():
        assert text.strip(), key
        assert fields(text) == fields(EN.words[key]), key


def test_german_is_not_english() -> None:
    same = {key for key, text in DE.words.items() if text == EN.words[key]}
    assert same <= {key for key in same if not re.search(r"[a-z]{6}", re.sub(r"{\w+}", "", EN.words[key]))} | {
        "severity.info", "status.normal", "kind.gas", "label.status",
    }  # fmt: skip


def test_every_key_that_the_code_says_is_there_and_used() -> None:
    code = "".join(p.read_text() for p in Path(package.__path__[0]).glob("*.py"))
    said = set(re.findall(r'(?:say|count)\(\s*f?"([a-z_.{}]+)"', code))
    literal = {key for key in said if "{" not in key}
    missing = {k for k in literal if k not in EN.words and f"{k}.one" not in EN.words}
    assert not missing
    quoted = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', code))
    groups = (
        "kind.",
        "do.",
        "thing.",
        "word.",
        "status.",
        "state.",
        "severity.",
        "outcome.",
        "picture.",
        "map.",
        "verdict.",
    )
    unused = {k for k in EN.words if k.removesuffix(".one").removesuffix(".other") not in said | quoted}
    assert {k for k in unused if not k.startswith(groups)} <= {"title", "unknown", "close"}


def test_every_kind_has_advice() -> None:
    kinds = {key.removeprefix("kind.") for key in EN.words if key.startswith("kind.")}
    assert {f"do.{kind}" for kind in kinds} <= EN.words.keys()


def test_numbers() -> None:
    assert [EN.number(v) for v in (0.0, 3.14159, -0.5, 1234.5, 12345.0, 0.000123456, 5)] == [
        "0", "3.142", "\u22120.5", "1234", "12,345", "0.0001235", "5",
    ]  # fmt: skip
    assert [DE.number(v) for v in (3.14159, -0.5, 12345.6)] == ["3,142", "\u22120,5", "12.346"]
    assert EN.number(-0.01, 0) == "0"
    assert EN.quantity(8.4213, "bar", 0.061) == "8.42\u00a0±\u00a00.06\u00a0bar"
    assert DE.quantity(93.37, "degC", 1.83) == "93,4\u00a0±\u00a01,8\u00a0°C"
    assert DE.amount(93.37, "degC", 1.83) == "93,4\u00a0°C"
    assert (EN.share(0.93), DE.share(0.93)) == ("93%", "93\u00a0%")
    assert EN.quantity(math.nan, "bar") == "\N{EN DASH}"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([EN, DE]))
def test_any_number_can_be_written(value: float, language: languages.Language) -> None:
    text = language.number(value)
    assert text
    if math.isfinite(value) and 1e-4 < abs(value) < 1e12:
        back = text.replace(language.habits.group, "") if abs(value) >= 10_000 - 1 else text
        back = back.replace(language.habits.decimal, ".").replace("\u2212", "-")
        assert float(back) == pytest.approx(value, rel=1e-3, abs=0.5 if abs(value) >= 1000 else 0)
    for write in (language.quantity, language.duration, language.distance, language.share):
        assert write(value)


def test_times() -> None:
    summer = datetime.datetime(2026, 7, 1, 9, 5, tzinfo=zone_of("Europe/Berlin"))
    assert EN.moment(summer) == "1 Jul 2026, 09:05 CEST"
    assert DE.moment(summer) == "01.07.2026, 09:05 Uhr MESZ"
    assert EN.zone(datetime.datetime(2026, 7, 1, tzinfo=zone_of("America/Sao_Paulo"))) == "UTC-03"
    seconds = {0: "0", 45.4: "45", 119: "119"}
    assert {s: EN.duration(s) for s in seconds} == {s: f"{n}\u00a0s" for s, n in seconds.items()}
    assert EN.duration(754) == "13\u00a0min"
    assert EN.duration(3900) == "1\u00a0h 5\u00a0min"
    assert EN.duration(7200) == "2\u00a0h"


def test_values_are_put_in_as_they_are() -> None:
    assert EN.say("verdict.ended", why="{n} {0} %s") == "The round ended early: {n} {0} %s"
    assert EN.named("kind", "odd_{thing}") == "odd {thing}"
