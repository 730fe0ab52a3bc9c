"""A flight through a world: where the camera is and what it looks at, picture by picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rudel.worlds.place import Thing, World

Array = NDArray[np.float64]

EYE_M, HIGH_EYE_M = 0.42, 0.95  # above the ground: a Lite3's camera; and over crates while flying
WIDE_DEG, NEAR_DEG, FILL = 60.0, 12.0, 0.55  # opening angles; a thing fills this share of the picture
_APPROACH_M, _AHEAD_M = 5.0, 2.5
_CLIP_S = 2.5  # one thing on film
_FLY, _TURN = 0.45, 0.20  # shares of a clip: flying up to it, turning towards it; then looking
_ORBIT_HEIGHT, _ORBIT_RADIUS = 0.45, 0.75  # in larger edges of the bounds
_REACH_M = 0.25  # half size of a thing without parts


@dataclass(frozen=True, eq=False)
class View:
    """One picture: eye and target (3,) [m], vertical opening angle [degrees], the thing that is shown or None."""

    eye: Array
    target: Array
    fovy_deg: float
    thing: Thing | None = None


class Route:
    """The way of a world's first route as a line of points, and where on it each thing is seen."""

    def __init__(self, world: World) -> None:
        places = {p.name: p.xy for p in world.points}
        seen = {t.id: t.viewpoint.xy for t in world.things if t.viewpoint is not None}
        first = next(iter(world.routes.values()), ())
        stops = [s for s in (first or tuple(seen)) if s in places or s in seen]
        points = [world.spawn, *({**places, **seen}[s] for s in stops)]
        self.xy: Array = np.array(points, np.float64)
        self.at_m = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(self.xy, axis=0), axis=1))))
        self.things: list[tuple[float, Thing]] = [
            (float(self.at_m[k + 1]), world.thing(stop)) for k, stop in enumerate(stops) if stop in seen
        ]

    def point(self, along_m: float) -> Array:
        """(2,) the point so far along the way, or its end."""
        return np.array([np.interp(along_m, self.at_m, self.xy[:, k]) for k in (0, 1)])


def views(world: World, seconds: float, fps: float) -> Iterator[View]:
    """The pictures of a film: an approach to, and a look at, as many things as there is time for."""
    route = Route(world)
    frames = round(seconds * fps)
    if not route.things:
        yield from (_orbit(world, k / frames) for k in range(frames))
        return
    clips = min(len(route.things), max(1, round(seconds / _CLIP_S)))
    chosen = _chosen([thing.fault is not None for _, thing in route.things], clips)
    for n, part in zip(chosen, np.array_split(np.arange(frames), len(chosen)), strict=True):
        along, thing = route.things[n]
        for k in range(len(part)):
            yield _clip(world, route, along, thing, k / max(len(part) - 1, 1))


def _chosen(faulty: Sequence[bool], clips: int) -> list[int]:
    """Which things to show, in order: half of the clips for those with a fault, the rest spread over the others."""
    bad, good = ([k for k, is_bad in enumerate(faulty) if is_bad == wanted] for wanted in (True, False))
    for_bad = min(len(bad), max((clips + 1) // 2, clips - len(good)))
    picked: list[int] = []
    for group, count in ((bad, for_bad), (good, clips - for_bad)):
        picked += [group[int(k)] for k in np.linspace(0, len(group) - 1, count).round()] if count else []
    return sorted(picked)


def still(world: World, thing: Thing) -> View:
    """The thing as its viewpoint shows it, zoomed in."""
    assert thing.viewpoint is not None
    eye = _above(world, np.array(thing.viewpoint.xy), EYE_M)
    return View(eye, np.array(thing.viewpoint.look_at), _zoom(thing, eye), thing)


def overview(world: World) -> View:
    """All of it from above."""
    return _orbit(world, 0.0)


def _clip(world: World, route: Route, along_m: float, thing: Thing, share: float) -> View:
    """``share`` 0 to 1 of the clip of one thing: fly, turn, look."""
    assert thing.viewpoint is not None
    fly, turn = _ease(share / _FLY), _ease((share - 0.7 * _FLY) / (0.3 * _FLY + _TURN))
    here = max(0.0, along_m - _APPROACH_M * (1 - fly))
    near = still(world, thing)
    eye = _above(world, route.point(here), HIGH_EYE_M + (EYE_M - HIGH_EYE_M) * turn)
    ahead = route.point(here + _AHEAD_M)
    if np.linalg.norm(ahead - eye[:2]) < 0.5:  # the way turns back here
        ahead = eye[:2] + (near.target - eye)[:2]
    gaze = (np.array((*ahead, eye[2] - 0.15)) - eye) * (1 - turn) + (near.target - eye) * turn
    fovy = WIDE_DEG + (near.fovy_deg - WIDE_DEG) * _ease((share - _FLY) / (0.8 - _FLY))
    return View(eye, eye + gaze, fovy, thing if turn > 0.5 else None)


def _orbit(world: World, share: float) -> View:
    x, y = world.centre
    size = max(world.size_m)
    turn = 2 * np.pi * share - np.pi / 2
    z = float(np.nan_to_num(world.height(np.array([world.spawn]))[0]))
    eye = np.array((x + _ORBIT_RADIUS * size * np.cos(turn), y + _ORBIT_RADIUS * size * np.sin(turn), z))
    return View(eye + np.array((0, 0, _ORBIT_HEIGHT * size)), np.array((x, y, z)), WIDE_DEG)


def _above(world: World, xy: Array, height_m: float) -> Array:
    """(3,) so far above the ground; above the start's ground where there is none."""
    z = world.height(np.array([xy, world.spawn]))
    return np.array((*xy, float(z[0] if np.isfinite(z[0]) else z[1]) + height_m))


def _zoom(thing: Thing, eye: Array) -> float:
    """Vertical opening angle [degrees] at which a thing fills FILL of a 4:3 picture."""
    from rudel.worlds.place import transform

    spans = [transform.reach(part) for part in transform.world_parts(thing) if part.seen]
    assert thing.viewpoint is not None
    target = np.array(thing.viewpoint.look_at)
    low, high = (f([s[k] for s in spans], axis=0) for k, f in ((0, np.min), (1, np.max))) if spans else (None, None)
    if low is None or high is None:
        low, high = target - _REACH_M, target + _REACH_M
    half = np.maximum(high - target, target - low)
    across = max(float(np.hypot(half[0], half[1])) * 0.75, float(half[2]))  # the picture is 4 wide, 3 high
    angle = 2 * np.degrees(np.arctan2(across / FILL, float(np.linalg.norm(target - eye))))
    return float(np.clip(angle, NEAR_DEG, WIDE_DEG))


def _ease(share: float) -> float:
    """0 to 1 with level ends, clipped."""
    t = min(max(share, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def words(thing: Thing) -> Sequence[str]:
    """What a caption says: what it is, what is true of it."""
    truth = thing.truth
    if "value" in truth:
        facts = f"{truth['value']:g} {truth.get('unit', '')}, good {truth['low']:g} to {truth['high']:g}"
    else:
        facts = ", ".join(f"{k} {v}" for k, v in truth.items() if k != "label")
    return f"{thing.id}  {thing.kind.replace('_', ' ')}", facts[:60]
