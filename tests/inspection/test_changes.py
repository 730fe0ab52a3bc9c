"""Changes against earlier rounds: found where they were seen both times, and never made up from what was not seen."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Target
from rudel.core.types import Pose
from rudel.inspection import occupancy
from rudel.inspection._views import Rays
from rudel.inspection.detectors.change import Change
from rudel.inspection.differences import differences
from rudel.inspection.occupancy import Reference, Seen
from tests.inspection.scene import Block, base, corridor, shoot

PLACE = Target("P-1", "", (1.6, 0.0, 0.3))
CRATE = Block((1.6, -0.9, 0.0), (2.1, -0.3, 0.55))
MOVED = Block((1.6, 0.3, 0.0), (2.1, 0.9, 0.55))


def capture(blocks: list[Block], seed: int, x: float = 0.0) -> Capture:
    rng = np.random.default_rng(seed)
    pose = base(x + rng.normal(0, 0.05), rng.normal(0, 0.05), rng.normal(0, 0.04))
    believed = Pose(pose.position + rng.normal(0, 0.015, 3), base(0, 0, float(rng.normal(0, 0.008))).quat)
    turned = base(0, 0, float(2 * np.arctan2(pose.quat[3], pose.quat[0]) + rng.normal(0, 0.008))).quat
    return shoot(blocks, pose, PLACE, ("depth", "scan"), seed, believed=Pose(believed.position, turned))


def taught(blocks: list[Block], rounds: int = 2) -> Change:
    return Change(_taught(tuple(blocks), rounds).references)


@cache
def _taught(blocks: tuple[Block, ...], rounds: int) -> Change:
    change = Change()
    for seed in range(rounds):
        change.learn(capture(list(blocks), seed))
    return change


@pytest.mark.parametrize("seed", range(10, 12))
@pytest.mark.parametrize("blocks", [[], [CRATE], [MOVED, CRATE]])
def test_nothing_changed(blocks: list[Block], seed: int) -> None:
    got = taught([*corridor(), *blocks]).look(capture([*corridor(), *blocks], seed), ())
    assert got.status == "normal", got.text


@pytest.mark.parametrize("seed", range(10, 12))
@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [([], [CRATE], "added_object"), ([CRATE], [], "missing_object"), ([CRATE], [MOVED], "moved_object")],
)
def test_what_changed_is_found_where_it_is(before: list[Block], after: list[Block], kind: str, seed: int) -> None:
    got = taught([*corridor(), *before]).look(capture([*corridor(), *after], seed), ())
    assert [one.kind for one in got.findings] == [kind], got.text
    where = np.array(got.findings[0].position)
    there = (after or before)[0]
    middle = (np.array(there.low) + np.array(there.high)) / 2
    assert np.abs(where - middle)[:2].max() < 0.4
    if kind == "moved_object":
        assert abs(got.findings[0].data["was"][1] + 0.6) < 0.4


def test_what_is_hidden_now_is_not_missing() -> None:
    screen = Block((0.9, -1.2, 0.0), (1.0, 1.2, 1.5))
    got = taught([*corridor(), CRATE]).look(capture([*corridor(), CRATE, screen], 20), ())
    assert "missing_object" not in [one.kind for one in got.findings]


def test_what_was_hidden_before_is_not_added() -> None:
    screen = Block((0.9, -1.2, 0.0), (1.0, 0.1, 1.5))
    got = taught([*corridor(), CRATE, screen]).look(capture([*corridor(), CRATE], 20), ())
    assert "added_object" not in [one.kind for one in got.findings]
    assert "missing_object" in [one.kind for one in got.findings]  # the screen


def test_it_abstains_where_it_cannot_compare() -> None:
    one = capture(corridor(), 1)
    assert "first round" in Change().look(one, ()).why
    change = taught(corridor())
    vague = Capture(one.target, one.time_s, one.pose, 0.5, 0.01, one.readings)
    assert "pose" in change.look(vague, ()).why
    assert change.look(capture(corridor(), 1, x=-12.0), ()).status == "abstained"
    change.learn(vague)
    assert change.references["P-1"].rounds == 2  # a poor pose teaches nothing


def test_references_are_small_and_come_back_whole(tmp_path: Path) -> None:
    change = taught([*corridor(), CRATE], 3)
    path = tmp_path / "references.json"
    change.save(path)
    assert path.stat().st_size < 60_000
    again = Change.load(path)
    now = capture(corridor(), 15)
    assert again.look(now, ()) == change.look(now, ())
    assert Change.load(tmp_path / "none.json").references == {}
    for broken in ("{", "[]", json.dumps({"P-1": {"format": 9}}), json.dumps({"P-1": 3})):
        path.write_text(broken)
        with pytest.raises(BadInput):
            Change.load(path)
    plain = change.to_plain()["P-1"]
    for spoiled in ({**plain, "voxels": plain["voxels"] + 1}, {**plain, "data": "AAAA"}, {"format": 1}):
        with pytest.raises(BadInput):
            Reference.of_plain(spoiled)


@given(arrays(np.float64, (20, 3), elements=st.floats(-500, 500)))
def test_a_point_lies_in_its_voxel(points: np.ndarray) -> None:
    keys = occupancy.keys_of(points)
    assert (np.abs(occupancy.centres(keys) - points) <= occupancy.EDGE_M / 2 + 1e-9).all()
    near = occupancy.around(keys[:1])
    assert len(np.unique(near)) == 27
    assert np.abs(occupancy.indices(near) - occupancy.indices(keys[:1])).max() == 1


def test_free_is_before_the_hit_and_nowhere_else() -> None:
    starts, ends = np.zeros((50, 3)), np.tile([2.0, 0.01, 0.01], (50, 1))
    look = occupancy.seen(Rays(starts, ends), np.array([1.0, 0.0, 0.0]), 3.0)
    assert look.occupied.tolist() == occupancy.keys_of(ends[:1]).tolist()
    along = occupancy.centres(look.free)
    assert along[:, 0].min() < 0.1
    assert 1.7 < along[:, 0].max() < 1.95
    assert np.abs(along[:, 1:]).max() < 0.1


def test_many_rounds_neither_overflow_nor_forget() -> None:
    a, b = np.array([5, 9]), np.array([7])
    reference = Reference.empty()
    for _ in range(600):
        reference = reference.with_look(Seen(a, b))
    assert reference.occupied.max() <= 255
    assert reference.rounds <= 251
    assert reference.stood().tolist() == [5, 9]
    assert reference.clear().tolist() == [7]


def test_what_is_flat_on_the_ground_or_a_line_is_no_object() -> None:
    """Lines of a LiDAR skim over floors and walls, and meet other voxels of them from round to round."""
    for size, count in (((0.8, 0.8, 0.05), 0), ((1.6, 0.05, 0.25), 1), ((1.6, 0.05, 0.05), 0), ((0.4, 0.4, 0.4), 1)):
        steps = [np.arange(0.05, edge + 0.05, 0.1) for edge in size]
        keys = np.unique(occupancy.keys_of(np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 3)))
        none = np.zeros(0, np.int64)
        was = Reference.empty().with_look(Seen(keys, none))
        assert len(differences(was, Seen(none, keys))) == count, size
