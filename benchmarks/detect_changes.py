"""Changes between simulated rounds: the same place twice as it is, then with a thing taken away, added or moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from detect_cases import Case, Stage

from rudel.core.findings import Inspection
from rudel.inspection.detectors.change import Change
from rudel.worlds.place import Box, Thing, Viewpoint, World

SENSES = ("depth", "scan")
HALF_M = (0.2, 0.2, 0.3)  # of the box that is put there or taken away: a trolley for tools
KINDS = ("unchanged", "added_object", "missing_object", "moved_object")
_ROUNDS = 2


def scenes(world: World, seed: int, count: int) -> Iterator[tuple[str, bool, Inspection]]:
    """Name, whether something changed, and what is said about it, for ``count`` viewpoints of a world and each kind."""
    rng = np.random.default_rng((seed, 5))
    able = [thing for thing in world.things if thing.viewpoint is not None and thing.kind not in ("obstacle", "cover")]
    chosen = [able[int(k)] for k in rng.permutation(len(able))[:count]]
    if not chosen:
        return
    spots = {thing.id: _beside(thing) for thing in chosen}
    empty = world
    boxed = _with(world, [_box(world, f"box_{thing.id}", spots[thing.id][0]) for thing in chosen])
    moved = _with(world, [_box(world, f"box_{thing.id}", spots[thing.id][1]) for thing in chosen])
    pairs = {"unchanged": (boxed, boxed), "added_object": (empty, boxed)}
    pairs |= {"missing_object": (boxed, empty), "moved_object": (boxed, moved)}
    for kind, (before, after) in pairs.items():
        change = Change()
        for case in _looks(before, chosen * _ROUNDS, rng):
            change.learn(case.capture)
        for case in _looks(after, chosen, rng):
            yield f"{kind} {case.thing.id}", kind != "unchanged", change.look(case.capture, ())


def _looks(world: World, things: list[Thing], rng: np.random.Generator) -> Iterator[Case]:
    stage = Stage(world, rng.spawn(1)[0])
    try:
        for thing in things:
            yield stage.look(thing, SENSES)
    finally:
        stage.close()


def _beside(thing: Thing) -> tuple[np.ndarray, np.ndarray]:
    """Two places on the floor at the wall that the thing is on: to one side of it, and to the other (x, y) [m]."""
    assert thing.viewpoint is not None
    view = thing.viewpoint
    eye, look = np.array(view.xy), np.array(view.look_at[:2])
    far = float(np.linalg.norm(look - eye))
    ahead = (look - eye) / far
    left = np.array((-ahead[1], ahead[0]))
    middle = eye + ahead * max(far - 0.30, 0.7)
    return middle + 0.6 * left, middle - 0.6 * left


def _box(world: World, name: str, xy: np.ndarray) -> Thing:
    x, y = xy.tolist()
    z = float(world.height(xy[None])[0])
    part = Box((0.0, 0.0, HALF_M[2]), HALF_M)
    return Thing(name, "box", (x, y, z), parts=(part,), viewpoint=Viewpoint((x - 1, y), 0.0, (x, y, z + 0.2)))


def _with(world: World, boxes: list[Thing]) -> World:
    return dataclasses.replace(world, things=(*world.things, *boxes))
