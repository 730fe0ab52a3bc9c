"""Constant twists move on arcs, and an outline is the outline of its rectangle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.navigation.follow.sweep import Sweep, moved, outline
from tests.navigation.follow.yards import FOOTPRINT, costs_of

SPEED = st.floats(-1, 1)


@given(SPEED, SPEED, st.floats(-2, 2), st.floats(-3, 3))
def test_moving_twice_for_half_the_time_is_moving_once(vx, vy, wz, yaw):
    twist = np.array([[vx, vy, wz]])
    pose = np.array([0.3, -0.2, yaw])
    once = moved(pose, twist, np.array([1.0]))[0, 0]
    half = moved(pose, twist, np.array([0.5]))[0, 0]
    assert moved(half, twist, np.array([0.5]))[0, 0] == pytest.approx(once, abs=1e-9)


@given(SPEED, SPEED, st.floats(-2, 2))
def test_moving_there_and_back_is_no_motion(vx, vy, wz):
    there = moved(np.zeros(3), np.array([[vx, vy, wz]]), np.array([0.7]))[0, 0]
    assert moved(there, np.array([[-vx, -vy, -wz]]), np.array([0.7]))[0, 0] == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_quarter_turn_with_speed_is_a_quarter_of_a_circle():
    end = moved(np.zeros(3), np.array([[math.pi / 2, 0.0, math.pi / 2]]), np.array([1.0]))[0, 0]
    assert end == pytest.approx([1.0, 1.0, math.pi / 2])


def test_the_outline_lies_on_the_widened_rectangle_without_gaps():
    points = outline(FOOTPRINT, 0.05, 0.1)
    off = np.maximum(np.abs(points[:, 0]) - 0.35, np.abs(points[:, 1]) - 0.235)
    assert off == pytest.approx(np.zeros(len(points)), abs=1e-9)
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9 * np.eye(len(points))
    assert apart.min(axis=1).max() <= 0.1 + 1e-9


def test_touching_turns_with_the_robot():
    obstacle = np.zeros((40, 40), np.bool_)
    obstacle[23, 20] = True  # the cell from (2.0, 2.3) on: beside a robot at (2, 2), ahead of one that faces it
    costs, sweep = costs_of(obstacle), Sweep(FOOTPRINT, 0.0)
    assert sweep.touches(costs, np.array([2.05, 2.05, 0.0])) == 0
    assert sweep.touches(costs, np.array([2.05, 2.05, math.pi / 2])) > 0


def test_nothing_is_touched_off_the_grid():
    costs = costs_of(np.ones((10, 10), np.bool_))
    assert Sweep(FOOTPRINT, 0.0).touches(costs, np.array([50.0, 50.0, 0.0])) == 0
