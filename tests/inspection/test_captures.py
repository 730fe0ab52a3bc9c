"""A shot always ends: in a capture or in a stated failure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from rudel.core import frames
from rudel.core.findings import Target
from rudel.core.readings import Image, Reading, Scan
from rudel.core.types import Pose
from rudel.inspection import _views
from rudel.inspection.capture import Aim, Patience, Rig, Shot, Step, Where, look_of
from tests.inspection.scene import RIG, Block, base, corridor, shoot

GAUGE = Target("G-1", "dial_gauge", (1.1, 0.3, 0.6))


def where(pose: Pose, **values: float) -> Where:
    return Where(pose, **values)


def test_gas_is_waited_for_only_by_those_who_need_it() -> None:
    assert "gas" not in Shot(GAUGE, RIG).awaited
    bottle = Target("B-1", "gas_bottle", (1.0, 0.3, 0.5), {"species": "CH4"})
    assert "gas" in Shot(bottle, RIG).awaited
    assert "gas" in Shot(GAUGE, RIG, ("gas",)).awaited
    front = Rig({**RIG.sensors, "front": RIG.sensors["wide"]})
    assert "front" not in Shot(GAUGE, front).awaited
    assert "front" in Shot(Target("F-1", "leak", (1.2, 0.3, 0.0)), front, ("zoom",)).awaited


def test_cameras_on_the_head_count_once_it_looks_there() -> None:
    turning = Rig({**BARE.sensors, "thermal": dataclasses.replace(RIG.sensors["thermal"], turns=True)})
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    step, _ = camera.run(Shot(GAUGE, turning, ("zoom", "thermal"), patience=PATIENT))
    assert step.failure == "stale"  # this one looks ahead all the time
    assert "thermal" in step.why


class Camera:
    """What steps a shot: turns the head at once and brings readings of a scene at 10 Hz."""

    def __init__(self, pose: Pose, blocks: list[Block], target: Target, **values: float) -> None:
        self.where, self.blocks, self.target = where(pose, **values), blocks, target
        self.aims: list[Aim] = []
        self.taken: tuple[Aim, Mapping[str, Reading]] | None = None  # the scene does not change
        self.spoil: dict[str, Callable[[Any], Reading]] = {}
        self.thrifty = False  # brings what the shot says that it wants, and nothing else
        self.brought: list[str] = []

    def run(self, shot: Shot, seconds: float = 60.0) -> tuple[Step, float]:
        now = 0.0
        while now < seconds:
            readings: dict[str, Reading] = {}
            if self.aims:
                senses = RIG.senses
                if self.taken is None or self.taken[0] is not self.aims[-1]:
                    self.taken = (
                        self.aims[-1],
                        shoot(self.blocks, self.where.pose, self.target, senses, aimed=self.aims[-1]).readings,
                    )
                found = self.taken[1]
                readings = {name: dataclasses.replace(one, frame=name, time_s=now) for name, one in found.items()}
                scan = found.get("scan")
                if isinstance(scan, Scan):  # back into the frame of its sensor
                    points = scan.points - RIG.sensors["scan"].position.astype(np.float32)
                    readings["scan"] = dataclasses.replace(scan, frame="lidar", points=points, time_s=now)
                for name, change in self.spoil.items():
                    readings[name] = change(readings[name])
            if self.thrifty:
                readings = {name: one for name, one in readings.items() if name in shot.wanted(now)}
            self.brought += readings
            step = shot.step(now, self.where, readings)
            if step.kind == "aim":
                assert step.aim is not None
                self.aims.append(step.aim)
            if step.kind in ("done", "failed"):
                return step, now
            now += 0.5
        raise AssertionError("a shot must end")


PATIENT = Patience(patience_s=2.0)
CLEAR = [
    *corridor(),
    Block((1.1, 0.1, 0.4), (1.3, 0.5, 0.8), (240, 240, 240)),
    Block((1.09, 0.28, 0.55), (1.1, 0.32, 0.7)),
]


BARE = dataclasses.replace(RIG, gases=())


def test_a_shot_ends_with_all_readings() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.kind == "done"
    assert step.capture is not None
    assert len(camera.aims) == 1
    assert set(step.capture.readings) == {"wide", "zoom", "thermal", "depth", "scan"}
    assert not step.missing


@pytest.mark.parametrize("broken", [None, "zoom"])
def test_what_a_shot_does_not_want_it_does_not_need(broken: str | None) -> None:
    ends: list[tuple[Step, float]] = []
    for thrifty in (False, True):
        camera = Camera(base(0, 0), CLEAR, GAUGE)
        camera.thrifty = thrifty
        if broken:
            camera.spoil[broken] = lambda one: dataclasses.replace(one, pixels=np.zeros_like(one.pixels))
        shot = Shot(GAUGE, BARE, patience=PATIENT)
        ends.append(camera.run(shot))
        assert not shot.wanted(99.0)
        good = {"wide", "zoom", "depth", "scan"} - {broken}
    assert [(step.kind, step.failure, at) for step, at in ends[:1]] == [(s.kind, s.failure, at) for s, at in ends[1:]]
    assert all(camera.brought.count(name) == len(camera.aims) for name in good)  # one of each on every attempt
    assert not Shot(GAUGE, BARE).wanted(0.0)  # before it has begun


def test_nothing_is_wanted_that_would_not_count() -> None:
    shot = Shot(GAUGE, BARE, patience=PATIENT)
    assert shot.step(5.0, where(base(0, 0)), {}).kind == "aim"
    assert not shot.wanted(5.0 + PATIENT.margin_s / 2)
    assert shot.wanted(5.0 + 2 * PATIENT.margin_s) == {"wide", "zoom", "thermal", "depth", "scan"}
    shot.step(5.1, where(base(0, 0), speed_mps=0.3), {})  # it was pushed
    assert not shot.wanted(5.2)


def test_warmth_is_as_new_as_the_last_picture() -> None:
    """Or nobody could tell where people are in that."""
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    dark = iter([True, True])
    camera.spoil["zoom"] = lambda one: dataclasses.replace(one, pixels=0 * one.pixels) if next(dark, False) else one
    camera.thrifty = True
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.capture is not None
    zoom, thermal, wide = (step.capture.readings[name] for name in ("zoom", "thermal", "wide"))
    assert max(one.time_s for one in (zoom, thermal, wide)) - min(one.time_s for one in (zoom, thermal, wide)) <= 0.5
    assert zoom.time_s > 1.0


def test_a_camera_that_is_gone_leaves_the_others_of_one_moment() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["wide"] = lambda one: dataclasses.replace(one, pixels=0 * one.pixels)
    camera.thrifty = True
    step, at = camera.run(Shot(GAUGE, BARE, ("zoom",), patience=PATIENT))
    assert step.capture is not None
    assert set(step.missing or ()) == {"wide"}
    assert abs(step.capture.readings["zoom"].time_s - step.capture.readings["thermal"].time_s) <= 0.5
    assert at > PATIENT.patience_s


def test_readings_from_before_the_aim_do_not_count() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["zoom"] = lambda reading: dataclasses.replace(reading, time_s=-1.0)
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.failure == "stale"
    assert "zoom" in step.why


def test_pictures_of_a_head_that_looks_elsewhere_do_not_count() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)

    def elsewhere(reading: Image) -> Image:
        return dataclasses.replace(reading, pose=dataclasses.replace(reading.pose, pan_rad=reading.pose.pan_rad + 0.1))

    camera.spoil["zoom"] = elsewhere
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.failure == "stale"


def test_too_far() -> None:
    step, at = Camera(base(-6, 0), CLEAR, GAUGE).run(Shot(GAUGE, BARE, patience=PATIENT))
    assert (step.failure, at) == ("too far", 0.0)
    assert "at most" in step.why
    lost = Where(Pose(np.full(3, np.nan), base(0, 0).quat))
    assert Shot(GAUGE, RIG).step(0.0, lost, {}).failure == "too far"


def test_something_in_between_is_seen_by_depth_and_tried_twice() -> None:
    camera = Camera(base(0, 0), [*CLEAR, Block((0.65, -0.1, 0.0), (0.75, 0.6, 1.5), (200, 30, 30))], GAUGE)
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.failure == "occluded"
    assert len(camera.aims) == 2
    assert camera.aims[1].zoom < camera.aims[0].zoom


def test_too_dark() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["zoom"] = lambda reading: dataclasses.replace(reading, pixels=np.zeros_like(reading.pixels))
    assert camera.run(Shot(GAUGE, BARE, patience=PATIENT))[0].failure == "too dark"


def test_blurred_by_the_picture_itself() -> None:
    import cv2

    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["zoom"] = lambda r: dataclasses.replace(r, pixels=np.asarray(cv2.blur(r.pixels, (41, 41)), np.uint8))
    assert camera.run(Shot(GAUGE, BARE, patience=PATIENT))[0].failure == "blurred"


def test_blurred_by_turning() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE, turning_radps=2.0)
    shot = Shot(GAUGE, BARE, patience=Patience(patience_s=2.0, still_radps=3.0))
    step, _ = camera.run(shot)
    assert step.failure == "blurred"


def test_a_robot_that_never_stands_still() -> None:
    step, at = Camera(base(0, 0), CLEAR, GAUGE, speed_mps=0.4).run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.failure == "moving"
    assert at < 10


def test_what_is_only_wished_for_may_be_missing() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["thermal"] = lambda r: dataclasses.replace(r, celsius=np.full_like(r.celsius, np.nan))
    step, _ = camera.run(Shot(GAUGE, BARE, patience=PATIENT))
    assert step.kind == "done"
    assert step.missing is not None
    assert "broken" in step.missing["thermal"]
    camera = Camera(base(0, 0), CLEAR, GAUGE)
    camera.spoil["thermal"] = lambda r: dataclasses.replace(r, celsius=np.full_like(r.celsius, np.nan))
    step, _ = camera.run(Shot(GAUGE, BARE, ("thermal",), PATIENT))
    assert step.failure == "broken"


def test_gas_is_waited_for() -> None:
    target = Target("B-1", "gas_bottle", (1.1, 0.3, 0.6))
    camera = Camera(base(0, 0), CLEAR, target)
    rig = RIG
    step, at = camera.run(Shot(target, rig, patience=PATIENT))
    assert step.kind == "done"
    assert at >= look_of(target).dwell_s


def test_an_ended_shot_stays_ended() -> None:
    shot = Shot(GAUGE, RIG)
    first = shot.step(0.0, where(base(-9, 0)), {})
    assert shot.step(1.0, where(base(0, 0)), {}) is first


def test_scans_come_in_the_base_frame() -> None:
    pose, blocks = base(0.4, 0.2, 0.6), corridor()
    scan = shoot(blocks, pose, GAUGE, ("scan",))
    rays = _views.rays(scan)
    assert np.allclose(rays.starts[0], pose.position + frames.rotate(pose.quat, RIG.sensors["scan"].position))
    walls = np.abs(np.abs(rays.ends[:, 1]) - 1.2) < 0.08
    assert (walls | (np.abs(rays.ends[:, 2]) < 0.08) | (np.abs(rays.ends[:, 0]) > 5)).mean() > 0.97


def test_a_wider_second_look_may_do_where_the_first_was_blurred() -> None:
    camera = Camera(base(0, 0), CLEAR, GAUGE, turning_radps=0.9)
    step, _ = camera.run(Shot(GAUGE, BARE, patience=Patience(patience_s=2.0, still_radps=1.0)))
    assert step.kind == "done"
    assert len(camera.aims) == 2
