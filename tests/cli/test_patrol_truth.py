"""What was planted and what was found: every fault is found or missed, every finding right or false."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from rudel.cli import _patrol_truth
from rudel.core.findings import Evidence, Finding, Inspection, Round
from rudel.worlds.place import Thing, Waypoint, World

KINDS = sorted(_patrol_truth.RIGHT)
FINDINGS = sorted({kind for right in _patrol_truth.RIGHT.values() for kind in right} | {"moved_object"})


def place(faulty: list[bool], kinds: list[str]) -> World:
    """Things 10 m apart."""
    things = [
        Thing(f"T-{k}", kind, (10.0 * k, 0.0, 1.0), fault="broken" if bad else None)
        for k, (bad, kind) in enumerate(zip(faulty, kinds, strict=True))
    ]
    start = Waypoint("start", (0.0, 0.0), 0.0, None)
    return World("line", start, (-1.0, 99.0, -1.0, 1.0), floor_m=0.0, things=tuple(things))


def told(point: str, kind: str, position: tuple[float, float, float] | None = None, time_s: float = 0.0) -> Finding:
    about = (f"{point}-{kind}-{time_s}", point, kind, "major", 0.9, time_s, "test", (Evidence("scan", 0.0),))
    return Finding(*about, position=position)


def judged(world: World, points: tuple[str, ...], findings: list[Finding]) -> _patrol_truth.Judged:
    done = Round("r", "m", world.name, "lite3", 0, 1, 1, "completed", 0, points, findings=tuple(findings))
    return _patrol_truth.judge(done, world)


@given(st.data())
def test_every_planted_fault_is_found_or_missed_and_every_finding_right_or_false(data):
    count = data.draw(st.integers(0, 5))
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count))
    world = place(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), kinds)
    points = tuple(thing.id for thing in world.things if data.draw(st.booleans()))
    some = st.tuples(st.sampled_from(["", *(t.id for t in world.things)]), st.sampled_from(FINDINGS))
    findings = [told(*one, time_s=float(k)) for k, one in enumerate(data.draw(st.lists(some, max_size=6)))]
    result = judged(world, points, findings)
    listed = {thing.id for thing in world.things if thing.fault and thing.id in points}
    assert set(result.found) | set(result.missed) == listed
    assert not set(result.found) & set(result.missed)
    assert result.not_inspected == result.missed  # no inspections in this round
    right = {t.id: _patrol_truth.RIGHT[t.kind] for t in world.things if t.fault}
    assert {one.id for one in result.false} == {f.id for f in findings if f.kind not in right.get(f.point, ())}
    assert _patrol_truth.planted(world, points).keys() == listed
    again = judged(world, points, findings[::-1])
    assert (again.found, again.missed, again.false) == (result.found, result.missed, result.false)  # by time, not order
    recall = result.to_plain()["recall"]
    assert recall is None if not listed else recall == len(result.found) / len(listed)


@given(st.floats(0, 4), st.floats(-math.pi, math.pi))
def test_a_finding_on_the_way_counts_near_the_thing_only(away_m, angle):
    world = place([True], ["gas_bottle"])
    at = (away_m * math.cos(angle), away_m * math.sin(angle), 1.0)
    result = judged(world, ("T-0",), [told("", "gas", at)])
    near = math.dist(at, world.things[0].position) <= _patrol_truth.NEAR_M
    assert (result.found, len(result.false)) == ((("T-0",), 0) if near else ((), 1))


def test_a_fault_that_nobody_looked_at_is_told_from_one_that_was_overlooked():
    world = place([True, True], ["leak", "leak"])
    seen = Inspection("T-0", "leak", "leak", "normal", 1.0, confidence=0.9)
    done = Round("r", "m", world.name, "lite3", 0, 1, 1, "completed", 0, ("T-0", "T-1"), inspections=(seen,))
    result = _patrol_truth.judge(done, world)
    assert result.missed == ("T-0", "T-1")
    assert result.not_inspected == ("T-1",)
