"""Laws: a dry run and another robot agree; resumed is as if it had never stopped; nothing is done twice unknowingly."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.types import Event
from rudel.missions import Executor, Progress, dry_run
from tests.missions.places import Robot, finding, mission, site

MISSIONS = (
    "[inspect: {route: inspection}]",
    "[photo: {point: P-2, on_failure: retry}, {wait: 3}, {repeat: {times: 2, steps: [goto: P-1, thermal: P-4]}}]",
    "[thermal: P-4, {branch: {when: hot_spot, then: [photo: P-4, gas: P-5], else: [goto: P-3]}}, dock]",
    "[goto: {point: P-3, on_failure: return}, explore: 20, read_gauge: P-1]",
)
SAYS = {"P-4": [[finding("P-4", "hot_spot")]]}


def facts(events) -> list[tuple]:
    """What happened, without when and without restarts."""
    keys = ("id", "outcome", "why", "taken", "how")
    kinds = ("step_ends", "step_put_off", "branch", "mission_ending", "mission_ends", "charged")
    return [(e.kind, *(e.data.get(key) for key in keys)) for e in events if e.kind in kinds]


def whole(what, robot: Robot) -> Robot:
    executor = Executor(what, site(), robot)
    while executor.tick() is None:
        robot.advance()
    return robot


@pytest.mark.parametrize("steps", MISSIONS)
@pytest.mark.parametrize("fails", [{}, {"P-2": "blocked"}, {"P-3": "blocked"}])
def test_a_dry_run_and_a_slower_robot_agree_on_order_and_outcome(steps, fails):
    what = mission(steps)
    dry = dry_run(what, site(), fails=fails)
    assert facts(dry.events) == facts(whole(what, Robot(fails=fails, slower=1.7)).events)
    assert facts(dry.events) == facts(dry_run(what, site(), fails=fails).events)


@pytest.mark.parametrize("steps", MISSIONS)
@given(cuts=st.lists(st.integers(1, 400), min_size=1, max_size=4))
@settings(max_examples=12, deadline=None)
def test_resumed_is_as_if_it_had_never_stopped_but_for_the_time(steps, cuts):
    what, fails = mission(steps), {"P-2": "blocked"}
    straight = whole(what, Robot(SAYS, fails)).events
    robot = Robot(SAYS, fails)
    executor = Executor(what, site(), robot)
    left = list(cuts)
    ticks = left.pop(0)
    while executor.tick() is None:
        robot.advance()
        ticks -= 1
        if ticks == 0 and left:
            ticks = left.pop(0)
            written = [json.dumps([e.kind, e.time_s, dict(e.data), e.source]) for e in robot.events]  # as on disk
            read = [Event(kind, time_s, data, source) for kind, time_s, data, source in map(json.loads, written)]
            robot.killed()
            executor = Executor(what, site(), robot, Progress.of(read))  # the old one is gone, as after kill -9
    assert facts(robot.events) == facts(straight)
    ends = Counter(e.data["id"] for e in robot.events if e.kind == "step_ends")
    assert max(ends.values()) == 1
    open_id = ""
    for event in robot.events:
        if event.kind == "step_begins":
            assert event.data["again"] == (event.data["id"] == open_id), "done again without saying so"
            open_id = event.data["id"]
        elif event.kind in ("step_ends", "step_fails", "step_interrupted", "step_put_off"):
            open_id = ""


def test_progress_survives_json():
    events = whole(mission(MISSIONS[2]), Robot(SAYS)).events
    for cut in range(len(events) + 1):
        progress = Progress.of(events[:cut])
        assert Progress.of_plain(json.loads(json.dumps(progress.to_plain()))) == progress


def test_what_is_begun_is_said_before_it_is_begun():
    robot = Robot()
    begun: list[tuple[str, int]] = []
    robot._listen = lambda e: begun.append((e.data["id"], len(robot.calls))) if e.kind == "step_begins" else None
    whole(mission("[goto: P-1, goto: P-2]"), robot)
    assert begun == [("1/P-1", 0), ("2/P-2", 1), ("home", 2)]
