"""Dead reckoning with what it does not know: pose, gyro bias and the scale of the legs' counting, as a filter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.core.frames import cross
from rudel.navigation.localise import _rotation
from rudel.navigation.localise._voxels import Array

_TURN, _BIAS, _SCALE, SIZE = slice(3, 6), slice(6, 9), slice(9, 12), 12
MOST_SIGMA = 3.0  # of a scale from what was expected: legs that walk on the spot teach none
COASTS_S = 1.0  # two poses that are further apart say little about the motion now
_ANYWHERE = np.diag([1e-6] * 3 + [0.02**2] * 2 + [1e-6])
_KEPT = 50  # poses of the past: 1 s at 50 Hz


@dataclass(frozen=True)
class MotionSettings:
    """How far counting and turning can be trusted.

    Attributes:
        bias_radps: of the gyro at the start, each axis [rad/s].
        bias_walk: its random walk [rad/s per root second].
        turn_noise: of the heading by the gyro's noise [rad per root second].
        scale: of the legs at the start: forward, backward, sideways; 1.15 makes up for the 7 to 15 % by which simple
            firmware counts short (docs/senses.md).
        scale_sigma: how unsure that is.
        scale_walk: by how much it may change [per root metre].
        slip: of counted distance [m per root metre].
        still: of position while nothing is counted [m per root second].
        coasting: without counting, velocity is what it was, and position errs by this [m per root second].
        coasting_turn: likewise without a gyro [rad per root second].
        tilt_rad: error of one reading of roll and pitch; larger than its noise, as such errors last.
    """

    bias_radps: float = 0.005
    bias_walk: float = 1e-5
    turn_noise: float = 0.0015
    scale: tuple[float, float, float] = (1.15, 1.15, 1.15)
    scale_sigma: float = 0.1
    scale_walk: float = 0.002
    slip: float = 0.015
    still: float = 0.001
    coasting: float = 0.4
    coasting_turn: float = 0.4
    tilt_rad: float = 0.02


class Motion:
    """Error-state Kalman filter; errors are position and rotation in the map's axes, gyro bias, and scale.

    Attributes:
        time_s: of the pose, on the robot's clock.
        position, rotation: map_T_base.
        bias: of the gyro [rad/s].
        scale: of counted distance: forward, backward, sideways.
        covariance: (12, 12) of position, rotation, bias, scale.
        velocity, gyro: of the base in the base frame, from the last step [m/s], [rad/s].
        coasting: nothing was counted in the last step; blind: nor was the turning measured.
    """

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = s = settings
        self.time_s = 0.0
        self.position, self.rotation = np.zeros(3), np.eye(3)
        self.bias, self.scale = np.zeros(3), np.array(s.scale)
        self.velocity, self.gyro = np.zeros(3), np.zeros(3)
        self.coasting = self.blind = False
        self.covariance = np.diag([1.0] * 6 + [s.bias_radps**2] * 3 + [s.scale_sigma**2] * 3)
        self._times, self._positions, self._rotations = np.zeros(1), np.zeros((1, 3)), np.eye(3)[None]

    def begin(self, time_s: float, position: Array, rotation: Array, covariance: Array) -> None:
        """Be there, with (6, 6) covariance; bias and scale stay as they are known."""
        self.time_s, self.position, self.rotation = time_s, position.copy(), rotation.copy()
        self.covariance[:6, :], self.covariance[:, :6] = 0.0, 0.0
        self.covariance[:6, :6] = covariance
        self._times, self._positions, self._rotations = np.array([time_s]), position[None], rotation[None]

    @property
    def sigma_m(self) -> float:
        """Standard deviation of the position where it is largest [m]."""
        return math.sqrt(float(np.linalg.eigvalsh(self.covariance[:3, :3])[-1]))

    def adrift(self, level: Array) -> None:
        """The pose is lost: count on in a frame of its own, with the tilt (3, 3) that the robot states."""
        heading = math.atan2(self.rotation[1, 0], self.rotation[0, 0])
        self.begin(self.time_s, self.position, _rotation.yaw_matrix(heading) @ level, _ANYWHERE)

    def carry(self, before: tuple[Array, Array], now: tuple[Array, Array], covariance: Array) -> None:
        """What was at one pose (position, rotation) is at another: so is what was counted since."""
        turn = now[1] @ before[1].T
        self.begin(self.time_s, now[0] + turn @ (self.position - before[0]), turn @ self.rotation, covariance)

    def step(self, time_s: float, turned: Array | None, counted: Array | None) -> None:
        """On to ``time_s``.

        Args:
            turned: (3,) integral of the gyro since the last step [rad]; None: it goes on turning as it did.
            counted: (3,) displacement that the legs count, in the base frame of the last step [m]; None: it goes on
                moving as it did.
        """
        s, dt = self.settings, time_s - self.time_s
        if dt <= 0:
            return
        angle = self.gyro * dt if turned is None else turned - self.bias * dt
        half = self.rotation @ _rotation.exp(angle / 2)  # half way through the turn
        forward = np.eye(SIZE)
        noise = np.zeros(SIZE)
        if counted is None:
            moved = self.velocity * dt
            noise[:3] = s.coasting**2 * dt
        else:
            which = 1 if counted[0] < 0 else 0
            moved = counted * (self.scale[which], self.scale[2], 1.0)
            # a step teaches the scale of the way that it mainly goes: swaying while walking is not walking sideways
            if abs(counted[0]) >= abs(counted[1]):
                forward[:3, 9 + which] = half[:, 0] * counted[0]
            else:
                forward[:3, 11] = half[:, 1] * counted[1]
            way = math.sqrt(float(counted @ counted))
            noise[:3] = s.slip**2 * way + s.still**2 * dt
            noise[_SCALE] = s.scale_walk**2 * way
        shift = half @ moved
        forward[:3, _TURN] = -_rotation.skew(shift)
        if turned is not None:
            forward[_TURN, _BIAS] = -half * dt
        noise[_TURN] = (s.coasting_turn if turned is None else s.turn_noise) ** 2 * dt
        noise[_BIAS] = s.bias_walk**2 * dt
        self.covariance = forward @ self.covariance @ forward.T
        self.covariance.ravel()[:: SIZE + 1] += noise
        self.position = self.position + shift
        self.rotation = self.rotation @ _rotation.exp(angle)
        self.time_s = time_s
        self.velocity, self.gyro, self.coasting = moved / dt, angle / dt, counted is None
        self.blind = self.coasting and turned is None
        self._times = np.concatenate((self._times[-_KEPT:], (time_s,)))
        self._positions = np.concatenate((self._positions[-_KEPT:], self.position[None]))
        self._rotations = np.concatenate((self._rotations[-_KEPT:], self.rotation[None]))

    def level(self, rotation: Array) -> None:
        """Roll and pitch as the robot states them: its (3, 3) orientation, whose heading is not used."""
        ours, theirs = self.rotation.T[:, 2], rotation.T[:, 2]  # the vertical in the base
        error = (self.rotation @ cross(theirs, ours))[:2]  # rotation about the map's x and y that would correct us
        gain_of = self.covariance[:, 3:5]
        innovation = self.covariance[3:5, 3:5] + np.eye(2) * self.settings.tilt_rad**2
        gain = gain_of @ np.linalg.inv(innovation)
        self._shift(gain @ error, self.time_s)
        self.covariance -= gain @ gain_of.T
        self._settle()

    def at(self, time_s: float) -> tuple[Array, Array]:
        """Position (3,) and rotation (3, 3) at a moment of the last second, going on as before beyond the newest."""
        times = self._times
        if time_s >= times[-1]:
            ahead = time_s - times[-1]
            position = self.position + self.rotation @ self.velocity * ahead
            return position, self.rotation @ _rotation.exp(self.gyro * ahead)
        k = int(np.searchsorted(times, time_s, "right")) - 1
        if k < 0:
            return self._positions[0], self._rotations[0]
        share = (time_s - times[k]) / (times[k + 1] - times[k])
        turn = _rotation.log(self._rotations[k].T @ self._rotations[k + 1])
        position = self._positions[k] + share * (self._positions[k + 1] - self._positions[k])
        return position, self._rotations[k] @ _rotation.exp(share * turn)

    def moves_as(self, before: tuple[float, Array, Array], now: tuple[float, Array, Array]) -> None:
        """Coasting: the motion between two corrected poses (time, position, rotation) is what goes on."""
        dt = now[0] - before[0]
        if self.coasting and 0 < dt <= COASTS_S:
            angle = _rotation.log(before[2].T @ now[2])
            self.velocity = (before[2] @ _rotation.exp(angle / 2)).T @ (now[1] - before[1]) / dt
            self.gyro = angle / dt

    def correct(self, time_s: float, moved: Array, information: Array, *, teach: bool = True) -> None:
        """Take in a registration of the pose at ``time_s``.

        Args:
            moved: (6,) how far the most probable pose lies from ours there, position [m] and rotation vector [rad].
            information: (6, 6) of the scan alone; directions of zero are not held by it.
            teach: also learn the scale from it. Where a direction is open, what leaks in from the others would be taken
                for scale; then it keeps its value and its doubt (a "considered" state, Schmidt 1966).
        """
        prior = self.covariance[:6, :6]
        change = self.covariance[:, :6] @ np.linalg.solve(prior, moved)
        gain = self.covariance[:, :6] @ np.linalg.inv(np.eye(6) + information @ prior) @ information
        less = gain @ self.covariance[:6, :]
        if not teach:
            change[_SCALE], less[_SCALE, _SCALE] = 0.0, 0.0
        self._shift(change, time_s)
        self.covariance -= less
        self._settle()

    def _shift(self, change: Array, time_s: float) -> None:
        """Move the pose at ``time_s`` by ``change``, and with it all that is known relative to it."""
        position, _ = self.at(time_s)
        turn = _rotation.exp(change[_TURN])
        self._positions = (self._positions - position) @ turn.T + (position + change[:3])
        self._rotations = turn @ self._rotations
        self.position, self.rotation = self._positions[-1], self._rotations[-1]
        self.bias = self.bias + change[_BIAS]
        expected, far = np.array(self.settings.scale), MOST_SIGMA * self.settings.scale_sigma
        self.scale = np.clip(self.scale + change[_SCALE], expected - far, expected + far)

    def _settle(self) -> None:
        """Against rounding: a symmetric covariance, an orthogonal rotation."""
        self.covariance = (self.covariance + self.covariance.T) / 2
        self.rotation = _rotation.matrix_of(_rotation.quat_of(self.rotation))
        self._rotations[-1] = self.rotation
