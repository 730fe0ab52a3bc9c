"""The report as a whole: everything is in it, nothing from outside breaks it, the same round gives the same bytes."""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Round
from rudel.recording.report import MapPicture, ReportPaths, write_report
from rudel.recording.report.plots import span_of
from tests.recording.report import rounds as fixture
from tests.recording.report.test_facts import finding, inspection, one_round

NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;'`{{7*7}}</style></title></svg><para><b>\u202egpj"
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Collects text, tags and addresses; every element has to be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.addresses += [value or ""] if name in ("src", "href", "action", "data", "srcset") else []
            self.handlers += [name] if name.startswith("on") else []
            self.ids += [value or ""] if name == "id" else []
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Round], Path]:
    folder = tmp_path_factory.mktemp("round")
    return fixture.made(folder), folder


@pytest.fixture(scope="module")
def english(made: tuple[list[Round], Path], tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    rounds, folder = made
    return write_report(rounds, tmp_path_factory.mktemp("english"), pictures=folder)


def test_page_has_everything_and_needs_nothing(english: ReportPaths) -> None:
    assert "report" in english.html.name
    text = english.html.read_text()
    page = Page(text)
    words = " ".join(page.words)
    for expected in (
        "Act now: 2 critical findings", "46 of 50", "nothing in this report was seen in a real plant", "98% to 71%",
        "way blocked by a crate", "glare on the glass", "8.42\u00a0bar (allowed 3 to 7\u00a0bar)", "very sure (99%)",
        "1.42\u00a0bar too high", "Person-hours are estimated, not measured", "within 50 degrees", "getting worse",
        "back again", "CET",
    ):  # fmt: skip
        assert expected in words, expected
    assert all(point in words for point in fixture.points())
    assert {f"f{n}" for n in range(1, 15)} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    files = {"findings.csv", "readings.csv", "report.json", "report.pdf"}
    outside = [a for a in page.addresses if not a.startswith("data:image/jpeg;base64,") and a not in files]
    assert all(a.startswith("#") and a[1:] in page.ids for a in outside)
    assert page.tags.count("img") >= 28
    assert not re.search(r"url\(|@import|https?://", text)
    assert max(map(len, re.findall(r'points="([^"]*)"', text))) > 600  # long ways are whole


def test_same_round_same_bytes(made: tuple[list[Round], Path], english: ReportPaths, tmp_path: Path) -> None:
    rounds, folder = made
    again = write_report(rounds, tmp_path / "again", pictures=folder)
    for field in dataclasses.fields(again):
        one, other = getattr(english, field.name), getattr(again, field.name)
        assert one.read_bytes() == other.read_bytes()
    assert len(list((tmp_path / "again").iterdir())) == 5  # nothing half written is left


def test_german_page_is_german(made: tuple[list[Round], Path], tmp_path: Path) -> None:
    rounds, _ = made
    paths = write_report(rounds, tmp_path, "de")
    text = paths.html.read_text()
    assert text.count("Das Bild fehlt: pictures/") == 14
    words = " ".join(Page(text).words)
    for expected in (
        "Sofort handeln: 2 kritische Befunde",
        "46 von 50",
        "8,42\u00a0bar (zulässig 3 bis 7\u00a0bar)",
        "Uhr MEZ",
    ):
        assert expected in words, expected
    assert 'lang="de"' in text
    for english in ("Findings", "What to do", "How sure", "of the robot", "allowed", "Measured"):
        assert english not in words
    assert paths.findings_csv.read_text(encoding="utf-8-sig").startswith('"number";')


def nasty() -> Round:
    """A round in which every text is an attack."""
    bad = finding(
        point=NASTY, kind=NASTY, detector=NASTY, value=9.0, id=NASTY, position=(1.0, 2.0, 0.0),
        data={NASTY: NASTY, "text": NASTY, "expected": NASTY, "what": NASTY, "low": "x", "high": 7.0,
              "source": [NASTY]},
    )  # fmt: skip
    bad = dataclasses.replace(bad, evidence=(dataclasses.replace(bad.evidence[0], channel=NASTY, path=NASTY),))
    look = dataclasses.replace(inspection(bad, NASTY), kind=NASTY, detector=NASTY, text=NASTY)
    return one_round(
        1, look, points=(NASTY, "b"), id=NASTY, mission=NASTY, world=NASTY, robot=NASTY, why=NASTY, outcome="failed",
        unvisited={"b": NASTY}, path=((0.0, 0.0, 0.0), (1.0, 3.0, 1.0)), data={
            "detectors": {NASTY: NASTY}, "recording": NASTY, "seed": NASTY, "versions": {NASTY: NASTY}, "battery": "x",
            "targets": [{"point": NASTY, "kind": NASTY, "look_at": [NASTY, 1], "expected": {"text": NASTY}}, 5],
        },
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
def test_text_from_outside_stays_text(tmp_path: Path, language: str) -> None:
    before = dataclasses.replace(nasty(), id="r0", started_utc=9e8)
    paths = write_report([before, nasty()], tmp_path, language)
    text = paths.html.read_text()
    page = Page(text)
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert page.handlers == []
    assert page.tags.count("img") == 1  # that of the dialogue
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "alert(1)" in " ".join(page.words)
    assert paths.pdf.read_bytes().startswith(b"%PDF")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.floats(), st.floats(), st.text(max_size=5))
def test_anything_can_be_reported(tmp_path: Path, name: str, value: float, time_s: float, unit: str) -> None:
    bad = dataclasses.replace(finding(point=name, value=value, position=(value, time_s, 0.0)), time_s=time_s)
    assert bad.measured is not None
    bad = dataclasses.replace(bad, measured=dataclasses.replace(bad.measured, std=time_s, unit=unit))
    look = dataclasses.replace(inspection(bad, name), measured=bad.measured)
    path = ((time_s, value, 1.0), (1.0, 2.0, value))
    odd = one_round(1, look, points=(name,), mission=name, path=path, distance_m=value, duration_s=time_s)
    before = dataclasses.replace(odd, id="r0", started_utc=0.0)
    paths = write_report([before, odd], tmp_path)
    Page(paths.html.read_text())
    json.loads(paths.json.read_text())


def test_a_round_in_which_nothing_was_done(tmp_path: Path) -> None:
    paths = write_report([one_round(0, points=())], tmp_path)
    assert "Nothing was inspected" in paths.html.read_text()


def test_simulated_is_said_and_only_then(tmp_path: Path) -> None:
    before = dataclasses.replace(one_round(0), simulated=True)
    page = write_report([before, one_round(1)], tmp_path).html.read_text()
    assert "nothing in this report was seen" not in page
    assert "Some of the earlier rounds are simulated" in page
    page = write_report([before, dataclasses.replace(one_round(1), simulated=True)], tmp_path).html.read_text()
    assert "nothing in this report was seen" in page
    assert "Some of the earlier rounds are" not in page


def test_marks_are_where_things_are_and_cover_none(made: tuple[list[Round], Path], tmp_path: Path) -> None:
    rounds, folder = made
    crowd = tuple(finding("", id=str(i), position=(10.0, 5.0, 0.0)) for i in range(30))
    one = dataclasses.replace(rounds[-1], findings=crowd, inspections=())
    text = write_report([one], tmp_path, pictures=folder).html.read_text()
    marks = re.findall(r'<a href="#f\d+"><circle[^>]*cx="([\d.]+)" cy="([\d.]+)" r="13"', text) or re.findall(
        r'<circle cx="([\d.]+)" cy="([\d.]+)" r="13"', text
    )
    places = [(float(x), float(y)) for x, y in marks]
    assert len(places) == 30
    assert all(math.dist(a, b) >= 26 for i, a in enumerate(places) for b in places[:i])


def test_map_pictures(made: tuple[list[Round], Path], tmp_path: Path) -> None:
    folder = made[1]
    rounds = [dataclasses.replace(made[0][-1], inspections=(), findings=())]
    with pytest.raises(BadInput, match="extent_m"):
        MapPicture(folder / "map.png", (1.0, 1.0, 0.0, 2.0))
    (tmp_path / "broken.png").write_text("x")
    with pytest.raises(BadInput, match="broken"):
        write_report(
            rounds, tmp_path, pictures=folder, map_picture=MapPicture(tmp_path / "broken.png", fixture.EXTENT_M)
        )
    far = MapPicture(folder / "map.png", (1e4, 2e4, 1e4, 2e4))
    assert "<image" not in write_report(rounds, tmp_path, pictures=folder, map_picture=far).html.read_text()
    assert "<image" in write_report(rounds, tmp_path, pictures=folder).html.read_text()
    malformed = dataclasses.replace(rounds[-1], data={"map_picture": {"path": 5}})
    with pytest.raises(BadInput, match="map_picture of round"):
        write_report([malformed], tmp_path)


def test_points_that_share_a_reason_share_a_row_and_none_is_lost(tmp_path: Path) -> None:
    points = tuple(f"point-{i:04}" for i in range(300))
    text = write_report(
        [one_round(0, points=points, unvisited=dict.fromkeys(points, "no way"))], tmp_path
    ).html.read_text()
    gaps = text[text.index('id="gaps"') :]
    assert gaps.count("no way") < 20
    assert all(point in gaps for point in points)


def test_bad_requests(made: tuple[list[Round], Path], tmp_path: Path) -> None:
    rounds, _ = made
    with pytest.raises(BadInput, match="at least one"):
        write_report([], tmp_path)
    with pytest.raises(UnknownName, match="Choices: de, en"):
        write_report(rounds, tmp_path, "xx")
    with pytest.raises(UnknownName, match="Europe/Berlin"):
        write_report(rounds, tmp_path, zone="Europe/Berlim")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report([one_round(0)], tmp_path)
    old = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_report([one_round(1, inspection(finding()))], tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old


def test_many_findings_stay_readable(tmp_path: Path) -> None:
    crowd = tuple(finding("", id=str(i), position=(float(i % 40), float(i // 40), 0.0)) for i in range(260))
    paths = write_report([one_round(0, findings=crowd)], tmp_path)
    assert "The least severe 60 findings are only in findings.csv" in paths.html.read_text()
    assert len(json.loads(paths.json.read_text())["findings"]) == 260


def test_axis_shows_all_samples(made: tuple[list[Round], Path]) -> None:
    from rudel.recording.report import history, limits

    rounds, _ = made
    samples = history.series(rounds, "dial_gauge_01", "dial_gauge", "bar")
    low, high = span_of(samples, limits.Limits(3.0, 7.0))
    assert len(samples) == 6
    assert all(low < s.measured.value < high for s in samples)
    assert low < 7.0 < high


def test_pdf_has_text_that_can_be_searched_and_its_pictures(english: ReportPaths) -> None:
    data = english.pdf.read_bytes()
    assert data.count(b"/DCTDecode") >= 28  # whole and detail of 14 findings, as JPEG
    assert b"/ToUnicode" in data
    assert b"/Lang (en)" in data
