"""Looks that break cost their own inspection only."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rudel.cli._patrol_look import Inspector, picture_of
from rudel.core.findings import Capture, Finding, Inspection, Target
from rudel.core.readings import GasReading
from rudel.core.types import Pose
from rudel.inspection import detector
from rudel.inspection.blanking import Blanking
from rudel.inspection.detectors.change import Change
from rudel.inspection.rig import Mounted, Rig
from rudel.inspection.shot import Shot
from rudel.missions import Look
from rudel.missions.steps import inspect, photo
from rudel.recording import Stream


@dataclasses.dataclass
class Fake:
    """A detector that says "normal" with a confidence, or throws."""

    name: str
    confidence: float = 1.0
    throws: bool = False
    kinds: tuple[str, ...] = ()
    limits: str = ""

    def look(self, capture: Capture, history: Any) -> Inspection:
        if self.throws:
            raise ZeroDivisionError("of all things")
        point = capture.target.point
        return Inspection(point, capture.target.kind, self.name, "normal", 0.0, confidence=self.confidence)


Looked = Callable[..., dict[str, Inspection]]


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looked:
    """Shows an empty capture to fakes, and to the real detectors ``also``."""
    monkeypatch.setattr(detector, "kinds_of", lambda name: ())
    return functools.partial(show, tmp_path)


def show(folder: Path, fakes: list[Fake], min_confidence: float = 0.0, also: tuple[str, ...] = ()) -> Any:
    target = Target("P/1", "", (1.0, 0.0, 0.5))
    capture = Capture(target, 0.0, Pose(np.zeros(3), np.array([1.0, 0, 0, 0])), 0.0, 0.0, {})
    look = Look(target, "inspect", (), (*(fake.name for fake in fakes), *also), min_confidence)
    alarmed: list[Finding] = []
    with Stream([]) as stream:
        inspector = Inspector(
            folder, stream, Blanking(None), lambda point: (), Change(), np.zeros(3), alarmed.append, wait=True
        )
        inspector._made.update({fake.name: fake for fake in fakes})
        try:
            found = {one.detector: one for one in inspector.begin(look, capture).result()}
        finally:
            inspector.close()
    assert not alarmed  # there are no findings
    return found


def test_a_detector_that_throws_costs_its_own_inspection_only(looked):
    found = looked([Fake("good"), Fake("bad", throws=True), Fake("other")])
    assert [one.status for one in found.values()] == ["normal", "failed", "normal"]
    assert "ZeroDivisionError: of all things" in found["bad"].why


def test_a_detector_that_cannot_be_made_costs_its_own_inspection_only(looked, monkeypatch):
    def broken(name: str) -> Any:
        raise ImportError(f"no model for {name}")

    monkeypatch.setattr(detector, "make", broken)
    found = looked([Fake("good")], also=("display",))
    assert (found["good"].status, found["display"].status) == ("normal", "failed")
    assert "no model for display" in found["display"].why


def test_a_reading_below_the_wanted_confidence_is_none(looked):
    found = looked([Fake("sure", 0.9), Fake("unsure", 0.5)], min_confidence=0.6)
    assert (found["sure"].status, found["unsure"].status) == ("normal", "abstained")
    assert "0.50" in found["unsure"].why


def test_only_pictures_are_pictures():
    assert picture_of(GasReading(0.0, "base", "CH4", 1.0)) is None


def test_a_broken_camera_costs_an_inspection_only_what_its_kind_needs():
    gauge = Target("G-1", "dial_gauge", (1.0, 0.0, 0.5))
    rig = Rig({name: Mounted(np.zeros(3)) for name in ("wide", "zoom", "thermal", "depth", "scan")}, gases=("CH4",))
    inspected, photographed = (Shot(gauge, rig, aim.senses) for aim in (inspect.AIM, photo.AIM))
    assert inspected._needs == ("zoom",)
    assert set(inspected.awaited) == {"wide", "zoom", "thermal", "depth", "scan"}
    assert set(photographed._needs) == {"wide", "zoom"}
