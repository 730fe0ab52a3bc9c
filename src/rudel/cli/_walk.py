"""A policy walking a simulated robot through the same calls as a real one, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rudel.core.types import Twist
from rudel.locomotion.policy import Policy
from rudel.robots.posture_plan import plan_posture
from rudel.runtime.loop import Loop
from rudel.runtime.machine import Controller, Machine
from rudel.runtime.modes import Goal, Mode
from rudel.sim.driver import SimDriver

LEAD_IN_S = 1.0  # after a change of command; left out of the means, as in `rudel eval`
AFTERMATH_S = 1.0  # how long a fall is still shown
UP_S, DOWN_S = 2.4, 2.7  # about what standing up and sitting down take, with the waiting before
MOST_S = 10.0  # that either may take

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
    """One robot under one policy and the machine of its modes, lying folded at the start.

    Args:
        driver: entered.
        policy: for this robot.
        show: called every control period with what the robot does and the command.
        getup: brings it back onto its feet when it fell; None: it stays limp.
    """

    def __init__(self, driver: SimDriver, policy: Policy, show: Show, getup: Controller | None = None) -> None:
        self.driver, self.policy, self.show, self._getup = driver, policy, show, getup
        self._plan = plan_posture(driver.spec)
        self._begin()

    def _begin(self) -> None:
        self.machine = Machine(self._plan, self.policy, self._getup, period_s=self.driver.period_s)
        self._loop = Loop(self.driver, self.machine)
        self._start_s = self._trouble_s = self.driver.clock.now_s()

    @property
    def trouble(self) -> str | None:
        """What went wrong, or None."""
        why = self._loop.trouble
        return why and f"{self._trouble_s - self._start_s:.1f} s after the start: {why}"

    @property
    def label(self) -> str:
        """What the robot does at this moment."""
        return "damping" if self._loop.refused else self.machine.mode.value

    def ask(self, word: str) -> None:
        """Request "walk", "stand", "sit" or "stop"."""
        self.machine.request(word)

    def stand(self) -> None:
        """From wherever it lies to its feet, with the policy in charge, or until there is trouble."""
        self._until("walk", lambda: self.machine.ready)

    def sit(self) -> None:
        """Come to rest, sit down and go limp (it may still sink a little), or until there is trouble."""
        self._until("sit", lambda: self.machine.mode is Mode.SIT and not self.driver.active.kp.any())

    def step(self, name: str, command: Twist) -> None:
        """One control period, shown as ``name`` while the robot walks."""
        self.machine.command(command)
        before = self._loop.trouble
        self._loop.period()
        if before is None:
            self._trouble_s = self.driver.clock.now_s()
        walking = self.machine.mode is Mode.WALK and self.machine.goal is Goal.WALK
        self.show(name if walking else self.label, command)

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
        """Back to the start, folded, all trouble forgotten."""
        driver, live = self.driver, self.driver.live
        driver.__exit__(None, None, None)
        live.reset()
        driver.__enter__()
        self._begin()

    def _until(self, word: str, reached: Callable[[], bool]) -> None:
        self.ask(word)
        for _ in range(round(MOST_S / self.driver.period_s)):
            self.step(word, Twist())
            if reached() or self.trouble is not None:
                return
