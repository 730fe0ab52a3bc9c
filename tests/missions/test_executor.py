"""What an executor does, in which order, and what it does when something fails."""

from __future__ import annotations

import pytest

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.findings import Inspection
from rudel.missions import Battery, Executor, Progress, dry_run
from tests.missions.places import Robot, finding, mission, site


def run(what, robot: Robot, until=lambda executor: False, resume=None, battery=None) -> Executor:
    """Tick until it ends, or ``until``."""
    executor = Executor(what, site(), robot, resume, battery=battery)
    for _ in range(100_000):
        if executor.tick() is not None or until(executor):
            return executor
        robot.advance()
    raise AssertionError("it never ends")


def ended(executor: Executor) -> list[tuple[str, str]]:
    return [(id, how.outcome) for id, how in executor.progress.ended.items()]


def test_steps_are_done_in_order_and_then_it_goes_home():
    robot = Robot()
    executor = run(mission("[goto: P-2, read_gauge: P-1, {wait: 5}, {photo: {points: [P-3, P-3]}}]"), robot)
    assert executor.outcome is not None
    assert executor.outcome.outcome == "completed"
    assert robot.calls == ["goto P-2", "goto P-1", "read_gauge P-1", "goto P-3", "photo P-3", "photo P-3", "goto start"]
    assert executor.unvisited == {}
    assert executor.points == ("P-1", "P-3")


def test_a_point_where_it_stands_already_is_not_walked_to_again():
    robot = Robot()
    run(mission("[thermal: P-4, photo: P-4, goto: P-4]"), robot)
    assert robot.calls.count("goto P-4") == 1


def test_a_kind_of_thing_decides_what_is_done():
    robot = Robot()
    run(
        mission("[inspect: {route: inspection, kinds: {cable_joint: [thermal, photo], valve: skip, qr: read_code}}]"),
        robot,
    )
    looks = [call for call in robot.calls if not call.startswith("goto")]
    assert looks == ["inspect P-1", "read_code P-3", "thermal P-4", "photo P-4", "inspect P-5"]


@pytest.mark.parametrize(
    ("answer", "outcome", "tries", "last"),
    [
        ("skip", "completed", 2, ["goto P-2", "photo P-2", "goto start"]),
        ("retry", "completed", 3, ["photo P-2", "goto P-1", "goto start"]),
        ("return", "ended_safely", 2, ["goto P-1", "goto P-1", "goto start"]),
        ("stop", "ended_safely", 2, ["goto P-1", "goto P-1"]),
    ],
)
def test_what_it_does_when_a_step_fails(answer, outcome, tries, last):
    robot = Robot(fails={"P-1": "blocked"})
    executor = run(mission(f"[photo: {{point: P-1, on_failure: {answer}}}, photo: P-2]"), robot)
    assert executor.outcome is not None
    assert executor.outcome.outcome == outcome
    assert robot.calls.count("goto P-1") == tries
    assert robot.calls[-len(last) :] == last
    assert bool(robot.halted) == (answer == "stop")
    assert "blocked" in executor.unvisited["P-1"]


def test_a_step_that_was_put_off_can_still_be_done():
    robot = Robot(fails={"P-1": "blocked"}, listen=lambda e: robot.fails.clear() if e.kind == "step_put_off" else None)
    executor = run(mission("[photo: {point: P-1, on_failure: retry}, photo: P-2]"), robot)
    assert executor.unvisited == {}
    assert robot.calls[-4:] == ["photo P-2", "goto P-1", "photo P-1", "goto start"]


def test_the_mission_says_what_holds_for_all_steps_and_a_step_says_otherwise():
    robot = Robot(fails={"P-1": "blocked", "P-2": "blocked"})
    run(mission("[photo: P-1, photo: {point: P-2, retries: 0}]", "defaults: {retries: 3}"), robot)
    assert (robot.calls.count("goto P-1"), robot.calls.count("goto P-2")) == (4, 1)


