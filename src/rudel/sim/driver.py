"""The simulated driver: a live robot behind the same protocol as a real one."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import numpy as np

from rudel.core.errors import BadInput, GiveUp
from rudel.core.types import JointTargets, RobotState
from rudel.robots.driver import Capabilities
from rudel.robots.limits import limit_targets
from rudel.robots.spec import RobotSpec
from rudel.sim.live import LiveSim
from rudel.sim.sensors import SensorNoise, Sensors


class SimDriver:
    """Drives a LiveSim; see rudel.robots.driver.Driver for what every method promises.

    The loop of a policy is ``read``, ``send``, ``clock.sleep_until(next period)``: sleeping is what moves the physics.

    Args:
        live: the robot. It keeps its state when the driver leaves: it then lies in damping.
        noise: of its sensors.
        rng: where sensor noise comes from; None gives a generator with seed 0.
        period_s: time between two ``send`` calls [s].
        command_timeout_s: without a ``send`` for this long the robot damps [s].
    """

    def __init__(
        self,
        live: LiveSim,
        noise: SensorNoise | None = None,
        rng: np.random.Generator | None = None,
        *,
        period_s: float = 0.02,
        command_timeout_s: float = 0.2,
    ) -> None:
        timestep = live.model.opt.timestep
        if not timestep - 1e-9 <= period_s < command_timeout_s:
            raise BadInput(
                f"period_s {period_s} must be at least a physics step ({timestep:g} s) and shorter than "
                f"command_timeout_s {command_timeout_s}"
            )
        self.live, self.period_s, self.command_timeout_s = live, period_s, command_timeout_s
        self.capabilities = Capabilities(
            joint_control=True, rate_hz=1 / timestep, has_contact=True, has_force=False, simulated=True
        )
        self._sensors = Sensors(live.spec, live.model, noise or SensorNoise(), rng or np.random.default_rng(0))
        self._limp = JointTargets.damping(len(live.spec.joints), live.spec.stand_kd)
        self._connected = self._stopped = False
        self._sent: JointTargets | None = None
        self._sent_s = 0.0
        self._state: RobotState | None = None

    @property
    def spec(self) -> RobotSpec:
        return self.live.spec

    @property
    def clock(self) -> LiveSim:
        return self.live

    @property
    def active(self) -> JointTargets:
        sent = self._sent
        if sent is None or self._stopped or self.live.now_s() - self._sent_s > self.command_timeout_s:
            return self._limp
        return sent

    def __enter__(self) -> Self:
        self._connected, self._stopped, self._sent, self._state = True, False, None, None
        self.live.source = self._follow
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._connected, self._sent = False, None

    def read(self) -> RobotState:
        """The sensors at this moment; reading twice at the same moment gives the same state."""
        if not self._connected:
            raise GiveUp(f"{self.spec.name}: not connected; read inside of `with driver:`")
        now_s = self.live.now_s()
        if self._state is None or self._state.time_s != now_s:
            self._state = self._sensors.read(self.live.data, now_s)
        return self._state

    def send(self, targets: JointTargets) -> JointTargets:
        if self._stopped:
            raise GiveUp(f"{self.spec.name}: stopped; leave and enter the driver to move again")
        sent = limit_targets(self.spec, targets, self.read())
        self._sent, self._sent_s = sent, self.live.now_s()
        return sent

    def stop(self) -> None:
        self._stopped = True

    def _follow(self) -> JointTargets:
        return self.active
