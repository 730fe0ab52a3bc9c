"""Standing up and sitting down: controllers with a policy's interface, for any robot that has a PosturePlan.

Targets follow minimum-jerk curves along the plan's way, with their velocity, and with the torque that the robot's
weight needs; the legs start where they are. Nothing here looks at a model or at a simulator.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.frames import projected_gravity
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.robots.posture_plan import GRAVITY, PosturePlan
from rudel.robots.spec import Array

LIFT_SHARE = 0.1  # largest acceleration of the base, of gravity: feet keep nine tenths of their grip
LEAST_S = 0.3  # of any movement, however short
NEAR_RAD = 0.5  # legs of a standing robot that are further off the way are gathered below the body before it is lifted
SPLAYED_RAD = 0.15  # and those of a lying one: dragged in under the full weight, they would slide further
GATHER_S = 0.5  # least time of that
LOADED_SHARE = 0.25  # from this share of the way up on, legs carry the robot; folded ones are carried by their stops
LOADING_S = 0.3  # in which the legs take over the weight
SOFT_SHARE = 0.2  # of the stiffness: where it starts on legs that carry nothing
SETTLE_S = 0.3  # after a movement, before it counts as done
RELEASE_S = 1.0  # in which a folded robot loses its stiffness
SINK_KD = 2.0  # times the damping while it sinks (the Lite3's SDK lets go with kd 5, stand_kd is 2.5)
SINK_MOST_S = 4.0  # until that is over at the latest
SUNK_RADPS = 0.065  # mean joint speed below which it is over; 0.04 of that is measuring noise (rudel.sim.sensors)
SUNK_S = 0.5  # for so long
LEAN_FROM = 0.09  # sine of the incline (5 degrees) from which the base is brought uphill, so that it does not tip
LEAN_SHARE = 0.6  # of the way from square above the feet to plumb above them
INCLINE_S = 0.3  # time constant of the incline
STEEP = -0.7  # z of gravity in the base frame: tilted by 45 degrees, a robot is not standing on its feet
LEVEL = np.array([0.0, 0.0, -1.0])
_PEAK_SPEED, _PEAK_ACCELERATION = 1.875, 10 / math.sqrt(3)  # of the minimum-jerk curve, per T and per T^2


def minimum_jerk(share: float) -> tuple[float, float]:
    """Position and velocity (per unit of ``share``) of the smoothest way from 0 to 1 (Flash and Hogan 1985)."""
    u = min(1.0, max(0.0, share))
    return u**3 * (10 - 15 * u + 6 * u * u), 30 * (u * (1 - u)) ** 2


@dataclass(frozen=True, eq=False)
class Movement:
    """One minimum-jerk movement along the plan's way.

    Attributes:
        start, end: shares of the way.
        aside: by how much the legs are off the way at the start [rad], (12,); they are on it at the end.
        duration_s: how long it takes.
    """

    start: float
    end: float
    aside: Array
    duration_s: float


def movement(plan: PosturePlan, start: float, end: float, aside: Array, least_s: float = LEAST_S) -> Movement:
    """As fast as the base's acceleration and the joints' speed allow."""
    climb_m = abs(plan.height(end) - plan.height(start))
    turn = np.abs((end - start) * (plan.stand - plan.rest) - aside) / plan.top_speed
    lift_s = math.sqrt(_PEAK_ACCELERATION * climb_m / (LIFT_SHARE * GRAVITY))
    return Movement(start, end, aside, max(least_s, lift_s, _PEAK_SPEED * float(turn.max())))


def _gravity(state: RobotState) -> Array:
    """Direction of gravity in the base frame; straight down where the state does not say, or says a steep one."""
    gravity = np.asarray(projected_gravity(state.quat), np.float64)
    return gravity if gravity[2] < STEEP else LEVEL


def _lean(plan: PosturePlan, share: float, gravity: Array) -> Array:
    """(12,) what brings the base uphill on an incline [rad]; nothing on nearly level ground."""
    incline = math.hypot(gravity[0], gravity[1])
    if incline <= LEAN_FROM:
        return np.zeros(len(plan.joints))
    return LEAN_SHARE * (1 - LEAN_FROM / incline) * plan.lean(share, gravity)


class _Posture(ABC):
    """Carries out movements; what comes before and after them is the subclass's."""

    def __init__(self, plan: PosturePlan, period_s: float) -> None:
        if not period_s > 0:
            raise BadInput(f"period_s is {period_s}, must be positive")
        self.plan, self.period_s = plan, period_s
        self._zero = np.zeros(len(plan.joints))
        self.reset()

    def reset(self) -> None:
        """Forget the movement; the next step begins where the robot then is."""
        self._movements: list[Movement] = []
        self._carried = 0.0  # share of the weight that the legs carry at the start
        self._elapsed_s = 0.0
        self._gravity = LEVEL

    @property
    def movement_s(self) -> float:
        """Duration of all movements [s]; 0 before the first step."""
        return sum(m.duration_s for m in self._movements)

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        """Targets of the next period; the command plays no part.

        Raises:
            BadInput: another number of joints, or a first state that is not finite.
        """
        del command
        if not self._movements:
            if len(state.q) != len(self.plan.joints):
                raise BadInput(f"state has {len(state.q)} joints, {self.plan.robot} has {len(self.plan.joints)}")
            if not np.isfinite(state.q).all():
                raise BadInput("joint positions are not finite: nothing can be begun")
            self._gravity = _gravity(state)
            share, aside = self.plan.nearest(state.q)
            self._carried = min(1.0, max(0.0, share / LOADED_SHARE))
            self._movements = self._begin(share, aside - _lean(self.plan, share, self._gravity))
        self._elapsed_s += self.period_s
        self._gravity = self._gravity + self.period_s / INCLINE_S * (_gravity(state) - self._gravity)
        return self._targets(self._elapsed_s, state)

    @abstractmethod
    def _begin(self, share: float, aside: Array) -> list[Movement]:
        """The movements from ``share`` of the way up, with legs that are ``aside`` of it [rad]."""

    @abstractmethod
    def _targets(self, time_s: float, state: RobotState) -> JointTargets:
        """Targets ``time_s`` after the first movement began."""

    def _along(self, time_s: float) -> tuple[float, Array, Array]:
        """Share, joint positions and velocities after ``time_s``; at the end they stay."""
        plan = self.plan
        move = self._movements[-1]
        for move in self._movements:
            if time_s < move.duration_s:
                break
            time_s -= move.duration_s
        else:
            time_s = move.duration_s
        done, speed = minimum_jerk(time_s / move.duration_s)
        share = move.start + (move.end - move.start) * done
        q = plan.pose(share) + (1 - done) * move.aside + _lean(plan, share, self._gravity)
        dq = ((move.end - move.start) * (plan.stand - plan.rest) - move.aside) * (speed / move.duration_s)
        return share, np.clip(q, plan.lower, plan.upper), dq

    def _hold(self, q: Array, dq: Array, tau: Array, stiffness: float) -> JointTargets:
        plan, n = self.plan, len(self._zero)
        return JointTargets(q, dq, tau, np.full(n, stiffness * plan.kp), np.full(n, plan.kd))


