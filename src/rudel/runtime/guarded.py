"""The machine of a robot that is given orders: all of them go through safety first, in the loop's thread."""

from __future__ import annotations

from rudel.core.types import JointTargets, RobotState, Twist
from rudel.robots.posture_plan import PosturePlan
from rudel.runtime.desk import Desk
from rudel.runtime.machine import Controller, Machine
from rudel.runtime.modes import Settings
from rudel.runtime.safety import Safety

_WORD = {"walk": "walk", "get_up": "walk", "sit": "sit"}  # the machine gets up by itself where it can, and then walks


class Guarded(Machine):
    """A Machine that asks a desk for orders; run it with rudel.runtime.loop.Loop.

    Args:
        plan, walk, getup, period_s, settings: see Machine.
        safety: what every order goes through.
        desk: where orders are. Nothing is asked for that could make the loop wait.
    """

    def __init__(
        self,
        plan: PosturePlan,
        walk: Controller | None = None,
        getup: Controller | None = None,
        *,
        safety: Safety,
        desk: Desk,
        period_s: float,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(plan, walk, getup, period_s=period_s, settings=settings)
        self.safety, self.desk = safety, desk
        self._asked = ""

    def step(self, state: RobotState, now_s: float) -> JointTargets:
        """Targets of the next period, for the newest order as far as safety lets it pass."""
        given = self.desk.newest
        if given.grant is None:  # nobody has asked for anything yet
            return super().step(state, now_s)
        safe = self.safety.filter(given.order, state, now_s, heard_s=given.heard_s, grant=given.grant)
        word = "stop" if self.safety.stopped else _WORD[safe.posture]
        if word != self._asked:
            self._asked = word
            self.request(word)
        self.command(safe.twist if safe.posture == "walk" else Twist())
        targets = super().step(state, now_s)
        self.safety.sent(targets)
        return targets
