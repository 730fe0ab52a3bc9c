"""The Driver protocol: what the rest of the stack asks of a robot, real or simulated.

Life of a driver::

    with make_driver() as driver:  # connects, takes joint control; the robot is in damping until the first send
        state = driver.read()
        sent = driver.send(JointTargets.hold(pose, kp, kd))
    # leaving, also by an exception, puts the robot into damping and gives control back

*Damping* means: no stiffness, no feed-forward, zero target velocity, kd > 0 on every joint. It is where a robot falls
back to: on ``stop``, when no ``send`` arrives for ``command_timeout_s``, and on leaving. Drivers are checked by
``rudel.robots.conformance.check_driver``.

Errors: ``Retry`` when the same call may succeed later (no packet yet), ``GiveUp`` when it will not (not connected,
stopped, refused by the robot), ``BadInput`` (a GiveUp) for targets that cannot be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rudel.core.clock import Clock
from rudel.core.types import JointTargets, RobotState
from rudel.robots.limits import limit_targets, torque_range
from rudel.robots.spec import RobotSpec

__all__ = ["Capabilities", "Driver", "limit_targets", "torque_range"]


@dataclass(frozen=True)
class Capabilities:
    """What a driver can do, known before it connects.

    Attributes:
        joint_control: accepts JointTargets; without it ``send`` raises GiveUp.
        rate_hz: fastest useful rate of ``send`` [Hz].
        has_contact: ``RobotState.contact`` is measured (otherwise it is 0).
        has_force: ``RobotState.contact`` is a share derived from a measured force, not only 0 or 1.
        simulated: no real machine moves.
    """

    joint_control: bool
    rate_hz: float
    has_contact: bool
    has_force: bool
    simulated: bool


class Driver(Protocol):
    """One robot. ``stop`` may be called from any thread; everything else from one thread at a time."""

    @property
    def spec(self) -> RobotSpec:
        """The robot that this driver speaks for; known before connecting."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Known before connecting."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock that ``RobotState.time_s``, ``period_s`` and ``command_timeout_s`` are counted on."""
        ...

    @property
    def period_s(self) -> float:
        """Time between two ``send`` calls that this driver is set up for [s], at least 1 / capabilities.rate_hz."""
        ...

    @property
    def command_timeout_s(self) -> float:
        """Without a ``send`` for this long [s] the robot damps by itself; the next ``send`` moves it again."""
        ...

    @property
    def active(self) -> JointTargets:
        """What the joints follow at this moment, after limits, watchdog and stop."""
        ...

    def __enter__(self) -> Self:
        """Connect and take control, in damping. Clears an earlier ``stop``; may be entered again after leaving."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Damping, then give control back. Does not swallow ``error``."""
        ...

    def read(self) -> RobotState:
        """The newest state. Raises GiveUp when not connected, Retry when nothing fresh has come in."""
        ...

    def send(self, targets: JointTargets) -> JointTargets:
        """Send ``targets`` and return what was *actually* sent, after ``limit_targets``.

        Raises BadInput for values that are not finite or have the wrong size (nothing is sent then), GiveUp when not
        connected, after ``stop``, or without joint control.
        """
        ...

    def stop(self) -> None:
        """Damping, at once. Always works: any thread, any number of times, connected or not; never raises.

        It latches: ``send`` raises GiveUp until the driver is entered anew.
        """
        ...