def test_errors_of_the_ports_are_failures_and_give_up_is_not_tried_again():
    robot = Robot(raises={"P-1": Retry("busy"), "P-2": GiveUp("no head")})
    executor = run(mission("[photo: P-1, photo: P-2]"), robot)
    assert (robot.calls.count("goto P-1"), robot.calls.count("goto P-2")) == (2, 1)
    assert executor.unvisited == {"P-1": "busy", "P-2": "no head"}


def test_a_step_that_takes_too_long_is_cancelled():
    robot = Robot(slower=50.0)
    executor = run(
        mission("[photo: {point: P-5, timeout_s: 30, retries: 0}]"), robot, lambda e: "1/P-5" in e.progress.ended
    )
    assert "timed out after 30 s" in executor.progress.ended["1/P-5"].why
    assert robot.now_s() == pytest.approx(30, abs=1.5)


def test_what_could_not_be_read_is_looked_at_again_and_what_was_said_is_kept():
    blind = [Inspection("P-1", "dial_gauge", "dial_gauge", "abstained", 0.0, "glare")]
    robot = Robot({"P-1": [blind, [finding("P-1", "out_of_range")]]})
    executor = run(mission("[read_gauge: P-1]"), robot)
    assert robot.calls == ["goto P-1", "read_gauge P-1", "read_gauge P-1", "goto start"]
    assert [one.status for one in executor.inspections] == ["abnormal"]
    robot = Robot({"P-1": [blind]})
    executor = run(mission("[read_gauge: P-1]"), robot)
    assert [(one.status, one.why) for one in executor.inspections] == [("abstained", "glare")]
    assert ended(executor)[0] == ("1/P-1", "skipped")


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        ("hot_spot", True),
        ("{kind: [leak, hot_spot], point: P-4}", True),
        ("{kind: hot_spot, severity: critical}", False),
        ("{kind: hot_spot, severity: minor, confidence: 0.8}", True),
        ("{kind: hot_spot, confidence: 0.95}", False),
        ("{point: P-1}", False),
        ("{kind: leak}", False),
        ("{}", True),
    ],
)
def test_a_finding_decides_which_branch_is_taken(when, taken):
    robot = Robot({"P-4": [[finding("P-4", "hot_spot")]]})
    run(mission(f"[thermal: P-4, branch: {{when: {when}, then: [goto: P-2], else: [goto: P-3]}}]"), robot)
    assert ("goto P-2" in robot.calls, "goto P-3" in robot.calls) == (taken, not taken)


def test_what_only_the_other_branch_asks_for_is_no_point_of_the_round():
    what = mission("[branch: {when: leak, then: [photo: P-1, photo: P-2], else: [photo: P-1]}, photo: P-3]")
    executor = Executor(what, site(), Robot())
    assert executor.points == ("P-1", "P-2", "P-3")
    executor = run(what, Robot(fails={"P-3": "blocked"}))
    assert executor.points == ("P-1", "P-3")
    assert executor.unvisited == {"P-3": "blocked"}


def test_a_failure_inside_a_branch_ends_the_mission_too():
    robot = Robot(fails={"P-2": "blocked"})
    more = "branch: {when: {point: P-1}, then: [dock], else: [{goto: {point: P-2, on_failure: return}}]}"
    executor = run(mission(f"[{more}, goto: P-5]"), robot)
    assert executor.outcome is not None
    assert executor.outcome.outcome == "ended_safely"
    assert "goto P-5" not in robot.calls


def test_repetitions_are_written_out_with_ids_of_their_own():
    robot = Robot()
    executor = run(
        mission("[repeat: {times: 3, steps: [{repeat: {times: 2, steps: [photo: P-1]}}, goto: P-2]}]"), robot
    )
    assert robot.calls.count("photo P-1") == 6
    assert len({id for id, _ in ended(executor)}) == len(ended(executor)) == 10


@pytest.mark.parametrize(("how", "calls_home"), [("return", True), ("stop", False)])
@pytest.mark.parametrize("after", [1, 4, 30, 60])
def test_it_can_be_ended_at_any_time(how, calls_home, after):
    robot = Robot()
    executor = Executor(mission("[photo: {route: inspection}]"), site(), robot)
    for _ in range(after):
        executor.tick()
        robot.advance()
    executor.end(how, "the operator says so")
    calls = len(robot.calls)
    executor.tick()
    if how == "stop":
        assert robot.halted  # in the very tick
    while executor.tick() is None:
        robot.advance()
    assert executor.outcome is not None
    assert (executor.outcome.outcome, executor.outcome.why) == ("ended_safely", "the operator says so")
    assert robot.calls[calls:] == (["goto start"] if calls_home else [])


