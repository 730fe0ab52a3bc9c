"""The machine that chooses who moves the robot in every control period, and lets it come to rest whatever happens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import Event, JointTargets, RobotState, Twist
from rudel.robots.posture import Sit, Stand
from rudel.robots.posture_plan import PosturePlan
from rudel.runtime.balance import Balance, unusable
from rudel.runtime.blend import Blend
from rudel.runtime.modes import Decision, Goal, Mode, Seen, Settings, decide

WORDS = tuple(goal.value for goal in Goal)
_STILL = Twist()


class Controller(Protocol):
    """What a mode needs: rudel.locomotion.policy.Policy is one, so are Stand and Sit."""

    def reset(self) -> None:
        """Forget everything that was; called when the mode is entered."""
        ...

    def step(self, state: RobotState, command: Twist) -> JointTargets:
        """Targets of the next period. An exception, or a number that is not finite, ends in damping."""
        ...


class Machine:
    """One robot's modes. Call ``step`` every control period and send what it returns.

    Args:
        plan: of the robot's postures.
        walk: the walking policy; None: it can only stand and sit.
        getup: what brings a fallen robot back onto its feet; None: it stays limp, and says so.
        period_s: control period [s].
        settings: limits and times.

    Attributes:
        mode, goal: what it does, what is wanted.
        trouble: why the robot went limp by itself, or could not do what was asked; None after the next
            request, or when it walks again.
        events: kinds "mode" (data: mode, before, goal, why), "trouble" and "ignored", in order; the reader empties it.
    """

    def __init__(
        self,
        plan: PosturePlan,
        walk: Controller | None = None,
        getup: Controller | None = None,
        *,
        period_s: float,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.settings.validate()
        self._plan, self._period_s, self._n = plan, period_s, len(plan.joints)
        self._stand, self._sit = Stand(plan, period_s), Sit(plan, period_s)
        given = {Mode.STAND: self._stand, Mode.SIT: self._sit, Mode.WALK: walk, Mode.GETUP: getup}
        self._controllers: Mapping[Mode, Controller] = {mode: one for mode, one in given.items() if one is not None}
        self._limp = JointTargets.damping(self._n, plan.kd)
        self._balance = Balance(plan, self.settings, period_s)
        self._blend = Blend(period_s, self._limp)
        self.mode, self.goal = Mode.DAMPING, Goal.STOP
        self.trouble: str | None = None
        self.events: list[Event] = []
        self._in_mode_s = self._braking_s = self._now_s = 0.0
        self._tries = 0
        self._twist, self._heard, self._heard_s = _STILL, True, 0.0

    @property
    def at_rest(self) -> bool:
        """Is it limp, with nothing that would change that but a request?"""
        if self.mode is Mode.DAMPING:
            return self.goal is Goal.STOP and self._blend.over
        return self.mode is Mode.SIT and self._sit.done and self.goal in (Goal.STOP, Goal.SIT)

    @property
    def ready(self) -> bool:
        """Does it do what is wanted already: walk, stand still at full height, lie limp?"""
        if self.goal is Goal.STAND:
            return self.mode is Mode.STAND and self._stand.done
        return self.mode is Mode.WALK if self.goal is Goal.WALK else self.at_rest

    def request(self, word: str) -> None:
        """Ask for "walk", "stand", "sit" or "stop"; the next ``step`` begins with it.

        Raises:
            UnknownName: another word. Nothing changes then.
        """
        if word not in WORDS:
            raise UnknownName("request", word, WORDS)
        goal = Goal(word)
        if goal is not self.goal:
            self._braking_s = 0.0
        self.goal, self._heard = goal, True
        self.trouble, self._tries = None, 0

    def command(self, twist: Twist) -> None:
        """The velocity to walk with from now on; it also says that somebody is there. NaN and infinity are ignored."""
        if not math.isfinite(twist.vx + twist.vy + twist.wz):
            self._say("ignored", command=str(twist))
            return
        self._twist, self._heard = twist, True

    def step(self, state: RobotState, now_s: float) -> JointTargets:
        """Targets of the next period; never raises because of what ``state`` holds.

        Args:
            state: what the robot measures.
            now_s: the loop's clock [s].
        """
        self._now_s, self._in_mode_s = now_s, self._in_mode_s + self._period_s
        if self._heard:
            self._heard, self._heard_s = False, now_s
        wrong = unusable(state, self._n)
        if wrong is not None:
            self.lose(wrong, now_s)
            return self._blend.next(self._limp)
        self._balance.look(state)
        self._go(decide(self.mode, self.goal, self._seen(), self.settings))
        if self.mode is Mode.DAMPING:
            return self._blend.next(self._limp)
        try:
            targets = self._controllers[self.mode].step(state, self._command())
            _require_finite(targets, self._n)
        # whatever a controller does, also one from elsewhere: the robot must come to rest, and the fault is reported
        except Exception as fault:
            text = str(fault) if isinstance(fault, BadInput) or str(fault) else type(fault).__name__
            self._go(Decision(Mode.DAMPING, Goal.STOP, text))
            return self._blend.next(self._limp)
        return self._blend.next(targets)

    def lose(self, why: str, now_s: float) -> None:
        """Nothing is known of the robot at present: damping, whatever is wanted."""
        self._now_s = now_s
        self._balance.forget()
        if self.mode is not Mode.DAMPING or self.goal is not Goal.STOP:
            self._go(Decision(Mode.DAMPING, Goal.STOP, why))

    def _seen(self) -> Seen:
        b, walking = self._balance, self.mode is Mode.WALK
        self._braking_s = self._braking_s + self._period_s if walking and self.goal is not Goal.WALK else 0.0
        return Seen(
            fallen=b.fallen,
            upright=b.upright,
            still=b.still,
            collapsed=walking and b.collapsed,
            done=self._stand.done if self.mode is Mode.STAND else self._sit.done if self.mode is Mode.SIT else False,
            in_place=b.in_place,
            in_mode_s=self._in_mode_s,
            braking_s=self._braking_s,
            silent_s=self._now_s - self._heard_s,
            can_walk=Mode.WALK in self._controllers,
            can_getup=Mode.GETUP in self._controllers and self._tries < self.settings.getup_tries,
        )

    def _command(self) -> Twist:
        """What the walking policy is told: nothing but rest, unless it is to walk and somebody is there."""
        silent = self._now_s - self._heard_s > self.settings.silent_zero_s
        walks = self.mode is Mode.WALK and self.goal is Goal.WALK and not silent
        return self._twist if walks else _STILL

    def _go(self, to: Decision) -> None:
        """Carry a decision out."""
        before, self.goal = self.mode, to.goal
        if to.why and to.why != "asked":
            self.trouble = to.why
            self._say("trouble", why=to.why)
        if to.mode is before:
            return
        self.mode, self._in_mode_s = to.mode, 0.0
        self._say("mode", mode=to.mode.value, before=before.value, goal=to.goal.value, why=to.why)
        self._tries += to.mode is Mode.GETUP
        if to.mode is Mode.WALK:
            self.trouble, self._tries = None, 0
        if to.mode is Mode.DAMPING:
            self._balance.forget()  # it has to lie still from now on before anything else begins
            self._blend.start(self.settings.damp_s)
        else:
            self._blend.start(self.settings.blend_s)
            self._controllers[to.mode].reset()

    def _say(self, kind: str, **data: object) -> None:
        self.events.append(Event(kind, self._now_s, data, "machine"))


def _require_finite(targets: JointTargets, joints: int) -> None:
    for name in ("q", "dq", "tau", "kp", "kd"):
        value = getattr(targets, name)
        if len(value) != joints or not np.isfinite(value).all():
            raise BadInput(f"the controller's {name} has a value that is not finite, or another size than {joints}")
