"""Robots on the gauntlet: who stands gets nowhere, who walks gets the same twice, and as a mirror image likewise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import rudel
from rudel.core.errors import BadInput
from rudel.locomotion import observation, policy
from rudel.locomotion.gauntlet import crossing, push
from rudel.locomotion.gauntlet.crossing import Condition, Setting
from rudel.locomotion.gauntlet.drill import drill
from rudel.locomotion.gauntlet.families import DIRECTIONS, FAMILIES, FORWARDS, LEVEL_GROUND
from rudel.locomotion.gauntlet.field import Field, Robot
from rudel.locomotion.gauntlet.protocol import Protocol, published, quick
from rudel.locomotion.gauntlet.run import make_setting, run_gauntlet
from rudel.locomotion.policy import Policy
from tests.locomotion import samples

SHIPPED = Path(rudel.__file__).parent / "locomotion" / "policies" / "lite3" / "walk.onnx"
GRIP = Condition(0.8)


class Standing(Policy):
    """Zero action in the default pose, whatever it is told."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(obs), 12), np.float32)


class Mirrored(Policy):
    """What the policy would do if left were right."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        order, signs = observation.mirror_map(self.contract.observation, samples.MIRROR_ORDER, samples.MIRROR_SIGNS)
        raw = super().act(np.ascontiguousarray(obs[:, order] * signs, np.float32))
        return raw[:, samples.MIRROR_ORDER] * np.array(samples.MIRROR_SIGNS, np.float32)


class Failing(Policy):
    """Gives no number for its first robot."""

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        raw = np.zeros((len(obs), 12), np.float32)
        raw[:1] = np.nan
        return raw


def opened(kind: type[Policy], path: Path) -> Policy:
    return kind(*policy.policy_file.read(str(path)))


def setting(one: Policy, seed: int = 0) -> Setting:
    return make_setting(one, None, seed, threads=1)


@pytest.fixture(scope="module")
def stander(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    path = samples.write(tmp_path_factory.mktemp("policy") / "p.onnx", samples.contract(gait=None, legs=None))
    return opened(Standing, path)


def test_who_stands_passes_nothing(stander: Policy) -> None:
    groups = [(direction, GRIP) for direction in DIRECTIONS]
    for kind in (*FAMILIES.values(), LEVEL_GROUND):
        shorter = dataclasses.replace(kind, limit_s=1.0)
        passed, traces = crossing.cross(setting(stander), shorter, 1, groups, groups, 1)
        assert not any(passed.values())
        assert len(traces) == 2
        for trace in traces:
            assert not trace.reached
            assert not trace.fell  # it stands on every level 1
            assert len(trace.qpos) == 25


@pytest.mark.slow
def test_who_stands_scores_nothing(stander: Policy) -> None:
    small = Protocol((0.8,), search_seeds=1, drill_seeds=1, push_seeds=1, flat_robots=2, families=("slope",))
    result = run_gauntlet(stander, small)
    assert result.score == 0.0
    assert all(level in (0, None) for course in result.courses for level in course.levels)
    assert result.load.within_line
    assert not result.faults


def test_same_policy_twice_and_mirrored() -> None:
    groups = [(FORWARDS, GRIP)]
    walking = opened(Policy, SHIPPED)
    one, again, mirror = (setting(p) for p in (walking, walking, opened(Mirrored, SHIPPED)))
    first = drill(one, None, 0, groups, 1)[groups[0]]
    assert drill(again, None, 0, groups, 1)[groups[0]] == first
    assert one.load.figures() == again.load.figures()
    assert one.load.figures().within_line
    other = drill(mirror, None, 0, groups, 1)[groups[0]]
    assert other.quality == pytest.approx(first.quality, abs=0.06)
    assert other.quality != first.quality  # it is another policy
    for name, value in first.metrics.items():
        assert other.metrics[name] == pytest.approx(value, abs=0.05)


def test_who_walks_reaches_the_goal_whoever_else_is_asked() -> None:
    one = setting(opened(Policy, SHIPPED))
    groups = [(direction, c) for direction in DIRECTIONS for c in (GRIP, Condition(0.6))]
    near = dataclasses.replace(LEVEL_GROUND, goal=(1.0, 0.0))
    passed, traces = crossing.cross(one, near, 1, groups, groups, 1)
    assert passed[FORWARDS, GRIP]
    (alone,) = crossing.cross(one, near, 1, groups, groups[:1], 1)[1]
    assert alone.reached
    assert alone.seconds == pytest.approx(traces[0].seconds, abs=0.2)
    np.testing.assert_allclose(alone.qpos[:5], traces[0].qpos[:5], atol=1e-3)


def test_a_number_that_is_none_is_a_fall_and_is_told(tmp_path: Path) -> None:
    failing = opened(Failing, samples.write(tmp_path / "p.onnx", samples.contract(gait=None, legs=None)))
    one = setting(failing)
    groups = [(FORWARDS, GRIP)]
    passed, traces = crossing.cross(one, dataclasses.replace(LEVEL_GROUND, limit_s=0.5), 1, groups, groups, 1)
    assert not passed[groups[0]]
    assert traces[0].fell
    assert one.faults == ["flat forwards, level 1, friction 0.8, seed 0: output of the policy"]


def test_a_strong_push_throws_and_none_does_not(stander: Policy) -> None:
    verdict = push.survive(setting(stander), {0: 0.0, 2: 0.0, 5: 60.0}, 1)
    assert verdict == {0: True, 2: True, 5: False}


def test_robots_start_on_the_ground_with_their_feet(stander: Policy) -> None:
    from rudel.locomotion.gauntlet import terrain

    one = setting(stander)
    for name in FAMILIES:
        ground = terrain.build(name, 5)
        robots = [Robot(0.8, 0.0, spot, yaw) for spot in ((0.0, 0.0), ground.spawn) for yaw in (0.0, 2.5)]
        field = Field(one.spec, one.config, ground, robots, 0, threads=1)
        feet = field.sim.foot_position
        gap = feet[:, :, 2] - one.spec.foot_radius_m - ground.height(feet[:, :, :2])
        assert gap.min() > -0.05, name  # a nose-up robot's foot may touch a step's face, not stand deep in it
        assert gap.min() < 0.06, name
        on_slope = field.sim.qpos[:, 3:7] @ [1, 0, 0, 0]
        assert np.all(on_slope > -1.01)


def test_payload_and_friction_reach_the_model(stander: Policy) -> None:
    one = setting(stander)
    field = Field(one.spec, one.config, None, [Robot(0.3, 0.0, (0, 0), 0), Robot(0.9, 2.5, (0, 0), 0)], 0, threads=1)
    light, heavy = (field.sim.batch.get_model(i) for i in (0, 1))
    assert heavy.body_mass.sum() - light.body_mass.sum() == pytest.approx(2.5)
    feet = [light.geom(foot).id for foot in one.spec.feet]
    np.testing.assert_allclose(light.geom_friction[feet, 0], 0.3)
    np.testing.assert_allclose(heavy.geom_friction[feet, 0], 0.9)


def test_protocols() -> None:
    whole = published()
    assert whole.frictions == (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert set(quick().frictions) <= set(whole.frictions)
    for wrong in ({"frictions": ()}, {"payloads_kg": (9.0,)}, {"families": ("stair",)}, {"frictions": (-1.0,)}):
        with pytest.raises(BadInput):
            dataclasses.replace(whole, **wrong).validate()


def test_a_policy_for_another_robot_is_refused() -> None:
    with pytest.raises(BadInput, match=r"walk\.onnx: policy has joints|walk\.onnx: policy was written"):
        make_setting(opened(Policy, SHIPPED), "x30", 0)
