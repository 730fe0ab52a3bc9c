"""From the pilot's orders to joint targets: the machine of the robot's modes, asked for what the pilot wants."""

from __future__ import annotations

from rudel.core.types import JointTargets, RobotState, Twist
from rudel.locomotion.policy import Policy
from rudel.navigation.pilot import Order
from rudel.robots.posture_plan import plan_posture
from rudel.robots.spec import RobotSpec
from rudel.runtime.machine import Controller, Machine
from rudel.runtime.modes import Goal

_WORD = {"walk": "walk", "get_up": "walk", "sit": "sit"}  # the machine gets up by itself where it can, and then walks


class Legs:
    """Carries out orders.

    Args:
        spec: the robot.
        walk: its walking policy.
        get_up: what brings it back on its feet after a fall, or None.
    """

    def __init__(self, spec: RobotSpec, walk: Policy, get_up: Controller | None = None) -> None:
        self.machine = Machine(plan_posture(spec), walk, get_up, period_s=walk.contract.period_s)
        self.can_get_up = get_up is not None
        self._asked = ""

    @property
    def ready(self) -> bool:
        """Does it stand on its feet, with the walking policy in charge?"""
        return self.machine.goal is Goal.WALK and self.machine.ready

    @property
    def trouble(self) -> str | None:
        """Why the robot does not do what it was asked, or None: also while it fell, gets up, and will walk again."""
        return None if self.machine.goal is Goal.WALK else self.machine.trouble

    def targets(self, state: RobotState, order: Order, now_s: float) -> JointTargets:
        """Joint targets of the coming period."""
        word = _WORD[order.posture]
        if word != self._asked:
            self._asked = word
            self.machine.request(word)
        self.machine.command(order.twist if order.posture == "walk" else Twist())
        return self.machine.step(state, now_s)
