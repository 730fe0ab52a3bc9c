"""A policy walking a simulated robot through the same calls as a real one, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.types import RobotState, Twist
from rudel.locomotion.policy import Policy, PolicyFault
from rudel.sim.driver import SimDriver
from rudel.sim.standing import stand_up, upright

LEAD_IN_S = 1.0  # after a change of command; left out of the means, as in `rudel eval`
AFTERMATH_S = 1.0  # how long a fall is still shown
STAND_UP_S, SETTLE_S = 1.2, 0.4

Show = Callable[[str, Twist], None]


@dataclass(frozen=True)
class Segment:
    """A part of a tour: what it is called, the command, how long [s]."""

    name: str
    command: Twist
    seconds: float


@dataclass(frozen=True)
class Realised:
    """What a segment came to: mean vx, vy [m/s], wz [rad/s] in the robot's heading frame; None when too short."""

    name: str
    seconds: float
    command: tuple[float, float, float]
    velocity: tuple[float, float, float] | None


def tour(seconds: float, max_twist: Sequence[float]) -> list[Segment]:
    """Forward, turn, sideways, back, stop; commands within ``max_twist`` (vx, vy [m/s], wz [rad/s])."""
    vx, vy, wz = (min(wanted, top) for wanted, top in zip((0.7, 0.35, 0.8), max_twist, strict=True))
    parts = (
        ("forward", Twist(vx=vx), 0.25),
        ("turn", Twist(wz=wz), 0.20),
        ("sideways", Twist(vy=vy), 0.20),
        ("back", Twist(vx=-0.7 * vx), 0.20),
        ("stop", Twist(), 0.15),
    )
    return [Segment(name, command, share * seconds) for name, command, share in parts]


class Walk:
    """One robot under one policy. After a fall or a fault of the policy the robot stays in damping.

    Args:
        driver: entered.
        policy: for this robot.
        show: called every control period with what the robot does and the command.

    Attributes:
        trouble: what went wrong, or None.
    """

    def __init__(self, driver: SimDriver, policy: Policy, show: Show) -> None:
        self.driver, self.policy, self.show = driver, policy, show
        self.trouble: str | None = None
        self._next_s = driver.clock.now_s()

    def stand(self) -> None:
        """From the rest pose to the stance."""

        def each(_: RobotState) -> None:
            self.show("stand up", Twist())

        stand_up(self.driver, STAND_UP_S, SETTLE_S, each)
        self.policy.reset()
        self._next_s = self.driver.clock.now_s()

    def step(self, name: str, command: Twist) -> None:
        """One control period."""
        if self.trouble is None:
            state = self.driver.read()
            try:
                if upright(state):
                    self.driver.send(self.policy.step(state, command))
                else:
                    self._give_up(f"the robot fell {self.driver.clock.now_s():.1f} s after the start")
            except PolicyFault as fault:
                self._give_up(str(fault))
        self._next_s += self.driver.period_s
        self.driver.clock.sleep_until(self._next_s)
        self.show(name if self.trouble is None else "damping", command)

    def walk(self, segment: Segment) -> Realised:
        """One segment of a tour; trouble ends it early."""
        period_s = self.driver.period_s
        twists: list[np.ndarray] = []
        left = round(segment.seconds / period_s)
        while left > 0 and self.trouble is None:
            self.step(segment.name, segment.command)
            twists.append(self.driver.live.true_state().twist)
            left -= 1
        if self.trouble is not None:
            for _ in range(round(AFTERMATH_S / period_s)):
                self.step(segment.name, segment.command)
        lead_in = round(min(LEAD_IN_S, segment.seconds / 2) / period_s)
        mean = np.mean(twists[lead_in:], axis=0).tolist() if len(twists) > lead_in else None
        velocity = None if mean is None else (mean[0], mean[1], mean[2])
        command = (segment.command.vx, segment.command.vy, segment.command.wz)
        return Realised(segment.name, len(twists) * period_s, command, velocity)

    def again(self) -> None:
        """Back to the start, in the stance, all trouble forgotten."""
        driver, live = self.driver, self.driver.live
        driver.__exit__(None, None, None)
        live.reset(live.spec.default_pose)
        driver.__enter__()
        self.policy.reset()
        self.trouble, self._next_s = None, driver.clock.now_s()

    def _give_up(self, trouble: str) -> None:
        self.trouble = trouble
        self.driver.stop()
