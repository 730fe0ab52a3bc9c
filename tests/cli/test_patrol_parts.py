"""What a patrol is made of: judging by the truth, troubles, the round's folder, and looks that break."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots
from rudel.cli import _patrol_round, _patrol_trouble, _patrol_truth
from rudel.cli._patrol_look import Inspector, file_name, picture_of
from rudel.cli._patrol_trouble import Trouble
from rudel.core import frames
from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Capture, Evidence, Finding, Inspection, Round, Target
from rudel.core.readings import GasReading
from rudel.core.types import Event, JointTargets, Pose
from rudel.inspection import detector
from rudel.inspection.blanking import Blanking
from rudel.inspection.detectors.change import Change
from rudel.missions import Look
from rudel.navigation.types import Costs
from rudel.recording import Stream
from rudel.runtime.battery import Cells, assumed_pack
from rudel.runtime.journal import Journal, read
from rudel.worlds.place import Thing, Waypoint, World

# --- truth ------------------------------------------------------------------------------------------------------------

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


# --- troubles ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(_patrol_trouble.KINDS), st.floats(0, 9999)), max_size=4))
def test_troubles_are_read_as_they_are_written(some):
    parsed = _patrol_trouble.parse([f"{kind}:{at}" for kind, at in some])
    assert parsed == tuple(Trouble(kind, at) for kind, at in some)


@pytest.mark.parametrize("text", ["carried", "carried:", "carried:soon", "weak_leg:-1", "battery:nan", "battery:inf"])
def test_a_trouble_without_a_time_is_refused(text):
    with pytest.raises(BadInput, match=r":60"):
        _patrol_trouble.parse([text])


def test_unknown_troubles_are_refused_with_the_choices():
    with pytest.raises(UnknownName, match="weak_leg"):
        _patrol_trouble.parse(["weak_legs:3"])


@given(st.floats(-3, 3), st.floats(-0.3, 0.3))
def test_who_is_carried_stands_back_and_turned_and_still(yaw, roll):
    tilt = np.array([math.cos(roll / 2), math.sin(roll / 2), 0.0, 0.0])
    quat = frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), tilt)
    data = SimpleNamespace(qpos=np.concatenate(([1.0, 2.0, 0.3], quat, np.zeros(12))), qvel=np.ones(18))
    live: Any = SimpleNamespace(data=data)
    _patrol_trouble.carry(live)
    moved = data.qpos[:2] - (1.0, 2.0)
    assert np.allclose(moved, -_patrol_trouble.CARRIED_M * np.array([math.cos(yaw), math.sin(yaw)]), atol=1e-6)
    turned = float(frames.yaw_of(data.qpos[3:7])) - yaw - _patrol_trouble.TURNED_RAD
    assert abs(math.remainder(turned, 2 * math.pi)) < 1e-9
    assert np.allclose(frames.projected_gravity(data.qpos[3:7]), frames.projected_gravity(quat))
    assert np.linalg.norm(data.qpos[3:7]) == pytest.approx(1.0)
    assert not data.qvel[:6].any()


def test_a_weak_leg_is_one_leg_and_half_as_strong():
    spec = robots.load("lite3")
    asked = [JointTargets(*np.random.default_rng(k).uniform(1, 2, (5, 12))) for k in range(2)]
    now = [asked[0]]
    live: Any = SimpleNamespace(spec=spec, source=lambda: now[0])
    _patrol_trouble.weaken(live)
    weak = live.source()
    assert live.source() is weak  # a simulation compares by identity
    for name in ("kp", "kd", "tau"):
        share = getattr(weak, name) / getattr(asked[0], name)
        assert share.tolist() == [_patrol_trouble.WEAK] * 3 + [1.0] * 9
    assert np.array_equal(weak.q, asked[0].q)
    now[0] = asked[1]
    assert np.array_equal(live.source().q, asked[1].q)


def test_troubles_come_once_and_in_their_time():
    cells = Cells(assumed_pack(robots.load("lite3")))
    bring = _patrol_trouble.tamper(_patrol_trouble.parse(["battery:5"]))
    live: Any = None
    assert _patrol_trouble.tamper(()) is None
    assert bring is not None
    bring(4.9, live, cells)
    assert cells.charge.share == 1.0
    bring(5.0, live, cells)
    assert cells.charge.share == _patrol_trouble.LOW
    cells.set(0.9)
    bring(6.0, live, cells)
    assert cells.charge.share == 0.9


# --- the folder of a round --------------------------------------------------------------------------------------------


@given(st.floats(0, 4e9), st.floats(1, 1e6), st.text(max_size=20), st.integers(0, 99))
def test_names_of_rounds_sort_by_time_and_are_one_folder(start, later, mission, seed):
    first, second = (_patrol_round.name_of(t, mission, seed) for t in (start, start + later))
    assert first[:15] <= second[:15]
    assert len(Path(first).parts) == 1
    assert "\0" not in first


@given(st.text(max_size=30))
def test_a_file_name_is_one_name_and_the_same_twice(text):
    name = file_name(text)
    assert Path("a", name).parent == Path("a")
    assert name not in ("", ".", "..")
    assert file_name(name) == name


def test_plain_words_stay_as_they_are():
    assert file_name("P-101.a_b") == "P-101.a_b"
    assert file_name("../pump house 1/2") == "_pump_house_1_2"


@pytest.mark.parametrize("offset", [(0, 0), (5, 9), (20, 1)])
def test_the_maps_extent_holds_what_is_known_where_it_is(offset, tmp_path):
    """A blocked cell is found again in the picture at its own coordinates."""
    ny, nx, edge, origin = 40, 60, 0.1, (-2.0, 3.0)
    cost, obstacle = np.full((ny, nx), np.nan, np.float32), np.zeros((ny, nx), np.bool_)
    j, i = 8 + offset[1], 8 + offset[0]
    cost[5:30, 5:50] = 0.0
    cost[j, i], obstacle[j, i] = 1.0, True
    costs = Costs(edge, origin, cost, obstacle, np.ones((ny, nx), np.float32))
    chart = _patrol_round.draw_map(costs, tmp_path / "map.png")
    x0, x1, y0, y1 = chart.extent_m
    assert x0 <= origin[0] + 5 * edge < origin[0] + 50 * edge <= x1
    assert y0 <= origin[1] + 5 * edge < origin[1] + 30 * edge <= y1
    picture = cv2.imread(str(chart.path))
    assert picture is not None
    height, width = picture.shape[:2]
    assert width / height == pytest.approx((x1 - x0) / (y1 - y0))
    rows, columns = np.nonzero((picture == _patrol_round._BLOCKED).all(axis=2))
    assert x0 + (columns.mean() + 0.5) / width * (x1 - x0) == pytest.approx(origin[0] + (i + 0.5) * edge, abs=1e-6)
    assert y1 - (rows.mean() + 0.5) / height * (y1 - y0) == pytest.approx(origin[1] + (j + 0.5) * edge, abs=1e-6)


def test_a_map_of_nothing_known_is_drawn_all_the_same(tmp_path):
    nothing = np.full((5, 5), np.nan, np.float32)
    costs = Costs(0.1, (0.0, 0.0), nothing, np.zeros((5, 5), np.bool_), np.ones((5, 5), np.float32))
    assert _patrol_round.draw_map(costs, tmp_path / "map.png").path.is_file()


def events() -> list[Event]:
    at = {"x": 1.0, "y": -2.0, "yaw": 0.5, "charge": 0.8}
    ends = {"id": "1/P-1", "outcome": "done", "why": "", "attempts": 2, "inspections": []}
    return [
        Event("mission_begins", 0.0, {"mission": "m", "digest": "d", "points": ["P-1"]}, "mission"),
        Event("step_begins", 1.0, {"id": "1/P-1", "step": "inspect", "point": "P-1", "attempt": 1}, "mission"),
        Event("at", 1.5, {**at, "x": 9.0}, "patrol"),
        Event("step_ends", 2.0, ends, "mission"),
        Event("at", 2.5, at, "patrol"),
        Event("step_begins", 3.0, {"id": "1/P-2", "step": "inspect", "point": "P-2", "attempt": 1}, "mission"),
    ]


def kept(folder: Path, some: list[Event]) -> list[Event]:
    with Journal(folder / "journal", {"mission": "m"}) as journal:
        for event in some:
            _patrol_round.keep(journal, event)
    with Journal(folder / "journal", {"mission": "m"}) as journal:
        return _patrol_round.events_of(journal)


def test_events_come_back_out_of_the_journal_in_order(tmp_path):
    assert kept(tmp_path, events()) == events()


def test_steps_are_on_disk_before_they_act(tmp_path):
    """Read while the journal is open, as after kill -9."""
    with Journal(tmp_path / "journal", {"mission": "m"}) as journal:
        for event in events():
            _patrol_round.keep(journal, event)
        text = (tmp_path / "journal").read_text()
    assert "1/P-2#1" in text
    assert "1/P-2#1" in read(tmp_path / "journal").interrupted


def test_it_goes_on_where_it_was_left(tmp_path):
    progress, start, charge = _patrol_round.left_off(kept(tmp_path, events()))
    assert (start, charge) == ((1.0, -2.0, 0.5), 0.8)
    assert list(progress.ended) == ["1/P-1"]
    assert progress.under_way == "1/P-2"


def test_a_round_that_was_ended_early_goes_on_and_a_completed_one_does_not(tmp_path):
    early = [
        Event("mission_ending", 4.0, {"how": "stop", "why": "limit"}, "mission"),
        Event("mission_ends", 5.0, {"outcome": "ended_safely", "why": "limit"}, "mission"),
    ]
    progress, _, _ = _patrol_round.left_off([*events(), *early])
    assert progress.outcome is None
    assert progress.ending is None
    assert list(progress.ended) == ["1/P-1"]
    done = Event("mission_ends", 9.0, {"outcome": "completed", "why": ""}, "mission")
    with pytest.raises(BadInput, match="completed"):
        _patrol_round.left_off([*events(), *early, done])


def test_what_earlier_rounds_saw_is_kept_whole_and_refused_when_damaged(tmp_path):
    path = _patrol_round.change_path(tmp_path, mission="a/b", world="w")
    assert path.parent == tmp_path
    assert _patrol_round.load_change(path).to_plain() == Change().to_plain()
    _patrol_round.save_change(Change(), path)
    assert _patrol_round.load_change(path).to_plain() == Change().to_plain()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    path.write_text("{")
    with pytest.raises(BadInput, match="move it away"):
        _patrol_round.load_change(path)


# --- looks ------------------------------------------------------------------------------------------------------------


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
