"""A policy in a loop that runs a whole number of times faster than it does: its targets are held in between.

A policy that counts its periods (a gait's clock, a heading, a slew of its command, earlier observations) runs at its
own one, or it would step at another cadence than it learnt. Any other may run at another one, within a fifth of it: so
``lite3/getup``, whose own period is 20 ms, gets up as well every 16 or 24 ms (docs/decisions/0010-getup.md), and serves
loops of 8 ms and of 20 ms.
"""

from __future__ import annotations

from rudel.core.errors import BadInput
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.locomotion.policy import Policy

SLACK = 0.2  # of its own period, by which a policy that does not count periods may run at another


def multiple(own_s: float, period_s: float, slack: float = 0.0) -> int:
    """How many of a loop's periods ``period_s`` [s] one of ``own_s`` takes, give or take a share of it; 0: none."""
    times = round(own_s / period_s) if period_s > 0 else 0
    return times if times and abs(times * period_s / own_s - 1) <= slack + 1e-6 else 0


def asked_every(policy: Policy, period_s: float) -> int:
    """In how many of a loop's periods ``period_s`` [s] a policy is asked once; 0: it does not fit."""
    c = policy.contract
    counts = c.gait is not None or bool(c.heading_gain) or any(c.command_slew) or bool(c.history)
    return multiple(c.period_s, period_s, 0.0 if counts else SLACK)


class Held:
    """Steps a policy in every so many control periods of a loop, and repeats its targets in the others.

    Args:
        policy: whose period is ``period_s`` or a whole multiple of it; within SLACK, where it does not count periods.
        period_s: of the loop [s].

    Raises:
        BadInput: the policy's period is no such multiple.
    """

    def __init__(self, policy: Policy, period_s: float) -> None:
        own_s = policy.contract.period_s
        self._every = asked_every(policy, period_s)
        if not self._every:
            raise BadInput(
                f"{policy.source}: its period_s {own_s:g} is no whole multiple of the loop's, {period_s:g}: "
                "take a policy of the loop's period, or of a multiple of it"
            )
        self.policy = policy
        self.reset()

    def reset(self) -> None:
        """Forget everything that was; the next step is the policy's."""
        self.policy.reset()
        self._until = 0
        self._last: JointTargets | None = None

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        """Joint targets of the loop's next period. What the policy raises goes through, and it is asked again next."""
        if self._last is None or self._until == 0:
            self._last = self.policy.step(state, command)
            self._until = self._every
        self._until -= 1
        return self._last
