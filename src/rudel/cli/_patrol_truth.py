"""What a simulated world knows that the robot does not: which faults were planted, and which of them were found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rudel.core.findings import Finding, Round
from rudel.worlds.place import Thing, World

NEAR_M = 1.5  # a finding with a place this near to a faulty thing is about it
# kind of thing -> kinds of findings that are right about it when it is faulty
RIGHT = {
    "dial_gauge": ("out_of_range",),
    "digital_display": ("out_of_range",),
    "valve": ("wrong_position",),
    "nameplate": ("wrong_text", "unreadable"),
    "qr": ("wrong_code", "unreadable"),
    "apriltag": ("wrong_code", "unreadable"),
    "cable_joint": ("hot_spot",),
    "leak": ("leak",),
    "gas_bottle": ("gas",),
    "cover": ("missing_object",),
    "obstacle": ("blocked_way", "added_object"),
}


@dataclass(frozen=True)
class Judged:
    """Findings against the truth.

    Attributes:
        found, missed: ids of faulty things that the round had on its list.
        false: findings that are about nothing that was planted.
        not_inspected: those of ``missed`` that nobody looked at: the round ended before, or could not get there.
    """

    found: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[Finding, ...]
    not_inspected: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        planted = len(self.found) + len(self.missed)
        return {
            "planted": planted,
            "found": list(self.found),
            "missed": list(self.missed),
            "not_inspected": list(self.not_inspected),
            "recall": len(self.found) / planted if planted else None,
            "false_alarms": [{"point": f.point, "kind": f.kind, "detector": f.detector} for f in self.false],
        }


def judge(done: Round, world: World) -> Judged:
    """Compare the findings of a round with what was planted at the points of its list."""
    faulty = [thing for thing in world.things if thing.fault is not None]
    listed = [thing for thing in faulty if thing.id in done.points]
    right = {thing.id: [f for f in done.all_findings if _about(f, thing)] for thing in faulty}
    about = {id(f) for found in right.values() for f in found}
    false = tuple(f for f in done.all_findings if id(f) not in about)
    found = tuple(thing.id for thing in listed if right[thing.id])
    missed = tuple(thing.id for thing in listed if not right[thing.id])
    seen = {inspection.point for inspection in done.inspections if inspection.status != "skipped"}
    return Judged(found, missed, false, tuple(point for point in missed if point not in seen))


def _about(finding: Finding, thing: Thing) -> bool:
    """Is the finding right about this thing?"""
    if finding.kind not in RIGHT.get(thing.kind, ()):
        return False
    if finding.point == thing.id:
        return True
    return finding.position is not None and math.dist(finding.position, thing.position) <= NEAR_M


def planted(world: World, points: Sequence[str]) -> dict[str, str]:
    """Thing -> planted fault, for the points of a list."""
    return {thing.id: thing.fault for thing in world.things if thing.fault is not None and thing.id in points}