def test_a_stop_on_the_way_home_stops():
    robot = Robot()
    executor = run(mission("[goto: P-5]"), robot, lambda e: robot.calls[-1:] == ["goto start"])
    executor.end("stop", "smoke")
    assert executor.tick() is not None
    assert robot.halted == "smoke"


def test_a_stop_wins_over_a_return_and_not_the_other_way_round():
    robot = Robot()
    executor = run(mission("[goto: P-5]"), robot, lambda e: bool(robot.calls))
    executor.end("return", "tired")
    executor.tick()
    assert robot.calls[-1] == "goto start"
    executor.end("stop", "smoke")
    executor.end("return", "tired")
    assert executor.tick() is not None
    assert robot.halted == "smoke"


def test_a_robot_that_does_not_get_home_says_so():
    executor = run(mission("[goto: P-1]"), Robot(fails={"start": "door shut"}))
    assert executor.outcome is not None
    assert executor.outcome.outcome == "failed"
    assert "door shut" in executor.outcome.why


def test_it_can_stay_dock_or_end_at_a_point():
    for where, last in (("stay", "goto P-1"), ("dock", "dock 0"), ("P-3", "goto P-3")):
        robot = Robot()
        run(mission("[goto: P-1]", f"return: {where}"), robot)
        assert robot.calls[-1] == last


def test_it_turns_back_while_the_battery_still_takes_it_home():
    battery = Battery(walk_s=120.0, stand_s=400.0)
    robot = Robot(battery=battery)
    executor = run(mission("[photo: {route: inspection}]", "battery: {reserve: 30}"), robot, battery=battery)
    assert executor.outcome is not None
    assert executor.outcome.outcome == "ended_safely"
    assert "battery" in executor.outcome.why
    assert robot.battery() >= 0.30
    assert set(executor.unvisited) < set(executor.points)


def test_it_breaks_a_walk_off_that_drains_more_than_was_reckoned():
    battery = Battery(walk_s=200.0, stand_s=400.0)
    robot = Robot(battery=battery, slower=4.0)
    executor = run(mission("[photo: P-5]", "battery: {reserve: 20}"), robot, battery=battery)
    assert any(e.kind == "step_interrupted" for e in robot.events)
    assert executor.outcome is not None
    assert executor.outcome.outcome == "ended_safely"


def test_it_charges_on_the_way_where_the_mission_allows_it():
    battery = Battery(walk_s=140.0, stand_s=400.0, charge_s=100.0)
    robot = Robot(battery=battery)
    executor = run(
        mission("[repeat: {times: 3, steps: [photo: {route: inspection}]}]", "battery: {reserve: 20, on_low: charge}"),
        robot,
        battery=battery,
    )
    assert executor.outcome is not None
    assert executor.outcome.outcome == "completed"
    assert executor.unvisited == {}
    assert robot.calls.count("dock 0.9") >= 1
    photos = [call for call in robot.calls if call.startswith("photo")]
    assert photos == [f"photo P-{k}" for k in range(1, 6)] * 3


def test_a_step_that_no_charge_is_enough_for_is_left_out():
    battery = Battery(walk_s=60.0, stand_s=400.0, charge_s=100.0)
    robot = Robot(battery=battery)
    executor = run(
        mission("[photo: P-1, photo: P-5]", "battery: {reserve: 10, on_low: charge}"), robot, battery=battery
    )
    assert executor.outcome is not None
    assert "battery" in executor.unvisited["P-5"]
    assert robot.calls.count("dock 0.9") == 1


def test_progress_of_another_mission_is_refused():
    one, other = mission("[goto: P-1]"), mission("[goto: P-2]")
    progress = Progress.of(dry_run(one, site()).events)
    with pytest.raises(BadInput, match="resume with that file"):
        Executor(other, site(), Robot(), progress)
