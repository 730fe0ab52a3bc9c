"""Rays meet planes, boxes and whatever else where geometry says; both engines agree."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import UnknownName
from rudel.sim.senses import rays
from rudel.sim.senses._mujoco import MujocoRays
from tests.sim.senses.scenes import KIND, compiled, in_room, room

ENGINES = [rays.engine()] if rays.engine() == "mujoco" else list(rays.ENGINES)


def directions(rng: np.random.Generator, n: int) -> np.ndarray:
    v = rng.normal(size=(1, n, 3))
    return (v / np.linalg.norm(v, axis=-1, keepdims=True)).astype(np.float32)


def zoo(moving: bool) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """One of every shape around the origin, on a body of its own."""
    mj, rng = mujoco.MjSpec(), np.random.default_rng(3)
    kinds = (KIND.mjGEOM_BOX, KIND.mjGEOM_SPHERE, KIND.mjGEOM_CAPSULE, KIND.mjGEOM_CYLINDER, KIND.mjGEOM_ELLIPSOID)
    for k, kind in enumerate(kinds * 3):
        angle, quat = k * 2.4, rng.normal(size=4)
        pos = [3 * np.cos(angle), 3 * np.sin(angle), rng.uniform(-2, 2)]
        body = mj.worldbody.add_body(pos=pos, quat=quat)
        body.add_geom(type=kind, pos=[0.1, 0, 0], size=rng.uniform(0.2, 0.6, 3))
        if moving:
            body.add_freejoint()
    mj.add_mesh(name="tetra", uservert=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]]).ravel())
    mj.worldbody.add_geom(type=KIND.mjGEOM_MESH, meshname="tetra", pos=[0, -3, 1], quat=[0.5, 0.5, -0.5, 0.5])
    mj.add_hfield(name="hills", nrow=9, ncol=12, size=[5, 4, 0.8, 0.1], userdata=rng.random(108))
    mj.worldbody.add_geom(type=KIND.mjGEOM_HFIELD, hfieldname="hills", pos=[0, 0, -3.5])
    return compiled(mj)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (1.2, -3.0, 2.5)])
def test_in_a_room_distance_and_angle_are_those_of_planes(name: str, origin: tuple[float, ...]) -> None:
    model, data = compiled(room())
    rng = np.random.default_rng(0)
    rays_ = directions(rng, 2000)
    hits = rays.make(model, data, name).cast(np.array([origin], np.float32), rays_, data)
    np.testing.assert_allclose(hits.distance_m, in_room(rays_[0], origin=np.array(origin)), atol=2e-5)
    met = rays_[0] * hits.distance_m[:, None] + origin
    axis = np.abs(met).argmax(axis=1)  # the wall that is met
    np.testing.assert_allclose(hits.cosine, np.abs(rays_[0][np.arange(2000), axis]), atol=1e-4)
    np.testing.assert_array_equal(hits.geom, 2 * axis + (met[np.arange(2000), axis] > 0))


@pytest.mark.skipif(len(ENGINES) < 2, reason="Embree is not installed")
@pytest.mark.parametrize("moving", [False, True])
def test_both_engines_agree_on_every_shape(moving: bool) -> None:
    model, data = zoo(moving)
    rays_ = directions(np.random.default_rng(1), 4000)
    ours, theirs = (rays.make(model, data, name).cast(np.zeros((1, 3), np.float32), rays_, data) for name in ENGINES)
    same = ours.geom == theirs.geom
    assert same.mean() > 0.99  # at outlines a polygon ends earlier than a circle
    assert len(np.unique(ours.geom)) == model.ngeom + 1
    met = same & (ours.geom >= 0)
    apart = np.abs(ours.distance_m[met] - theirs.distance_m[met])
    assert np.quantile(apart, 0.98) < 0.02
    assert np.median(apart) < 0.002


@pytest.mark.skipif(len(ENGINES) < 2, reason="Embree is not installed")
@given(seed=st.integers(0, 10_000), opening=st.floats(0.05, 3.0))
def test_leaving_out_what_no_ray_can_meet_changes_nothing(seed: int, opening: float) -> None:
    """A narrow bundle of rays among moving shapes against MuJoCo, which leaves nothing out."""
    from rudel.sim.senses._embree import EmbreeRays

    model, data = ZOO
    rng = np.random.default_rng(seed)
    bundle = rng.normal(size=(1, 1, 3)) + opening * rng.normal(size=(3, 40, 3))
    bundle = (bundle / np.linalg.norm(bundle, axis=-1, keepdims=True)).astype(np.float32)
    origins = rng.uniform(-1, 1, (1, 3)) + rng.uniform(-0.2, 0.2, (3, 3))
    origins = origins.astype(np.float32)
    met = MujocoRays().cast(origins, bundle, data).geom
    caster = CASTER
    assert isinstance(caster, EmbreeRays)
    kept = caster._moving.geoms[caster._moving.within(origins, bundle.reshape(-1, 3), data)]
    can_move = np.flatnonzero(rays.moving(model))
    assert set(np.intersect1d(met, can_move)) <= set(kept)


ZOO = zoo(True)
CASTER = rays.make(*ZOO)


@pytest.mark.parametrize("name", ENGINES)
def test_a_moving_geom_is_met_where_it_is_now(name: str) -> None:
    mj = room()
    body = mj.worldbody.add_body(pos=[2, 0, 0])
    body.add_freejoint()
    body.add_geom(type=KIND.mjGEOM_BOX, size=[0.5, 0.5, 0.5])
    model, data = compiled(mj)
    cast, ahead = rays.make(model, data, name), np.array([[[1, 0, 0]]], np.float32)
    assert cast.cast(np.zeros((1, 3), np.float32), ahead, data).distance_m == pytest.approx(1.5, abs=1e-5)
    data.qpos[:3] = (0, 2, 0)
    mujoco.mj_kinematics(model, data)
    assert cast.cast(np.zeros((1, 3), np.float32), ahead, data).distance_m == pytest.approx(4.0, abs=1e-5)


@pytest.mark.parametrize("name", ENGINES)
def test_what_cameras_do_not_see_rays_do_not_meet(name: str) -> None:
    mj = room()
    mj.worldbody.add_geom(type=KIND.mjGEOM_BOX, pos=[1, 0, 0], size=[0.1, 0.1, 0.1], group=3)
    model, data = compiled(mj)
    hits = rays.make(model, data, name).cast(np.zeros((1, 3), np.float32), np.array([[[1, 0, 0]]], np.float32), data)
    assert hits.distance_m[0] == pytest.approx(4.0, abs=1e-5)


@pytest.mark.parametrize("name", ENGINES)
def test_nothing_is_nothing(name: str) -> None:
    model, data = compiled(mujoco.MjSpec())
    hits = rays.make(model, data, name).cast(
        np.zeros((1, 3), np.float32), directions(np.random.default_rng(0), 5), data
    )
    assert np.isinf(hits.distance_m).all()
    np.testing.assert_array_equal(hits.geom, -1)
    np.testing.assert_array_equal(hits.cosine, 0)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownName, match="embree"):
        rays.make(*compiled(mujoco.MjSpec()), "optix")
