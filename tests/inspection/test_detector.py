"""What all detectors promise: they are found by file, answer anything, and cost no more than their own inspection."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from rudel.core.errors import UnknownName
from rudel.core.findings import Capture, Inspection, Target
from rudel.core.types import Pose
from rudel.inspection import detector
from rudel.inspection.detector import History
from tests.inspection import drawn

READERS = ("code", "dial_gauge", "display", "nameplate", "valve")
EXPECTED = {
    "dial_gauge": {"scale_low": 0.0, "scale_high": 10.0, "low": 2.0, "high": 6.0, "unit": "bar"},
    "digital_display": {"low": 10.0, "high": 60.0, "unit": "V"},
    "nameplate": {"text": "P-101"},
    "qr": {"text": "A/1"},
    "apriltag": {"id": 5},
    "valve": {"state": "open"},
}


class Broken:
    """Throws, or hangs until it is let go."""

    name, kinds, limits = "broken", ("valve",), "does nothing"

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.gate = gate

    def look(self, capture: Capture, history: History) -> Inspection:
        if self.gate is not None:
            self.gate.wait(10)
        raise ZeroDivisionError("by accident")


def garbage() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        "black": np.zeros((480, 640, 3), np.uint8),
        "white": np.full((480, 640, 3), 255, np.uint8),
        "noise": rng.integers(0, 256, (480, 640, 3), dtype=np.uint8),
        "speck": rng.integers(0, 256, (1, 1, 3), dtype=np.uint8),
        "strip": rng.integers(0, 256, (33, 900, 3), dtype=np.uint8),
        "stripes": np.tile((np.arange(640) // 7 % 2 * 200).astype(np.uint8)[None, :, None], (480, 1, 3)),
    }


def test_detectors_are_found_by_file_and_say_what_they_cannot_do() -> None:
    assert set(READERS) <= set(detector.names())
    for name in detector.names():
        made = detector.make(name)
        assert made.name == name
        assert len(made.limits) > 40
        for kind in made.kinds:
            assert name in detector.for_kind(kind)


def test_an_unknown_detector_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="dial_gauge"):
        detector.make("dial_gage")


@pytest.mark.parametrize("kind", sorted(EXPECTED))
@pytest.mark.parametrize("what", sorted(garbage()))
def test_pictures_of_nothing_make_it_abstain(kind: str, what: str) -> None:
    (name,) = set(detector.for_kind(kind)) & set(READERS)
    found = detector.make(name).look(drawn.capture(garbage()[what], kind, EXPECTED[kind]), ())
    assert found.status == "abstained"
    assert found.why
    assert not found.findings


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_no_picture_and_a_lost_pose_make_it_abstain(kind: str) -> None:
    (name,) = set(detector.for_kind(kind)) & set(READERS)
    nan = Pose(np.full(3, np.nan), np.full(4, np.nan))
    target = Target("P1", kind, (float("nan"),) * 3, EXPECTED[kind])
    assert detector.make(name).look(Capture(target, 0.0, nan, 1.0, 1.0, {}), ()).status == "abstained"
    picture = drawn.image(garbage()["stripes"])
    assert detector.make(name).look(Capture(target, 0.0, nan, 1.0, 1.0, {"zoom": picture}), ()).status == "abstained"


def test_what_throws_costs_its_own_inspection_only() -> None:
    found = detector.look(Broken(), drawn.capture(garbage()["noise"], "valve", {}))
    assert (found.status, found.detector, found.point) == ("failed", "broken", "P1")
    assert "by accident" in found.why


def test_what_hangs_is_not_waited_for() -> None:
    gate = threading.Event()
    found = detector.look(Broken(gate), drawn.capture(garbage()["noise"], "valve", {}), timeout_s=0.05)
    gate.set()
    assert found.status == "failed"
    assert "0.05 s" in found.why


def test_a_mission_that_makes_no_sense_fails_with_its_own_words() -> None:
    capture = drawn.capture(drawn.lever(0), "valve", {"state": "ajar"})
    found = detector.look(detector.make("valve"), capture)
    assert found.status == "failed"
    assert "ajar" in found.why
    assert "open" in found.why