class Stand(_Posture):
    """Up to the default pose, and holds it. Legs that lie about are first gathered below the body."""

    @property
    def done(self) -> bool:
        """Does the robot stand still, as far as it was told to?"""
        return bool(self._movements) and self._elapsed_s >= self.movement_s + SETTLE_S

    def _begin(self, share: float, aside: Array) -> list[Movement]:
        plan, on_way = self.plan, np.zeros_like(aside)
        if np.abs(aside).max() <= (NEAR_RAD if share > LOADED_SHARE else SPLAYED_RAD):
            return [movement(plan, share, 1.0, aside)]
        self._carried = 0.0
        low = min(share, 0.0)
        return [movement(plan, share, low, aside, GATHER_S), movement(plan, low, 1.0, on_way)]

    def _targets(self, time_s: float, state: RobotState) -> JointTargets:
        share, q, dq = self._along(time_s)
        loading_s = time_s - sum(m.duration_s for m in self._movements[:-1])
        taken = minimum_jerk(loading_s / LOADING_S)[0]
        carried = self._carried + (1 - self._carried) * taken
        soft = max(SOFT_SHARE, self._carried)
        stiffness = soft + (1 - soft) * minimum_jerk(time_s / LOADING_S)[0]
        return self._hold(q, dq, carried * self.plan.load(share, self._gravity), stiffness)


class Sit(_Posture):
    """Down until the legs are folded, then limp: damping, for as long as it is stepped.

    A folded robot has further to go when it goes limp, onto its belly or its knees: it sinks there slowly, with more
    damping, until it lies still.
    """

    def reset(self) -> None:
        super().reset()
        self._sunk = 0
        self._limp = False

    @property
    def done(self) -> bool:
        """Is the robot limp?"""
        return self._limp

    def _begin(self, share: float, aside: Array) -> list[Movement]:
        return [movement(self.plan, share, self.plan.folded, aside)]

    def _targets(self, time_s: float, state: RobotState) -> JointTargets:
        plan, sinking_s = self.plan, time_s - self.movement_s
        if sinking_s < RELEASE_S:
            share, q, dq = self._along(time_s)
            given = minimum_jerk(sinking_s / RELEASE_S)[0]
            held = self._hold(q, dq, (1 - given) * self._carried * plan.load(share, self._gravity), 1 - given)
            return JointTargets(held.q, held.dq, held.tau, held.kp, held.kd * (1 + (SINK_KD - 1) * given))
        self._sunk = self._sunk + 1 if np.abs(state.dq).mean() < SUNK_RADPS else 0
        self._limp |= self._sunk * self.period_s >= SUNK_S or sinking_s >= RELEASE_S + SINK_MOST_S
        return JointTargets.damping(len(self._zero), plan.kd * (1.0 if self._limp else SINK_KD))
