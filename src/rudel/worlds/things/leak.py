"""Flange that may leak: a pair of bolted flanges in a pipe above the floor; a leak leaves stains and a puddle."""

from __future__ import annotations

import itertools

import numpy as np

from rudel.worlds.things._body import BLUE, DARK, STEEL, Body, Draft, Site, Skin, pick
from rudel.worlds.things._mesh import Mesh, quad, rod

SITE = Site("F", "floor_at_wall", (0.0, 0.0), 0.6, True)

HEIGHT_M, OUT_M, PIPE_M = 0.42, 0.16, 0.055
_FLUIDS = {"water": Skin((0.18, 0.24, 0.29, 1.0)), "oil": Skin((0.13, 0.10, 0.055, 1.0))}
_HALF_M = 0.45


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A flange near the floor at a wall; the origin is on the floor at the wall. Faulty: it leaks.

    Truth: present, fluid ("water", "oil" or ""), area_m2 of the puddle, label.
    """
    fluid = pick(rng, tuple(_FLUIDS))
    radius = float(rng.uniform(0.28, 0.42))
    x, z = OUT_M, HEIGHT_M
    draft = Draft()
    draft.add(BLUE, rod((x, -_HALF_M, z), (x, _HALF_M, z), PIPE_M, 20))
    for y in (-0.35, 0.35):
        draft.add(DARK, rod((0, y, z), (x, y, z), 0.016))
    flanges = [rod((x, y - 0.014, z), (x, y + 0.014, z), 0.105, 24) for y in (-0.018, 0.018)]
    draft.add(DARK, *flanges)
    for angle in np.arange(8) * np.pi / 4:
        at = x + 0.085 * float(np.cos(angle)), z + 0.085 * float(np.sin(angle))
        draft.add(STEEL, rod((at[0], -0.05, at[1]), (at[0], 0.05, at[1]), 0.011, 6))
    area = 0.0
    if faulty:
        shape = _outline(rng, radius)
        area = round(float(np.pi * radius**2 * np.mean(shape**2)), 3)
        draft.add(_FLUIDS[fluid], _blot((x + 0.12, 0.0, 0.012), radius * shape))
        rim = Skin((0.30, 0.27, 0.24, 1.0))
        draft.add(rim, _blot((x + 0.12, 0.0, 0.009), radius * shape + 0.05))
        rust = Skin((0.48, 0.24, 0.10, 1.0))
        for y, length in zip(rng.uniform(-0.026, 0.026, 5), rng.uniform(0.05, 0.16, 5), strict=True):
            draft.add(rust, *_streak(x, z, float(y), float(length)))
        drops = (z - 0.11 - 0.09 * k for k in range(3))
        draft.add(_FLUIDS[fluid], *(rod((x, 0, top), (x, 0, top - 0.04), 0.008, 6) for top in drops))
    truth = {"present": faulty, "fluid": fluid if faulty else "", "area_m2": area, "label": label}
    centre = (x + 0.1, 0.0, HEIGHT_M / 2)
    return Body("leak", draft.pieces(), truth, "leaking" if faulty else None, centre, standoff_m=1.4)


def _outline(rng: np.random.Generator, radius: float) -> np.ndarray:
    """Radius of a puddle's edge over 48 directions, relative to ``radius``."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    waves = [rng.normal(0, 0.22 / k) * np.cos(k * turn + rng.uniform(0, 2 * np.pi)) for k in range(1, 6)]
    return np.clip(1.0 + np.sum(waves, axis=0), 0.5, 0.3 / radius + 0.8)


def _blot(centre: tuple[float, float, float], reach: np.ndarray) -> Mesh:
    """A flat patch on the floor, with edge radii ``reach`` (n,), cut off at the wall."""
    turn = np.linspace(0, 2 * np.pi, len(reach), endpoint=False)
    rim = np.stack(
        (centre[0] + reach * np.cos(turn), centre[1] + reach * np.sin(turn), np.full(len(reach), centre[2])), 1
    )
    rim[:, 0] = np.maximum(rim[:, 0], 0.01)
    k = np.arange(len(reach))
    faces = np.stack((np.zeros_like(k), k + 1, (k + 1) % len(reach) + 1), axis=1).astype(np.int32)
    vertices = np.vstack((centre, rim))
    return Mesh(vertices, faces, np.full((len(vertices), 2), 0.5))


def _streak(x: float, z: float, y: float, length: float) -> list[Mesh]:
    """Rust that has run down the front of a flange, and dripped from it."""
    turn = np.linspace(0.6, -np.pi / 2, 9)
    rim = np.stack((x + 0.1065 * np.cos(turn), z + 0.1065 * np.sin(turn)), axis=1)
    strips = [
        quad((b[0], y - 0.004, b[1]), (0, 0.008, 0), (a[0] - b[0], 0, a[1] - b[1])) for b, a in itertools.pairwise(rim)
    ]
    return [*strips, rod((x, y, z - 0.1), (x, y, z - 0.1 - length), 0.003, 5)]
