"""Worlds for tests."""

from __future__ import annotations

import mujoco
import numpy as np

from rudel.worlds.place import (
    Box,
    Convex,
    Cylinder,
    Gas,
    Heat,
    HeightField,
    Light,
    Material,
    Mesh,
    Quad,
    RobotSize,
    Shape,
    Sphere,
    Thing,
    Viewpoint,
    Waypoint,
    World,
    layers_of,
)

ROBOT = RobotSize("dog", length_m=0.6, width_m=0.4, height_m=0.45, max_step_m=0.15, max_slope_rad=0.5)
ABOVE_M = 20.0


def level(*shapes: Shape, half_m: float = 3.0, **others: object) -> World:
    """A level floor at 0 with shapes on it; start in the middle."""
    values: dict = {"start": Waypoint("start", (0.0, 0.0)), "floor_m": 0.0, **others}
    return World("test", bounds=(-half_m, half_m, -half_m, half_m), shapes=shapes, **values)


def turned(rng: np.random.Generator) -> tuple[float, float, float, float]:
    quat = rng.normal(size=4)
    w, x, y, z = (quat / np.linalg.norm(quat)).tolist()
    return w, x, y, z


def some_shapes(rng: np.random.Generator, count: int, reach_m: float = 5.0) -> list[Shape]:
    """Solid shapes of every kind, in any attitude, that grow out of the ground."""
    found: list[Shape] = []
    for k in range(count):
        centre = rng.uniform(-reach_m, reach_m, 3) * (1, 1, 0.02)
        x, y, z = centre.tolist()
        end = centre + rng.uniform(-0.6, 0.6, 3) + (0, 0, 0.05)
        kind = k % 6
        if kind == 0:
            found.append(Box((x, y, z), tuple(rng.uniform(0.1, 0.6, 3)), turned(rng)))
        elif kind == 1:
            found.append(Box((x, y, z), tuple(rng.uniform(0.1, 0.6, 3))))
        elif kind == 2:
            found.append(Sphere((x, y, z), float(rng.uniform(0.1, 0.6))))
        elif kind == 3:
            found.append(Cylinder((x, y, z), tuple(end), float(rng.uniform(0.05, 0.4)), bool(rng.integers(2))))
        elif kind == 4:
            found.append(
                Cylinder((x, y, z - 0.5), (x, y, z + 0.5), float(rng.uniform(0.05, 0.4)), bool(rng.integers(2)))
            )
        else:
            found.append(Convex(centre + rng.uniform(-0.5, 0.5, (12, 3))))
    return found


def rich(seed: int = 0) -> World:
    """A world that uses everything a World has."""
    rng = np.random.default_rng(seed)
    gauge = Thing(
        "gauge-1",
        "dial_gauge",
        (1.0, 1 / 3, 0.8),
        (0.0, 0.0, 0.0, 1.0),
        parts=(
            Quad((0.01, 0, 0), (0.1, 0.08), (0.5, 0.5, 0.5, 0.5), texture="dial", material="steel"),
            Box((0, 0, 0), (0.005, 0.1, 0.1), rgba=(1, 0, 0, 1), temperature_c=60.0),
        ),
        truth={"value": 3.2, "unit": "bar", "low": 0, "open": True, "note": None},
        fault="out_of_range",
        viewpoint=Viewpoint((-0.5, 0.4), 0.1, (1.0, 1 / 3, 0.8), "front"),
    )
    shapes = (
        *some_shapes(rng, 12),
        Mesh(rng.normal(size=(300, 3)), rng.integers(0, 300, (400, 3)), uv=rng.uniform(size=(300, 2)), name="scan"),
        Mesh(np.eye(4, 3), [[0, 1, 2], [0, 2, 3]], rgba=(0.1, 0.2, 0.3, 0.4)),
        Convex(rng.uniform(-1, 1, (300, 3)) * 0.2, solid=False),
        Box((0, 0, 9), (1, 1, 1), seen=False, name="lid"),
    )
    world = World(
        "rich",
        Waypoint("start", (0.1, -0.2), 0.7, z=0.0),
        (-3.0, 3.3, -2.0, 2.05),
        title='A "rich" place\nwith ümlauts',
        source="made up",
        licence="CC0-1.0",
        made_by="tests",
        origin=(431_234.567_890_1, 5_412_345.678_9, 1e-17),
        seed=3,
        repairs=("filled 3 holes", "turned y up"),
        notes={"points": 12, "share": 0.1, "ok": True},
        ground=HeightField(rng.normal(size=(9, 11)) * 0.02, 0.7, (-3.5, -2.8)),
        ground_material="rock",
        ground_seen=False,
        floor_m=-0.5,
        shapes=shapes,
        materials={"rock": Material(texture="dial", friction=0.7), "steel": Material((0.5, 0.5, 0.5, 1), glow=0.3)},
        textures={"dial": rng.integers(0, 256, (17, 33, 3), dtype=np.uint8)},
        things=(gauge, Thing("valve-1", "valve", (0, 1, 0))),
        heat=(Heat((1, 0, 1), 90.0, 0.4, "gauge-1"),),
        gas=(Gas((0, 1, 0.2), 0.5, "CH4"),),
        lights=(Light((0, 0, 2)), Light((0, 0, 3), "spot", (0.1, 0, -1), casts_shadow=True)),
        points=(Waypoint("door", (1.0, 1.0), kind="entrance"),),
        routes={"round": ("door", "gauge-1")},
        dust=0.25,
        wind=(0.1, 0.0, 0.0),
    )
    return world.with_layers(layers_of(world, 0.2))


def rays_down(world: World, xy: np.ndarray, from_m: np.ndarray | float = ABOVE_M) -> np.ndarray:
    """Height that a ray downwards meets at each xy (n, 2), as MuJoCo casts it; -inf where it meets nothing."""
    spec = mujoco.MjSpec()
    world.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    down, geom = np.array([0.0, 0.0, -1.0]), np.zeros(1, np.int32)
    start = np.broadcast_to(from_m, len(xy))
    hits = [
        mujoco.mj_ray(model, data, np.array([*p, z]), down, None, 1, -1, geom) for p, z in zip(xy, start, strict=True)
    ]
    return np.array([z - hit if hit >= 0 else -np.inf for hit, z in zip(hits, start, strict=True)])
