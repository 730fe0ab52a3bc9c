"""Change: things missing, added or moved near the target since the rounds before, by scan and depth."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Evidence, Finding, Inspection, Plain
from rudel.inspection import _views, differences, occupancy, verdict
from rudel.inspection.detector import History
from rudel.inspection.differences import Difference
from rudel.inspection.occupancy import Reference, Seen

NAME = "change"
KINDS: tuple[str, ...] = ()  # any
LIMITS = (
    "Compares 10 cm voxels around the target with those of earlier rounds at this point; needs one earlier round "
    "that saw the same place. Things smaller than about 0.2 x 0.3 m or lower than 0.2 m, doors that move and "
    "things that always come and go are not understood: the first are missed, the others reported every time."
)

RADIUS_M = 2.0
FARTHEST_M = 4.0  # an error of the heading of 1 degree is 7 cm there
POSE_STD_M = 0.10  # less sure than this, walls would seem to have moved
_LEAST_KNOWN = 200  # voxels that both looks know


class Change:
    """See ``rudel.inspection.detector.Detector``.

    It compares with ``references`` and does not learn by looking: call ``learn`` with captures that are as they should
    be or that belong to a finished round, and keep ``to_plain`` between rounds.
    """

    name, kinds, limits = NAME, KINDS, LIMITS

    def __init__(self, references: Mapping[str, Reference] | None = None) -> None:
        self.references = dict(references or {})

    def look(self, capture: Capture, history: History) -> Inspection:
        reference = self.references.get(capture.target.point)
        rays = _views.rays(capture)
        evidence = [Evidence(s, capture.readings[s].time_s) for s in ("scan", "depth") if s in capture.readings]
        if not len(rays):
            return verdict.abstained(NAME, capture, "there is no scan and no depth picture", history)
        if reference is None or reference.rounds < 1:
            return verdict.abstained(NAME, capture, "first round at this point: nothing to compare with", (), evidence)
        if not capture.position_std_m <= POSE_STD_M:
            why = f"the pose is only known to {capture.position_std_m:.2f} m"
            return verdict.abstained(NAME, capture, why, history, evidence)
        if not _distance(capture) <= FARTHEST_M:
            why = f"{_distance(capture):.1f} m away: rays graze what they should meet"
            return verdict.abstained(NAME, capture, why, history, evidence)
        now = _seen(capture, rays)
        both = np.intersect1d(reference.keys, np.concatenate((now.occupied, now.free)))
        if len(both) < _LEAST_KNOWN:
            return verdict.abstained(NAME, capture, "too little of what was seen before is seen now", history, evidence)
        found = differences.differences(reference, now)
        if not found:
            return verdict.stated(NAME, capture, f"as in {reference.rounds} rounds before", 0.9, evidence)
        findings = tuple(_finding(capture, one, k, evidence) for k, one in enumerate(found))
        first = verdict.stated(NAME, capture, _words(found), found[0].confidence, evidence, findings[0])
        return dataclasses.replace(first, findings=findings)

    def learn(self, capture: Capture) -> None:
        """Add one look to what is known of its point; nothing happens without scan and depth or with a poor pose."""
        rays = _views.rays(capture)
        if len(rays) and capture.position_std_m <= POSE_STD_M and _distance(capture) <= FARTHEST_M:
            point = capture.target.point
            self.references[point] = self.references.get(point, Reference.empty()).with_look(_seen(capture, rays))

    def forget(self, point: str) -> None:
        """Begin anew at a point, after something was rebuilt there."""
        self.references.pop(point, None)

    def to_plain(self) -> dict[str, Any]:
        """All references as JSON can say them."""
        return {point: reference.to_plain() for point, reference in sorted(self.references.items())}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Change:
        """What ``to_plain`` wrote; BadInput names the point that is damaged."""
        references: dict[str, Reference] = {}
        for point, one in plain.items():
            try:
                references[point] = Reference.of_plain(one)
            except (BadInput, AttributeError) as error:
                raise BadInput(f"inspection point {point!r}: {error}") from error
        return cls(references)

    def save(self, path: Path) -> None:
        """Write the references to a file, whole or not at all."""
        part = path.with_suffix(path.suffix + ".part")
        part.write_text(json.dumps(self.to_plain()))
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Change:
        """With the references of a file; without any where there is no such file.

        Raises:
            BadInput: the file is damaged.
        """
        if not path.exists():
            return cls()
        try:
            plain = json.loads(path.read_text())
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: not a file of references: {error}; delete it to begin anew") from error
        if not isinstance(plain, dict):
            raise BadInput(f"{path}: not a file of references; delete it to begin anew")
        return cls.of_plain(plain)


def make() -> Change:
    """The detector, without references."""
    return Change()


def _seen(capture: Capture, rays: _views.Rays) -> Seen:
    return occupancy.seen(rays, np.array(capture.target.look_at), RADIUS_M)


def _distance(capture: Capture) -> float:
    return float(np.linalg.norm(np.array(capture.target.look_at) - capture.pose.position))


def _finding(capture: Capture, one: Difference, k: int, evidence: list[Evidence]) -> Finding:
    data: dict[str, Plain] = {"size_m": list(one.size_m), "voxels": one.voxels}
    if one.was is not None:
        data["was"] = list(one.was)
    severity = "minor" if one.kind == "moved_object" else "major"
    made = verdict.finding(NAME, capture, one.kind, severity, one.confidence, evidence, None, data)
    return dataclasses.replace(made, id=f"{made.id}/{k}", position=one.position)


def _words(found: list[Difference]) -> str:
    return "; ".join(
        f"{one.kind.replace('_', ' ')}, {one.size_m[0]:g} x {one.size_m[1]:g} x {one.size_m[2]:g} m" for one in found
    )
