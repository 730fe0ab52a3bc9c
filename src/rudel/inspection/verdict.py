"""From what a detector read to what it says: pictures of a capture, abstaining, judging against what is expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Evidence, Finding, Inspection, Measurement, Plain
from rudel.core.readings import Image

Box = tuple[int, int, int, int]
FLAT_LEVELS = 2.0  # standard deviation of grey levels below which a picture shows nothing
_LEAST_PX = 32
_SURE = 0.5  # a limit counts as passed when that is more likely than not


@dataclass(frozen=True, eq=False)
class Picture:
    """A colour picture of a capture and the channel of the recording that it is on."""

    channel: str
    image: Image

    def evidence(self, box: Box | None = None) -> Evidence:
        """This picture, or the part of it in ``box``, as evidence."""
        return Evidence(self.channel, self.image.time_s, box=box)


def pictures(capture: Capture, names: Sequence[str] = ("zoom", "wide")) -> list[Picture]:
    """The pictures of a capture that show anything at all, the sharpest first: zoom, then wide."""
    found = [Picture(f"camera/{name}", one) for name in names if (one := _image(capture, name)) is not None]
    return [one for one in found if _shows_something(one.image)]


def _image(capture: Capture, name: str) -> Image | None:
    reading = capture.readings.get(name)
    return reading if isinstance(reading, Image) else None


def _shows_something(image: Image) -> bool:
    pixels = image.pixels
    return min(pixels.shape[:2]) >= _LEAST_PX and float(pixels[::4, ::4].mean(axis=2).std()) >= FLAT_LEVELS


def blind(capture: Capture) -> str:
    """Why there is nothing to look at in a capture without ``pictures``."""
    if any(_image(capture, name) is not None for name in ("zoom", "wide")):
        return "the picture is dark, flat or too small"
    return "there is no picture"


def box_of(points: np.ndarray, image: Image, margin: float = 0.0) -> Box:
    """The upright box around points (n, 2) [pixels], wider by ``margin`` of its size on each side, in the picture."""
    height, width = image.pixels.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    room = margin * (high - low)
    x0, y0 = np.clip(np.floor(low - room), 0, (width - 1, height - 1)).astype(int).tolist()
    x1, y1 = np.clip(np.ceil(high + room), 1, (width, height)).astype(int).tolist()
    return x0, y0, max(x1 - x0, 1), max(y1 - y0, 1)


def number(expected: Mapping[str, Plain], key: str) -> float | None:
    """What is expected under ``key`` as a number, None where nothing is said.

    Raises:
        BadInput: it is not a number.
    """
    value = expected.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput(f"expected {key} is {value!r}: a number is needed")
    return float(value)


def finding(
    name: str,
    capture: Capture,
    kind: str,
    severity: str,
    confidence: float,
    evidence: Sequence[Evidence],
    measured: Measurement | None = None,
    data: dict[str, Plain] | None = None,
) -> Finding:
    """A finding at the target of a capture; its id is unique as long as a detector says each kind once per capture."""
    target = capture.target
    return Finding(
        id=f"{target.point or 'way'}/{name}/{kind}/{capture.time_s:.3f}",
        point=target.point,
        kind=kind,
        severity=severity,
        confidence=min(max(confidence, 0.0), 1.0),
        time_s=capture.time_s,
        detector=name,
        evidence=tuple(evidence),
        position=target.look_at,
        measured=measured,
        data=data or {},
    )


def abstained(
    name: str, capture: Capture, why: str, history: Sequence[Inspection] = (), evidence: Sequence[Evidence] = ()
) -> Inspection:
    """Cannot tell. The second time in a row at a point that could be read before, that is a finding: somebody look."""
    own = [one for one in history if one.detector == name and one.status in ("normal", "abnormal", "abstained")]
    found: tuple[Finding, ...] = ()
    if evidence and own and own[-1].status == "abstained" and any(one.status != "abstained" for one in own):
        found = (finding(name, capture, "unreadable", "minor", 0.6, evidence, data={"why": why}),)
    target = capture.target
    return Inspection(
        target.point, target.kind, name, "abstained", capture.time_s, why=why, evidence=tuple(evidence), findings=found
    )


def stated(
    name: str,
    capture: Capture,
    text: str,
    confidence: float,
    evidence: Sequence[Evidence],
    wrong: Finding | None = None,
    measured: Measurement | None = None,
) -> Inspection:
    """What was read, normal unless ``wrong`` says what is wrong with it."""
    return Inspection(
        point=capture.target.point,
        kind=capture.target.kind,
        detector=name,
        status="normal" if wrong is None else "abnormal",
        time_s=capture.time_s,
        measured=measured,
        text=text,
        confidence=min(max(confidence, 0.0), 1.0),
        evidence=tuple(evidence),
        findings=() if wrong is None else (wrong,),
    )


def judged(
    name: str, capture: Capture, measured: Measurement, confidence: float, evidence: Sequence[Evidence], text: str = ""
) -> Inspection:
    """A number against ``expected``: low, high, critical_low, critical_high; each may be missing.

    A limit counts as passed when that is more likely than not; how likely, from the reading's standard deviation, times
    how sure the reading is, is the finding's confidence.

    Raises:
        BadInput: a limit is not a number.
    """
    expected = capture.target.expected
    ends = {key: number(expected, key) for key in ("low", "high", "critical_low", "critical_high")}
    outside = max(_beyond(measured, ends["low"], ends["high"]), critical := _beyond(measured, *_critical(ends)))
    wrong = None
    if outside > _SURE:
        severity = "critical" if critical > _SURE else "major"
        data = {key: value for key, value in ends.items() if value is not None}
        wrong = finding(
            name, capture, "out_of_range", severity, confidence * outside, evidence, measured, {**data, "text": text}
        )
    return stated(name, capture, text, confidence, evidence, wrong, measured)


def _critical(ends: dict[str, float | None]) -> tuple[float | None, float | None]:
    return ends["critical_low"], ends["critical_high"]


def _beyond(measured: Measurement, low: float | None, high: float | None) -> float:
    """Probability that the value is below ``low`` or above ``high``, its error being normal."""
    below = 0.0 if low is None else _share(low - measured.value, measured.std)
    above = 0.0 if high is None else _share(measured.value - high, measured.std)
    return max(below, above)


def _share(excess: float, std: float) -> float:
    """Probability that a true value lies beyond a limit that the reading exceeds by ``excess``."""
    if not std > 0:  # an exact reading, or one that does not know
        return float(excess > 0)
    return 0.5 * (1 + math.erf(excess / std / math.sqrt(2)))
