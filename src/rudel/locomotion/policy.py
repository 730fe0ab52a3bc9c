"""The robot side of a policy: observation in, joint targets out. Needs onnxruntime, no training framework."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput, GiveUp
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.locomotion import policy_file
from rudel.locomotion.brisk import brisk_single, frequency_single_hz
from rudel.locomotion.capture import Capture
from rudel.locomotion.caution import heed_single, unrest_single
from rudel.locomotion.contract import PolicyContract
from rudel.locomotion.gait_single import SingleTrot
from rudel.locomotion.heading_single import HeadingHold
from rudel.locomotion.lean import lean_single
from rudel.locomotion.legs import forward_kinematics
from rudel.locomotion.observation import READINGS, TERMS, Readings
from rudel.locomotion.stumble import Stumble
from rudel.locomotion.upright import tilt_single

Array = NDArray[np.float32]


class PolicyFault(GiveUp):
    """The policy was fed or delivered a number that is not finite: fall back to damping."""


class Policy:
    """A network with its contract; :meth:`step` keeps the last action and the gait phase of one robot.

    As in training, the network sees the phase of the moment; its answer is added to the reference of one period later.

    Args:
        session: the network.
        contract: what it expects and delivers.
        source: what to call it in messages.

    Raises:
        BadInput: the network does not fit the contract.
    """

    def __init__(self, session: onnxruntime.InferenceSession, contract: PolicyContract, source: str) -> None:
        self.contract, self.source = contract, source
        self._network = cast(Callable[..., list[Array]], session.run)  # tensors only: policy_file.match saw to it
        n, k = len(contract.joints), contract.observation_size
        self._input, output, self._batched = policy_file.match(session, k, contract.actions, source)
        self._obs = np.zeros((1, k), np.float32)
        present = k // (1 + contract.history)
        self._row, self._earlier = self._obs[0, :present], self._obs[0, present:]
        self._past = np.zeros(k - present, np.float32)
        self._outputs, self._feed = (output,), {self._input: self._obs}
        self._default = np.array(contract.default_pose)
        self._scale = np.array(contract.action_scale)
        self._lower, self._upper = np.array(contract.joint_range_rad).T.copy()
        self._kp, self._kd, self._zero = np.array(contract.kp), np.array(contract.kd), np.zeros(n)
        for array in (self._kp, self._kd, self._zero):
            array.flags.writeable = False
        self._trot: SingleTrot | None = None
        self._stumble: Stumble | None = None
        self._capture: Capture | None = None
        if contract.gait is not None and contract.legs is not None:
            pose = np.array([contract.default_pose], np.float32)
            stance = forward_kinematics(contract.legs, pose)[0]
            self._trot = SingleTrot(contract.legs, contract.gait, stance)
            self._height_m = -float(stance[:, 2].mean())
            if contract.gait.stumble:
                self._stumble = Stumble(contract.legs, contract.gait, stance)
            if contract.gait.capture_s or any(name == "leg_velocity" for name, _ in contract.observation):
                self._capture = Capture(contract.legs, contract.gait)
        self._last_action = np.zeros(n, np.float32)
        self._build_observation(n)
        self._slew: tuple[float, ...] | None = None
        if any(contract.command_slew):
            self._slew = tuple(s * contract.period_s if s else math.inf for s in contract.command_slew)
        self.reset()
        self._probe()

    def _build_observation(self, n: int) -> None:
        """Where readings go. A term that is a reading as it is has it written into the observation at once."""
        fields = {"phase": np.zeros(1, np.float32), "stepping": np.ones((1, 1), np.float32)}
        self._computed: list[tuple[Callable[[Readings], Array], Array]] = []
        self._obs_scale = np.empty_like(self._row)
        end = 0
        for name, scale in self.contract.observation:
            term = TERMS[name]
            start, end = end, end + term.size
            self._obs_scale[start:end] = scale
            part = self._obs[:, start:end]
            if term.reading is None or term.reading in fields:
                self._computed.append((term.compute, part))
            else:
                fields[term.reading] = part
        for name, size in READINGS.items():
            fields.setdefault(name, np.zeros((1, size or n), np.float32))
        self._readings = r = Readings(**fields)
        self._gyro, self._gravity, self._command = r.gyro[0], r.gravity[0], r.command[0]
        self._q_offset, self._dq, self._action = r.q_offset[0], r.dq[0], r.last_action[0]
        self._apex, self._error, self._speed = r.apex[0], r.joint_error[0], r.leg_velocity[0]

    def reset(self, phase: float = 0.0) -> None:
        """Forget last action, earlier observations, command and heading; start the gait at ``phase`` in [0, 1)."""
        self._phase = phase % 1.0
        self._followed = (0.0, 0.0, 0.0)
        self._shift = (0.0, 0.0)
        self._tilt = (0.0, 0.0)
        self._unrest = 0.0
        self._velocity = (0.0, 0.0)
        self._sent: NDArray[np.float64] | None = None
        self._apex_m = 0.0 if self._trot is None else self._trot.params.calm_apex_m
        self._heading = HeadingHold(self.contract.period_s) if self.contract.heading_gain else None
        self._last_action[:] = 0.0
        self._fresh = True

    def check(
        self,
        robot: str,
        joints: Sequence[str],
        *,
        period_s: float | None = None,
        default_pose: ArrayLike | None = None,
        kp: ArrayLike | None = None,
        kd: ArrayLike | None = None,
    ) -> None:
        """Refuse (BadInput) a robot that this policy was not made for, naming what differs; None is not compared.

        Args:
            robot, joints: the robot's name and its joint names in its own order.
            period_s: control period [s].
            default_pose [rad], kp [N m/rad], kd [N m s/rad]: one number for all joints or one for each.
        """
        c = self.contract
        if robot != c.robot:
            raise BadInput(f"{self.source}: policy is for robot {c.robot!r}, this robot is {robot!r}")
        if tuple(joints) != c.joints:
            raise BadInput(
                f"{self.source}: policy has joints {', '.join(c.joints)}; this robot has {', '.join(joints)}"
            )
        if period_s is not None and not math.isclose(period_s, c.period_s, rel_tol=1e-6):
            raise BadInput(f"{self.source}: policy has period_s {c.period_s}, this loop runs at {period_s}")
        mine_given = (
            ("default_pose", self._default, default_pose),
            ("kp", self._kp, kp),
            ("kd", self._kd, kd),
        )
        for name, mine, given in mine_given:
            if given is None:
                continue
            given = np.broadcast_to(np.asarray(given, np.float64), mine.shape)
            for i in np.flatnonzero(~np.isclose(mine, given, rtol=1e-6, atol=1e-6))[:1]:
                raise BadInput(
                    f"{self.source}: policy has {name} {mine[i]:g} for joint {c.joints[i]}, this robot has {given[i]:g}"
                )

    def act(self, obs: Array) -> Array:
        """Raw actions (n, a) for assembled observations (n, k); keeps no state and does not look for NaN.

        A network with a fixed batch of one (usual for foreign files) is run row by row.
        """
        obs = np.ascontiguousarray(obs, np.float32)
        if obs.ndim != 2 or obs.shape[1] != self._obs.shape[1]:
            raise BadInput(
                f"{self.source}: observations have shape {obs.shape}, policy needs (n, {self._obs.shape[1]})"
            )
        if self._batched:
            return self._run(obs)
        rows = [self._run(obs[i : i + 1]) for i in range(len(obs))]
        return np.concatenate(rows) if rows else np.zeros((0, self.contract.actions), np.float32)

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        """Joint targets for the next control period; advances the gait by one period.

        Args:
            state: what the robot measures; q and dq in the contract's joint order.
            command: velocity command, clipped to +- the contract's max_twist.

        Raises:
            PolicyFault: a reading, the command or the output is not finite; last action, phase and heading stay.
            BadInput: the state has another number of joints.
        """
        source = self.source
        if len(state.q) != len(self._default):
            raise BadInput(f"{source}: state has {len(state.q)} joints, policy has {len(self._default)}")
        if not math.isfinite(command.vx + command.vy + command.wz):
            raise PolicyFault(f"{source}: command is not finite: {command}")
        max_vx, max_vy, max_wz = self.contract.max_twist
        vx = min(max(command.vx, -max_vx), max_vx)
        vy = min(max(command.vy, -max_vy), max_vy)
        wz = min(max(command.wz, -max_wz), max_wz)
        self._gyro[:] = state.gyro
        w, x, y, z = state.quat.tolist()  # rudel.core.frames.projected_gravity for one quaternion
        gravity = 2 * (w * y - x * z), -2 * (w * x + y * z), 2 * (x * x + y * y) - 1
        unrest, wanted = self._unrest, (vx, vy, wz)
        if self._trot is not None:
            unrest = unrest_single(self._trot.params, unrest, gravity, self.contract.period_s)
            wanted = heed_single(self._trot.params, wanted, unrest, gravity)
        followed = self._follow(wanted)
        vx, vy, wz = followed
        self._gravity[:] = gravity
        stepping = 1.0 if self._trot is None else self._trot.gate(vx, vy, wz)
        yaw = error = 0.0
        if self._heading is not None:
            yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))  # rudel.core.frames.yaw_of, likewise
            error = self._heading.error(yaw)
        steered = wz + self.contract.heading_gain * error * stepping  # fading with the gait: coming to rest is no jump
        self._command[:] = vx, vy, steered
        np.subtract(state.q, self._default, out=self._q_offset, casting="same_kind")
        self._dq[:] = state.dq
        self._action[:] = self._last_action
        self._apex[0] = self._apex_m
        self._error[:] = 0.0 if self._sent is None else self._sent - state.q
        self._speed[:] = self._velocity
        if self._computed:
            r = self._readings
            r.phase[0], r.stepping[0, 0] = self._phase, stepping
            for compute, part in self._computed:
                part[...] = compute(r)
        np.multiply(self._row, self._obs_scale, out=self._row)
        if self._earlier.size:
            self._earlier[:] = np.tile(self._row, self.contract.history) if self._fresh else self._past
        # looked at before the network, too, which may swallow a NaN (relu)
        if not math.isfinite(sum(self._row.tolist())):
            raise PolicyFault(f"{source}: observation is not finite")
        raw = self._network(self._outputs, self._feed)[0][0]
        if not math.isfinite(sum(raw.tolist())):
            raise PolicyFault(f"{source}: network output is not finite")
        joints = raw[: len(self._last_action)]
        self._last_action[:] = joints
        self._past[:] = self._obs[0, : self._past.size]
        self._fresh = False
        before, self._followed, self._unrest = self._followed, followed, unrest
        if self._heading is not None:
            self._heading.keep(yaw, error, wz, stepping > 0)
        reference, authority = self._default, 1.0
        if self._trot is not None:
            shape, period_s = self._trot.params, self.contract.period_s
            felt, turning = state.q.tolist(), state.gyro.tolist()
            if self._stumble is not None and self._sent is not None:
                twist = (vx, vy, steered)
                of_joints = (self._sent.tolist(), felt, state.dq.tolist())
                self._apex_m = self._stumble(self._apex_m, self._phase, twist, *of_joints, period_s, unrest)
            if self._capture is not None:
                of_joints = (felt, state.dq.tolist(), turning)
                self._velocity = self._capture.velocity(self._velocity, self._phase, stepping, *of_joints, period_s)
            brisk = brisk_single(shape, unrest, self._apex_m)
            self._phase = (self._phase + frequency_single_hz(shape, brisk) * period_s) % 1.0
            if shape.lean:
                self._shift = lean_single(shape, self._height_m, self._shift, before, followed, period_s)
            if shape.swing_rate_mps:
                self._apex_m = self._trot.raise_apex(self._apex_m, float(raw[-1]), period_s)
            if shape.feels_tilt:
                self._tilt = tilt_single(shape, self._tilt, gravity, stepping, period_s)
            shift = self._shift
            if self._capture is not None and shape.capture_s:
                caught = self._capture.shift(self._velocity, (vx, vy), stepping)
                shift = shift[0] + caught[0], shift[1] + caught[1]
            measured, gyro = (felt, turning) if shape.feels_joints else (None, None)
            reference = self._trot.joint_reference(
                self._phase, vx, vy, steered, shift, self._apex_m, self._tilt, measured, gyro, brisk
            )
            authority = self._trot.authority(vx, vy, steered)
        clip = self.contract.action_clip
        q = np.multiply(joints if clip == math.inf else joints.clip(-clip, clip), self._scale)
        if authority != 1.0:
            q *= authority
        q += reference
        np.maximum(q, self._lower, out=q)
        np.minimum(q, self._upper, out=q)
        self._sent = q
        q.flags.writeable = False
        return JointTargets(q, self._zero, self._zero, self._kp, self._kd)

    def _follow(self, command: tuple[float, float, float]) -> tuple[float, float, float]:
        """The command that is followed from now on: rudel.locomotion.heading.slew for one robot."""
        if self._slew is None:
            return command
        vx, vy, wz = (
            f + min(max(c - f, -step), step) for f, c, step in zip(self._followed, command, self._slew, strict=True)
        )
        return vx, vy, wz

    def _run(self, obs: Array) -> Array:
        return self._network(self._outputs, {self._input: obs})[0]

    def _probe(self) -> None:
        """Run once (twice when batched): what a damaged graph does only shows when it runs."""
        for n in (1, 3) if self._batched else (1,):
            try:
                out = self._run(np.zeros((n, self._obs.shape[1]), np.float32))
            except Exception as error:  # onnxruntime raises its own classes, derived from Exception
                raise BadInput(f"{self.source}: network cannot be run: {policy_file.first_line(error)}") from error
            if out.shape != (n, self.contract.actions):
                raise BadInput(f"{self.source}: network answers {n} observations with shape {out.shape}")


def load(path: str | Path) -> Policy:
    """Read a policy: ``FILE.onnx`` that carries its contract, or ``FILE.onnx:CONTRACT.yaml`` for a foreign network.

    Raises:
        BadInput: no such file, damaged file, no contract, or a network that does not fit its contract.
    """
    return Policy(*policy_file.read(str(path)))
