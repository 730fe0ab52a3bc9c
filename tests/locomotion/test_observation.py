"""What a policy is told: order and scales of the vendor's observation, and the mirror as a symmetry of every term."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rudel.core.errors import BadInput, UnknownName
from rudel.locomotion import observation
from rudel.locomotion.observation import Readings
from rudel.locomotion.skills import walk
from tests.locomotion import samples

ALL_TERMS = tuple((name, 0.5 + i) for i, name in enumerate(observation.TERMS))
F = np.float32


def readings(rng: np.random.Generator, n: int) -> Readings:
    wide = [rng.normal(size=(n, size)).astype(F) for size in (3, 3, 3, 12, 12, 12)]
    phase, stepping, apex = rng.random(n).astype(F), rng.random((n, 1)).astype(F), rng.random((n, 1)).astype(F)
    error, velocity = rng.normal(size=(n, 12)).astype(F), rng.normal(size=(n, 2)).astype(F)
    return Readings(*wide, phase, stepping, apex, error, velocity)


def mirrored(r: Readings) -> Readings:
    """The same robots seen in a mirror: polar vectors turn y, axial ones x and z; the trot is half a cycle later."""
    polar, axial = np.array([1, -1, 1], F), np.array([-1, 1, -1], F)
    signs = np.array(samples.MIRROR_SIGNS, F)
    *joints, error = (j[:, samples.MIRROR_ORDER] * signs for j in (r.q_offset, r.dq, r.last_action, r.joint_error))
    command = r.command * np.array([1, -1, -1], F)
    half_later = (r.phase + F(0.5)) % F(1)
    return Readings(
        r.gyro * axial, r.gravity * polar, command, *joints, phase=half_later, stepping=r.stepping, apex=r.apex,
        joint_error=error, leg_velocity=r.leg_velocity * polar[:2],
    )  # fmt: skip


def test_vendor_observation_by_hand() -> None:
    row = np.arange(1, 13, dtype=F)[None]
    r = Readings(
        gyro=np.array([[1, 2, 3]], F),
        gravity=np.array([[0, 0.6, -0.8]], F),
        command=np.array([[0.7, -0.2, 0.4]], F),
        q_offset=row / 10,
        dq=row,
        last_action=-row,
        phase=np.zeros(1, F),
        stepping=np.ones((1, 1), F),
    )
    obs = observation.assemble(samples.VENDOR_TERMS, r)
    assert obs.shape == (1, 45)
    assert obs.dtype == F
    k = np.arange(1, 13)
    expected = [0.25, 0.5, 0.75, 0, 0.6, -0.8, 0.7, -0.2, 0.4, *(k / 10), *(k * 0.05), *(-k)]
    np.testing.assert_allclose(obs[0], expected, atol=1e-6)


def test_clock_is_a_unit_circle_that_stops_with_the_gait() -> None:
    r = readings(np.random.default_rng(0), 4)
    r.phase, r.stepping = np.array([0, 0.25, 0.5, 0.75], F), np.array([[1], [1], [1], [0]], F)
    clock = observation.assemble((("gait_clock", 1.0),), r)
    np.testing.assert_allclose(clock, [[0, 1], [1, 0], [0, -1], [0, 0]], atol=1e-6)


@pytest.mark.parametrize("name", observation.TERMS)
def test_size_of_each_term(name: str) -> None:
    r = readings(np.random.default_rng(0), 5)
    assert observation.assemble(((name, 1.0),), r).shape == (5, observation.size(((name, 1.0),)))


def test_mirror_twice_is_the_identity() -> None:
    perm, signs = observation.mirror_map(ALL_TERMS, samples.MIRROR_ORDER, samples.MIRROR_SIGNS)
    obs = observation.assemble(ALL_TERMS, readings(np.random.default_rng(0), 8))
    once = obs[:, perm] * signs
    np.testing.assert_array_equal(once[:, perm] * signs, obs)
    assert not np.allclose(once, obs)


@pytest.mark.parametrize("name", observation.TERMS)
def test_observation_of_mirrored_robots_is_the_mirrored_observation(name: str) -> None:
    terms = ((name, 0.7),)
    r = readings(np.random.default_rng(0), 8)
    perm, signs = observation.mirror_map(terms, samples.MIRROR_ORDER, samples.MIRROR_SIGNS)
    direct = observation.assemble(terms, mirrored(r))
    np.testing.assert_allclose(direct, observation.assemble(terms, r)[:, perm] * signs, atol=1e-5)


def test_robots_do_not_mix() -> None:
    r = readings(np.random.default_rng(0), 6)
    alone = Readings(*(value[2:3] for value in vars(r).values()))
    np.testing.assert_array_equal(observation.assemble(ALL_TERMS, r)[2:3], observation.assemble(ALL_TERMS, alone))


def test_what_the_feet_of_a_gait_tell_needs_a_gait() -> None:
    terms = (*walk.config().observation, ("leg_velocity", 2.0))
    with_gait = dataclasses.replace(walk.config(), observation=terms)
    with_gait.validate()
    samples.contract(observation=terms).validate()
    with pytest.raises(BadInput, match=r"leg_velocity.*leave it out"):
        dataclasses.replace(with_gait, gait=None).validate()
    with pytest.raises(BadInput, match=r"leg_velocity.*leave it out"):
        samples.contract(observation=terms, gait=None, legs=None).validate()


def test_unknown_term_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="joint_pos"):
        observation.size((("joint_poss", 1.0),))
