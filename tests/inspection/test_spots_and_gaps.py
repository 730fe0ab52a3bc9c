"""Hot spots, open holes, puddles and narrow passages in scenes of boxes; and that nothing is said about garbage."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel.core.findings import Capture, Inspection, Target
from rudel.core.readings import Image
from rudel.core.types import Pose
from rudel.inspection import detector
from rudel.inspection.blanking import blanked
from tests.inspection.scene import Block, base, corridor, garbage, holed, shoot

JOINT = Target("J-1", "cable_joint", (1.2, 0.0, 0.5), {"limit_c": 70.0})
COVER = Target("C-1", "cover", (1.2, 0.0, 0.0), {"edge_m": 0.4})
CRATE = Target("K-1", "obstacle", (1.5, -0.2, 0.26))
FLANGE = Target("F-1", "leak", (1.4, 0.0, 0.2))


def joints(*celsius: float) -> list[Block]:
    wall = Block((1.25, -9, 0), (1.4, 9, 2.6))
    bars = [
        Block((1.15, -0.16, 0.58 - 0.11 * k), (1.21, 0.16, 0.64 - 0.11 * k), (20, 20, 20), t)
        for k, t in enumerate(celsius)
    ]
    return [*corridor(9.0), wall, *bars]


def look(name: str, capture: Capture, history: tuple[Inspection, ...] = ()) -> Inspection:
    return detector.make(name).look(capture, history)


@pytest.mark.parametrize("worst", [0, 1, 2])
@pytest.mark.parametrize(("hot", "status"), [(100.0, "abnormal"), (40.0, "normal")])
def test_a_joint_is_judged_by_its_limit(worst: int, hot: float, status: str) -> None:
    celsius = [30.0, 30.0, 30.0]
    celsius[worst] = hot
    got = look("hot_spot", shoot(joints(*celsius), base(0, 0), JOINT, ("thermal",)))
    assert got.status == status
    assert got.measured is not None
    assert abs(got.measured.value - hot) < 3  # the camera of the scene is off by 1.5
    if status == "abnormal":
        assert {"limit", "similar parts", "surroundings"} <= set(got.findings[0].data["against"])
        box = got.findings[0].evidence[0].box
        assert box is not None
        assert box[3] < 20


def test_similar_parts_tell_without_any_limit_or_cold_air() -> None:
    free = dataclasses.replace(JOINT, expected={"rise_k": 500.0})
    got = look("hot_spot", shoot(joints(30.0, 62.0, 30.0), base(0, 0), free, ("thermal",)))
    assert got.status == "abnormal"
    assert got.findings[0].data["against"] == ["similar parts"]
    alike = look("hot_spot", shoot(joints(62.0, 62.0, 62.0), base(0, 0), free, ("thermal",)))
    assert alike.status == "normal"


def test_it_is_compared_with_its_own_past() -> None:
    free = dataclasses.replace(JOINT, expected={"rise_k": 500.0, "similar_k": 500.0})
    past = tuple(
        look("hot_spot", shoot(joints(31.0, 33.0, 32.0), base(0, 0), free, ("thermal",), seed=k)) for k in range(3)
    )
    warmer = shoot(joints(31.0, 53.0, 32.0), base(0, 0), free, ("thermal",))
    assert look("hot_spot", warmer, past[:2]).status == "normal"  # two rounds are no past yet
    got = look("hot_spot", warmer, past)
    assert got.status == "abnormal"
    assert got.findings[0].severity == "minor"
    assert abs(got.findings[0].data["drift_k"] - 20) < 2


def test_no_thermal_statement_about_what_is_not_in_the_picture() -> None:
    aside = shoot(joints(30.0, 100.0, 30.0), base(0, 0, 0.9), JOINT, ("thermal",))
    far = shoot(joints(30.0, 100.0, 30.0), base(-3.5, 0), JOINT, ("thermal",))
    assert [look("hot_spot", one).status for one in (aside, far)] == ["abstained", "abstained"]


GRATING = [Block((x - 0.008, -0.2, -0.024), (x + 0.008, 0.2, 0.0)) for x in np.linspace(1.02, 1.38, 9).tolist()]


def believed_off() -> Pose:
    pose = base(0.0, 0.0)
    return Pose(pose.position + np.array([0.03, -0.03, 0.02]), pose.quat)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("cover", "status"), [(GRATING, "normal"), ([], "abnormal")])
def test_an_open_shaft_is_told_from_a_covered_one(cover: list[Block], status: str, seed: int) -> None:
    blocks = [*corridor()[1:], *holed(1.2, 0.0, 0.2), *cover]
    got = look("missing", shoot(blocks, base(0, 0), COVER, ("depth",), seed, believed=believed_off()))
    assert got.status == status
    if got.findings:
        assert got.findings[0].kind == "missing_object"
        assert got.findings[0].data["what"] == "cover"


def test_a_hidden_or_distant_cover_is_not_judged() -> None:
    blocks = [*corridor()[1:], *holed(1.2, 0.0, 0.2)]
    hidden = shoot([*blocks, Block((0.7, -0.5, 0), (0.8, 0.5, 0.6))], base(0, 0), COVER, ("depth",))
    assert look("missing", hidden).status == "abstained"
    assert look("missing", shoot(blocks, base(-4, 0), COVER, ("depth",))).status == "abstained"


@pytest.mark.parametrize("half", [1.1, 1.25, 1.4])
@pytest.mark.parametrize(("free", "status"), [(0.6, "abnormal"), (0.9, "abnormal"), (1.2, "normal")])
@pytest.mark.parametrize("yaw", [-0.15, 0.1])
def test_the_width_left_to_pass_is_measured(half: float, free: float, status: str, yaw: float) -> None:
    crate = Block((1.5, -half, 0), (2.06, half - free, 0.52), (160, 120, 80))
    crate = dataclasses.replace(crate, low=(1.5, max(-half, half - free - 0.72), 0))
    if -half + 0.72 < half - free - 0.02 and crate.low[1] + half > free:
        return  # the room on the other side would be the wider
    target = dataclasses.replace(CRATE, look_at=(1.5, (crate.low[1] + crate.high[1]) / 2, 0.26))
    capture = shoot([*corridor(half), crate], base(0, crate.low[1] / 2, yaw), target, ("depth", "scan"))
    got = look("blocked_way", capture)
    assert got.status == status, got
    assert got.measured is not None
    assert abs(got.measured.value - free) < 0.12


@pytest.mark.parametrize("aside", [-0.5, 0.5])
def test_a_way_seen_at_a_slant_is_measured_square(aside: float) -> None:
    crate = Block((1.5, -1.2, 0), (2.06, -0.1, 0.52), (160, 120, 80))
    target = dataclasses.replace(CRATE, look_at=(1.5, -0.5, 0.26))
    yaw = float(np.arctan2(-0.5 - aside, 1.5))
    got = look("blocked_way", shoot([*corridor(), crate], base(0, aside, yaw), target, ("depth", "scan")))
    assert got.measured is not None
    assert abs(got.measured.value - 1.3) < 0.1


def test_a_failure_of_the_way_is_a_finding_with_its_geometry() -> None:
    stuck = Target("", "way", (1.5, 0.0, 0.2), {"failure": "blocked"})
    wall = [*corridor(), Block((1.5, -1.0, 0), (1.7, 1.0, 1.0))]
    shut = look("blocked_way", shoot(wall, base(0, 0), stuck, ("depth", "scan")))
    assert shut.status == "abnormal"
    assert shut.findings[0].severity == "critical"
    assert shut.findings[0].confidence > 0.8
    free = look("blocked_way", shoot(corridor(), base(0, 0), stuck, ("depth", "scan")))
    assert free.status == "abnormal"
    assert free.findings[0].confidence < 0.7


def puddle(grey: tuple[int, int, int], half: float = 0.3) -> list[Block]:
    wall, pipe = Block((1.5, -9, 0), (1.7, 9, 2.6)), Block((1.3, -0.4, 0.37), (1.4, 0.4, 0.47), (30, 70, 140))
    patch = Block((1.2 - half, -half, 0), (1.2 + half * 0.9, half, 0.008), grey)
    return [*corridor(9.0), wall, pipe, patch]


@pytest.mark.parametrize(("rgb", "words"), [((33, 26, 14), "oil"), ((44, 56, 72), "water")])
def test_a_puddle_is_found_and_measured(rgb: tuple[int, int, int], words: str) -> None:
    got = look("leak", shoot(puddle(rgb), base(0, 0), FLANGE, ("wide", "zoom", "depth")))
    assert got.status == "abnormal", got.why
    assert got.findings[0].data["looks_like"] == words
    assert 0.2 < got.findings[0].data["area_m2"] < 0.5


def test_a_puddle_that_is_most_of_what_is_seen_near_the_flange_is_one() -> None:
    got = look("leak", shoot(puddle((33, 26, 14), 0.65), base(-0.3, 0), FLANGE, ("wide", "zoom", "depth")))
    assert got.status == "abnormal", got.why or got.text


@pytest.mark.parametrize(
    ("rgb", "half", "status"),
    [((118, 116, 110), 0.3, "normal"), ((30, 30, 30), 0.05, "normal"), ((86, 85, 82), 0.3, "abstained")],
)
def test_a_dry_floor_a_spot_and_a_stain_are_no_leak(rgb: tuple[int, int, int], half: float, status: str) -> None:
    assert look("leak", shoot(puddle(rgb, half), base(0, 0), FLANGE, ("wide", "zoom", "depth"))).status == status


def test_a_cable_on_the_floor_is_no_leak() -> None:
    blocks = [*puddle((118, 116, 110), 0.05), Block((1.0, -1.4, 0.0), (1.025, 1.4, 0.02), (20, 20, 20))]
    assert look("leak", shoot(blocks, base(0, 0), FLANGE, ("wide", "zoom", "depth"))).status != "abnormal"


def test_a_blanked_floor_is_not_dry() -> None:
    capture = shoot(puddle((33, 26, 14)), base(0, 0), FLANGE, ("wide", "zoom", "depth"))
    readings = dict(capture.readings)
    for name in ("wide", "zoom"):
        picture = readings[name]
        assert isinstance(picture, Image)
        low = picture.intrinsics.height // 2
        readings[name] = blanked(picture, [(0, low - 10, 999, 999)])
    assert look("leak", dataclasses.replace(capture, readings=readings)).status == "abstained"


def test_without_seeing_the_floor_there_is_no_telling() -> None:
    capture = shoot(puddle((33, 26, 14)), base(0, 0), FLANGE, ("wide", "zoom"))
    assert look("leak", capture).status == "abstained"
    shut = shoot([*puddle((33, 26, 14)), Block((0.55, -3, 0), (0.6, 3, 2.0))], base(0, 0), FLANGE)
    assert look("leak", shut).status == "abstained"


TARGETS = {"hot_spot": JOINT, "missing": COVER, "blocked_way": CRATE, "leak": FLANGE}
TARGETS |= {"gas": Target("B-1", "gas_bottle", (1.4, 0.0, 0.6)), "change": CRATE}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_is_said_about_garbage(name: str) -> None:
    target = TARGETS[name]
    capture = shoot(puddle((33, 26, 14)), base(0, 0), target, ("wide", "zoom", "thermal", "depth", "scan", "gas"))
    for what, broken in garbage(capture):
        if name == "gas" and what in ("zero", "nowhere", "of other senses"):
            continue  # no gas at all is a good reading, and places do not matter to it
        assert look(name, broken).status == "abstained", what


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_same_capture_gives_the_same_inspection(name: str) -> None:
    capture = shoot(
        puddle((33, 26, 14)), base(0, 0), TARGETS[name], ("wide", "zoom", "thermal", "depth", "scan", "gas")
    )
    assert look(name, capture) == look(name, capture)
