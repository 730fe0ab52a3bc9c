"""What a place has to say about a mission: names, walls, zones, battery; and what a dry run reckons."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel.core.errors import GiveUp
from rudel.inspection import detector
from rudel.inspection.aiming import LOOKS
from rudel.missions import (
    BadMission,
    Battery,
    Look,
    SitePoint,
    Way,
    Zone,
    closed,
    dry_run,
    lay_out,
    parse,
    problems,
    steplist,
)
from rudel.missions.dryrun import must_make_it
from rudel.missions.simulated import SETTLE_S, TURN_RADPS
from rudel.missions.steps.photo import AIM
from rudel.navigation.map import KEEP_OUT, GridMap
from tests.missions.places import mission, site, way


# ^ marks the place that the message must name
@pytest.mark.parametrize(
    ("marked", "more", "part"),
    [
        ("[goto: ^P-9]", "", "Did you mean 'P-"),
        ("[repeat: {times: 3, steps: [wait: 1, goto: ^P-9]}]", "", "Unknown point 'P-9'"),
        ("[goto: {points: ^[P-1, pump]}]", "", "Unknown point 'pump'"),
        ("[goto: {^x: 1, y: 7}]", "", "nearest point that can be reached is (1.00, 0.00)"),
        ("[photo: ^P-2]", "keep_out: [{name: pit, rect: [9, 11, -1, 1]}]", "lies in pit, which the mission forbids"),
        ("[photo: ^P-2]", "keep_out: [{polygon: [[9, -1], [12, 0], [9, 1]]}]", "keep-out 1"),
        ("[inspect: {route: ^inspektion}]", "", "'inspection'"),
        ("[read_gauge: ^P-2]", "", "'P-2' is a valve"),
        ("[inspect: {route: inspection, kinds: {valve: ^read_code}}]", "", "not for valve"),
        ("[branch: {when: ^hot_spott, then: [dock]}]", "", "'hot_spot'"),
        ("[^branch: {when: leak}]", "", "does nothing"),
        ("[branch: {when: {point: ^P-8}, then: [dock]}]", "", "Unknown point 'P-8'"),
        ("[repeat: {times: 700, steps: [goto: P-1, goto: P-2, ^goto: P-3]}]", "", "more than 2000 steps"),
        ("[goto: P-1]", "return: ^P-7", "Unknown point 'P-7'"),
        ("[photo: {spread_m: ^4}]", "", "nowhere to go"),
    ],
)
def test_what_the_place_says_has_line_and_column(marked, more, part):
    text = f"rudel_mission: 1\nname: test\n{more}\nsteps: {marked}\n"
    before, _, after = text.partition("^")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    found = problems(parse(before + after), site())
    assert [(one[0], one[1], part in one[2]) for one in found] == [(line, column, True)], found


def test_without_a_charger_nothing_docks():
    for steps, more in (("[dock]", ""), ("[goto: P-1]", "return: dock")):
        assert "no dock" in problems(mission(steps, more), site(dock=False))[0][2]


def test_a_route_of_the_world_goes_on_without_what_cannot_be_reached():
    far = SitePoint("P-6", (500.0, 0.0), kind="valve", look_at=(500.0, 1.0, 1.0))
    place = dataclasses.replace(
        site(), points={**site().points, "P-6": far}, routes={"inspection": ("P-1", "P-6", "X-1", "P-2")}
    )
    ran = dry_run(mission("[repeat: {times: 2, steps: [inspect: {route: inspection}]}]"), place)
    assert ran.outcome.outcome == "completed"
    assert "obstacle" in ran.unvisited["P-6"]
    assert [risk.kind for risk in ran.risks if "P-6" in risk.what]
    assert len([risk.kind for risk in ran.risks if "'X-1': left out" in risk.what]) == 1
    assert problems(mission("[inspect: P-6]"), place)  # asked for by name it is refused


def test_the_register_is_overruled_by_the_mission_and_that_by_the_step():
    def expected(steps, more=""):
        return lay_out(mission(steps, more), site()).tasks[0].act.target.expected  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]  # it is a look

    assert expected("[read_gauge: P-1]") == {"unit": "bar"}
    assert expected("[read_gauge: {point: P-1, expect: {low: 2, unit: psi}}]") == {"unit": "psi", "low": 2}
    assert expected("[thermal: {point: P-4, expect: {limit_c: 140 degF}}]") == {"limit_c": pytest.approx(60)}
    more = "points: {P-1: {x: 5, y: 0, kind: dial_gauge, expect: {high: 9}}}"
    assert expected("[read_gauge: {point: P-1, expect: {low: 1}}]", more) == {"unit": "bar", "high": 9, "low": 1}


def test_a_point_looks_where_it_is_told_or_straight_ahead():
    (task,) = lay_out(mission("[photo: {x: 3, y: 0, look_at: [3, 2, 1.5]}]"), site()).tasks
    assert task.stand is not None
    assert task.stand.yaw == pytest.approx(np.pi / 2)
    (task,) = lay_out(mission("[photo: {x: 3, y: 0, yaw_deg: 180}]"), site()).tasks
    assert task.act.target.look_at == pytest.approx((1.5, 0.0, 0.4))  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]  # it is a look


def test_a_dry_run_adds_up():
    battery = Battery(walk_s=1000.0, stand_s=2000.0)
    ran = dry_run(mission("[photo: P-4, {wait: 60}]", "speed_mps: 0.5"), site(), battery=battery)
    assert ran.distance_m == pytest.approx(40.0)
    walked = 2 * (20 / 0.5 + SETTLE_S) + np.pi / TURN_RADPS  # and it turns round at the start
    stood = 60 + AIM.nominal_s
    assert ran.time_s == pytest.approx(walked + stood, abs=1.0)
    assert ran.share == pytest.approx(1 - walked / 1000 - stood / 2000, abs=0.002)
    assert [did.outcome for did in ran.did] == ["done"] * 3
    assert ran.least == ran.share


def test_a_battery_that_cannot_make_it_is_refused_where_it_ends():
    battery = Battery(walk_s=110.0, stand_s=400.0)
    what = mission("[photo: P-1, photo: P-5]", "battery: {reserve: 30}")
    with pytest.raises(BadMission, match="battery cannot make it") as caught:
        must_make_it(dry_run(what, site(), battery=battery))
    assert (caught.value.problems[0].mark.line, caught.value.problems[0].mark.column) == (4, 21)
    must_make_it(dry_run(what, site(), battery=Battery()))
    with pytest.raises(BadMission):
        must_make_it(dry_run(what, site(), share=0.31))
    charges = mission("[photo: P-5]", "battery: {reserve: 30, on_low: charge}")
    with pytest.raises(BadMission):
        must_make_it(dry_run(charges, site(), battery=Battery(80.0, 400.0, 100.0)))


def test_what_may_fail_is_named():
    def narrow(a, b):
        found = way(a, b)
        return Way([a, ((a[0] + b[0]) / 2, 0.0), b], [1.0, 0.2, 1.0], found.length_m, found.slowed_m)

    place = dataclasses.replace(site(), way=narrow)
    ran = dry_run(mission("[photo: {point: P-5, timeout_s: 50}, goto: {x: 90, y: 0}]"), place, share=0.25)
    kinds = {risk.kind for risk in ran.risks}
    assert {"narrow", "bare", "reserve", "time-out"} <= kinds


def test_a_mission_of_weeks_is_refused():
    with pytest.raises(GiveUp, match="split it up"):
        dry_run(mission("[repeat: {times: 9, steps: [wait: 24 h]}]", "return: stay"), site(), battery=Battery(1e9, 1e9))


@pytest.mark.parametrize("turned", [False, True])
def test_zones_close_the_cells_whose_middle_they_hold(turned):
    flat = np.zeros((40, 50), np.float32)
    grid = GridMap(0.1, (-1.0, -2.0), flat, flat + 2, flat, flat, flat, flat.astype(np.uint8))
    corners = ((0.0, -1.0), (1.51, -1.0), (1.51, 0.51), (0.0, 0.51))
    zone = Zone("pit", corners[::-1] if turned else corners)
    zones = closed(grid, [zone]).zones
    inside = np.array([[zone.holds((float(x), float(y))) for x, y in row] for row in grid.centres()])
    assert np.array_equal((zones & KEEP_OUT) > 0, inside)
    assert 200 < inside.sum() < 250
    assert closed(grid, []) is grid
    assert (closed(grid, [Zone("all", ((-1e6, -1e6), (1e6, -1e6), (1e6, 1e6), (-1e6, 1e6)))]).zones == KEEP_OUT).all()


def test_looks_name_detectors_that_there_are():
    for kind in ("inspect", "read_gauge", "read_code", "thermal", "gas", "photo"):
        assert set(steplist.module(kind).AIM.detectors or ()) <= set(detector.names())


def test_corners_and_things_of_other_kinds_do_not_count_among_the_most() -> None:
    corners = {f"corner_{k}": SitePoint(f"corner_{k}", (float(k), 0.0)) for k in range(3)}
    place = site()
    route = ("corner_0", "P-1", "corner_1", "P-2", "corner_2", "P-3", "P-4")
    place = dataclasses.replace(place, points={**place.points, **corners}, routes={"inspection": route})

    def points(step: str) -> tuple[str, ...]:
        return lay_out(mission(f"[{step}]"), place).points

    assert points("inspect: {route: inspection, most: 2}") == ("P-1", "P-2")
    assert points("inspect: {route: inspection, most: 2, kinds: {dial_gauge: skip}}") == ("P-2", "P-3")
    assert points("thermal: {route: inspection, most: 1, only: cable_joint}") == ("P-4",)
    assert points("read_code: {route: inspection, most: 4, except: valve}")[0] != "P-1"


def test_a_stand_says_what_is_looked_at_there() -> None:
    (task,) = lay_out(mission("[inspect: P-2]"), site()).tasks
    assert task.stand is not None
    assert task.stand.target is not None
    assert task.stand.target.point == "P-2"
    (walk,) = lay_out(mission("[goto: P-2]"), site()).tasks
    assert walk.stand is not None
    assert walk.stand.target is None


def test_slow_sensors_are_reckoned_with() -> None:
    def seconds(step: str) -> float:
        (task,) = lay_out(mission(f"[{step}]"), site()).tasks
        assert isinstance(task.act, Look)
        return task.act.nominal_s

    dwell_s = LOOKS["gas_bottle"].dwell_s
    assert seconds("gas: P-5") == seconds("photo: P-5") + dwell_s
    assert seconds("inspect: P-5") == seconds("inspect: P-2") + dwell_s
