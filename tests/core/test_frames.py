"""Rotations: round trips and group laws, and MuJoCo's own quaternion functions as the second opinion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from rudel.core import frames

Array = NDArray[np.float64]

vectors = arrays(np.float64, (3,), elements=st.floats(-100, 100, allow_subnormal=False))
angles = st.floats(-np.pi + 1e-6, np.pi)
quats = (
    arrays(np.float64, (4,), elements=st.floats(-1, 1, allow_subnormal=False))
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: q / np.linalg.norm(q))
)


def by_mujoco(function: Callable[..., None], size: int, *args: Any) -> Array:
    out = np.zeros(size)
    function(out, *args)
    return out


def conjugate(quat: Array) -> Array:
    return quat * [1, -1, -1, -1]


@given(quats, vectors)
def test_rotate_agrees_with_mujoco(quat: Array, v: Array) -> None:
    np.testing.assert_allclose(frames.rotate(quat, v), by_mujoco(mujoco.mju_rotVecQuat, 3, v, quat), atol=1e-10)


@given(quats, vectors)
def test_rotate_inverse_undoes_rotate_and_length_stays(quat: Array, v: Array) -> None:
    turned = frames.rotate(quat, v)
    np.testing.assert_allclose(frames.rotate_inverse(quat, turned), v, atol=1e-10)
    np.testing.assert_allclose(frames.rotate_inverse(quat, v), frames.rotate(conjugate(quat), v), atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(turned), np.linalg.norm(v), atol=1e-10)


any_vectors = arrays(np.float64, (3,), elements=st.floats(width=64))
any_quats = arrays(np.float64, (4,), elements=st.floats(width=64))


@given(any_quats, any_quats, any_vectors)
def test_one_alone_is_to_the_bit_what_it_is_in_a_batch(a: Array, b: Array, v: Array) -> None:
    """Also with infinities and NaN, whose sign means nothing."""
    with np.errstate(all="ignore"):
        for function, second in ((frames.rotate, v), (frames.rotate_inverse, v), (frames.multiply, b)):
            alone, batch = function(a, second), function(a[None], second[None])[0]
            assert np.array_equal(alone, batch, equal_nan=True)
            numbers = ~np.isnan(alone)
            assert np.array_equal(np.signbit(alone[numbers]), np.signbit(batch[numbers]))


@given(quats, quats)
def test_multiply_agrees_with_mujoco(a: Array, b: Array) -> None:
    np.testing.assert_allclose(frames.multiply(a, b), by_mujoco(mujoco.mju_mulQuat, 4, a, b), atol=1e-12)


@given(quats, quats, vectors)
def test_a_product_rotates_by_the_right_factor_first(a: Array, b: Array, v: Array) -> None:
    np.testing.assert_allclose(
        frames.rotate(frames.multiply(a, b), v), frames.rotate(a, frames.rotate(b, v)), atol=1e-9
    )


@given(quats)
def test_projected_gravity_is_down_seen_from_the_base(quat: Array) -> None:
    gravity = frames.projected_gravity(quat)
    np.testing.assert_allclose(gravity, frames.rotate_inverse(quat, np.array([0.0, 0.0, -1.0])), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(gravity), 1.0, atol=1e-12)


@given(angles, quats)
def test_projected_gravity_knows_nothing_of_heading(yaw: float, quat: Array) -> None:
    turned = frames.multiply(frames.quat_from_yaw(np.asarray(yaw)), quat)
    np.testing.assert_allclose(frames.projected_gravity(turned), frames.projected_gravity(quat), atol=1e-12)


def test_signs_of_projected_gravity() -> None:
    """Nose down (pitch > 0, about y) tips gravity forward; right side down (roll > 0) tips it to the right."""
    half = 0.15
    nose_down = np.array([np.cos(half), 0, np.sin(half), 0])
    right_down = np.array([np.cos(half), np.sin(half), 0, 0])
    np.testing.assert_allclose(frames.projected_gravity(np.array([1.0, 0, 0, 0])), [0, 0, -1])
    np.testing.assert_allclose(frames.projected_gravity(nose_down), [np.sin(0.3), 0, -np.cos(0.3)])
    np.testing.assert_allclose(frames.projected_gravity(right_down), [0, -np.sin(0.3), -np.cos(0.3)])


@given(angles)
def test_yaw_round_trip_turns_x_towards_y(yaw: float) -> None:
    quat = frames.quat_from_yaw(np.asarray(yaw))
    np.testing.assert_allclose(frames.yaw_of(quat), yaw, atol=1e-9)
    np.testing.assert_allclose(frames.rotate(quat, np.array([1.0, 0, 0])), [np.cos(yaw), np.sin(yaw), 0], atol=1e-12)
    axis_angle = by_mujoco(mujoco.mju_axisAngle2Quat, 4, np.array([0.0, 0, 1]), yaw)
    np.testing.assert_allclose(quat, axis_angle, atol=1e-12)


@given(angles, st.floats(-1.4, 1.4), angles)
def test_yaw_of_leaves_roll_and_pitch_out(yaw: float, pitch: float, roll: float) -> None:
    """Heading is where the x axis points on the ground, whatever the tilt (short of looking straight up or down)."""
    tilt = by_mujoco(mujoco.mju_euler2Quat, 4, np.array([yaw, pitch, roll]), "ZYX")
    forward = frames.rotate(tilt, np.array([1.0, 0.0, 0.0]))
    difference = frames.yaw_of(tilt) - np.arctan2(forward[1], forward[0])
    np.testing.assert_allclose((difference + np.pi) % (2 * np.pi), np.pi, atol=1e-9)


@given(quats)
def test_a_quaternion_and_its_negative_are_one_rotation(quat: Array) -> None:
    np.testing.assert_allclose(frames.projected_gravity(-quat), frames.projected_gravity(quat), atol=1e-12)
    v = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(frames.rotate(-quat, v), frames.rotate(quat, v), atol=1e-12)


def test_batches_equal_their_members(rng: np.random.Generator) -> None:
    quat, other = rng.normal(size=(2, 4, 3, 4))
    quat /= np.linalg.norm(quat, axis=-1, keepdims=True)
    v = rng.normal(size=(4, 3, 3))
    for i, j in np.ndindex(4, 3):
        np.testing.assert_allclose(frames.rotate(quat, v)[i, j], frames.rotate(quat[i, j], v[i, j]))
        np.testing.assert_allclose(frames.rotate_inverse(quat, v)[i, j], frames.rotate_inverse(quat[i, j], v[i, j]))
        np.testing.assert_allclose(frames.multiply(quat, other)[i, j], frames.multiply(quat[i, j], other[i, j]))
        np.testing.assert_allclose(frames.projected_gravity(quat)[i, j], frames.projected_gravity(quat[i, j]))
        np.testing.assert_allclose(frames.yaw_of(quat)[i, j], frames.yaw_of(quat[i, j]))


@given(vectors, vectors, vectors)
def test_cross_is_numpys_and_spans_a_volume(a, b, c):
    """To the bit: the same products in the same order. And it broadcasts as numpy's does."""
    assert np.array_equal(frames.cross(a, b), np.cross(a, b))
    many = np.stack((a, b, c))
    assert np.array_equal(frames.cross(many, b), np.cross(many, b))
    assert np.array_equal(frames.cross(b, many), np.cross(b, many))
    volume = np.linalg.det(many)
    scale = max(1.0, float(np.prod(np.linalg.norm(many, axis=1))))
    assert abs(a @ frames.cross(b, c) - volume) <= 1e-12 * scale


def test_cross_keeps_single_precision():
    ones = np.ones((4, 3), np.float32)
    assert frames.cross(ones, 2 * ones).dtype == np.float32
