"""Laws that every world obeys, whichever there are."""

import math

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel import worlds
from rudel.core.errors import BadInput, UnknownName
from tests.worlds.casting import cast_down, compiled, near_edges

NAMES = worlds.names()
ROUGH = tuple(name for name in NAMES if name != "flat")


def seeded(name: str, difficulty: float, seed: int = 0, size_m: float = 8.0) -> worlds.Terrain:
    return worlds.build(name, difficulty, np.random.default_rng(seed), size_m)


def grid(terrain: worlds.Terrain, step: float = 0.037) -> np.ndarray:
    half = np.array(terrain.size_m) / 2
    x, y = (np.arange(-h + step / 3, h, step) for h in half)
    return np.stack(np.meshgrid(x, y), axis=-1)


def test_the_promised_worlds_exist():
    assert set(NAMES) >= {"flat", "blocks", "slope", "stairs", "wave", "obstacles", "gaps"}


@pytest.mark.parametrize("name", NAMES)
def test_summary_is_one_sentence(name: str):
    assert worlds.summary(name).endswith(".")
    assert "\n" not in worlds.summary(name)


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_height_is_what_a_ray_meets(name: str, difficulty: float):
    rng = np.random.default_rng(1)
    for seed in (2, 3):  # both signs of stairs and slopes
        terrain = seeded(name, difficulty, seed)
        xy = rng.uniform(-5, 5, size=(600, 2))  # a metre of surroundings
        if len(terrain.boxes):
            xy = np.concatenate((xy, near_edges(terrain, rng, 300)))
        np.testing.assert_allclose(terrain.height(xy), cast_down(terrain, xy), atol=1e-6)


@pytest.mark.parametrize("name", ["slope", "wave"])
def test_contact_surface_is_the_triangulated_height(name: str):
    """A sphere pushed 0.1 mm into a triangle, along its normal, penetrates by just that."""
    terrain = seeded(name, 1.0)
    assert terrain.heightfield is not None
    spec, radius, depth = mujoco.MjSpec(), 0.002, 1e-4
    ball = spec.worldbody.add_body(name="ball")
    ball.add_freejoint()
    ball.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[radius, 0, 0], contype=0, conaffinity=1)
    model, data = compiled(terrain, spec)
    rng = np.random.default_rng(5)
    step = terrain.heightfield.resolution_m
    cell = rng.integers(5, 70, size=(60, 2))
    within = np.where(rng.integers(2, size=60)[:, None], (0.65, 0.35), (0.35, 0.65))  # inside one triangle or the other
    xy = np.array(terrain.heightfield.origin) + (cell + within) * step
    e = 1e-3
    dzdx, dzdy = ((terrain.height(xy + d) - terrain.height(xy - d)) / (2 * e) for d in e * np.eye(2))
    normal = np.stack((-dzdx, -dzdy, np.ones_like(dzdx)), axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    for p, z, n in zip(xy, terrain.height(xy), normal, strict=True):
        data.qpos[:3] = np.array([*p, z]) + (radius - depth) * n
        mujoco.mj_forward(model, data)
        assert data.ncon == 1
        assert data.contact[0].dist == pytest.approx(-depth, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_dropped_spheres_come_to_rest_on_the_height(name: str):
    terrain, radius = seeded(name, 1.0), 0.03
    xy = grid(terrain, 0.231).reshape(-1, 2)
    turn = np.linspace(0, 2 * np.pi, 9)
    around = 1.2 * radius * np.stack((np.cos(turn), np.sin(turn)), axis=1)
    level = np.ptp(terrain.height(xy[:, None] + around), axis=1) == 0.0  # away from edges and flanks
    chosen = np.random.default_rng(4).permutation(np.flatnonzero(level))[:12]
    assert len(chosen) == 12
    spec = mujoco.MjSpec()
    for p, z in zip(xy[chosen], terrain.height(xy[chosen]), strict=True):
        ball = spec.worldbody.add_body(pos=[*p, z + radius + 0.001])
        ball.add_freejoint()
        ball.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[radius, 0, 0], contype=0, conaffinity=1)
    model, data = compiled(terrain, spec)
    mujoco.mj_step(model, data, 500)
    rest = data.qpos.reshape(-1, 7)
    np.testing.assert_allclose(rest[:, 2], terrain.height(rest[:, :2]) + radius, atol=1e-3)
    # a frictionless sphere on a height field may roll off an inner edge, but not further than the cell's neighbour
    assert np.abs(rest[:, :2] - xy[chosen]).max() < radius


@pytest.mark.parametrize("name", ROUGH)
def test_harder_is_rougher(name: str):
    for seed in range(3):
        terrains = [seeded(name, d, seed) for d in (0.0, 0.25, 0.5, 0.75, 1.0)]
        heights = [t.height(grid(t)) for t in terrains]
        roughness = [np.abs(h).mean() for h in heights]
        assert roughness[0] > 0, "difficulty 0 is not quite flat"
        assert (np.diff(roughness) > 0).all()
        assert (np.diff([np.ptp(h) for h in heights]) >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes_and_another_seed_other_ones(name: str):
    def surface(seed: int) -> tuple[bytes, bytes]:
        t = seeded(name, 0.7, seed)
        return t.boxes.tobytes(), b"" if t.heightfield is None else t.heightfield.heights.tobytes()

    assert surface(11) == surface(11)
    if name != "flat":
        assert len({surface(seed) for seed in range(8)}) > 1


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    difficulty=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
    size_m=st.floats(6, 12),
)
def test_level_start_level_rim_and_nothing_outside(name: str, difficulty: float, seed: int, size_m: float):
    terrain = seeded(name, difficulty, seed, size_m)
    assert terrain.size_m == (size_m, size_m)
    start = np.stack(np.meshgrid(*[np.linspace(c - 0.6, c + 0.6, 49) for c in terrain.spawn]), axis=-1)
    assert np.ptp(terrain.height(start)) == 0.0
    heights = terrain.height(grid(terrain, 0.1))
    assert np.isfinite(heights).all()
    along = np.linspace(-0.5, 0.5, 81) * size_m
    side = np.full_like(along, size_m / 2 - 1e-6)
    rim = np.concatenate([np.stack(p, axis=1) for p in ((along, side), (along, -side), (side, along), (-side, along))])
    np.testing.assert_allclose(terrain.height(rim), 0.0, atol=1e-5)
    assert (np.abs(terrain.boxes[:, :2]) + terrain.boxes[:, 3:5] <= size_m / 2 + 1e-6).all()


@pytest.mark.parametrize("difficulty", [-0.01, 1.01, math.nan, math.inf])
@pytest.mark.parametrize("name", NAMES)
def test_difficulty_outside_is_refused(name: str, difficulty: float):
    with pytest.raises(BadInput, match=r"\[0, 1\]"):
        seeded(name, difficulty)


@pytest.mark.parametrize("size_m", [0.0, 3.0, 1e3, math.nan])
def test_unusable_size_is_refused(size_m: float):
    with pytest.raises(BadInput, match="size_m"):
        seeded("blocks", 0.5, size_m=size_m)


def test_unknown_world_names_the_nearest():
    with pytest.raises(UnknownName, match=r"stairs"):
        seeded("stair", 0.5)
