"""One robot, one loop: read, decide, send, wait."""

from __future__ import annotations

from rudel.core.errors import GiveUp, Retry
from rudel.core.types import RobotState
from rudel.robots.driver import Driver
from rudel.runtime.machine import Machine

MISSING_S = 0.2  # telemetry gaps of 0.1 to 0.17 s are common on a Lite3: its joints hold their last targets meanwhile


class Loop:
    """Runs a machine on an entered driver; call ``period`` again and again.

    Args:
        driver: entered.
        machine: of the same robot and control period.

    Attributes:
        state: the last one read.
        refused: why the driver takes no more targets, or None. It has been stopped then, and the robot is limp.
    """

    def __init__(self, driver: Driver, machine: Machine) -> None:
        self.driver, self.machine = driver, machine
        self.state: RobotState | None = None
        self.refused: str | None = None
        self._next_s = self._read_s = driver.clock.now_s()

    @property
    def trouble(self) -> str | None:
        """What went wrong, or None."""
        return self.refused or self.machine.trouble

    def period(self) -> None:
        """One control period, to its end."""
        if self.refused is None:
            self._turn()
        self._next_s += self.driver.period_s
        self.driver.clock.sleep_until(self._next_s)

    def _turn(self) -> None:
        now_s = self.driver.clock.now_s()
        try:
            state = self.state = self.driver.read()
            self._read_s = now_s
        except Retry as late:
            if now_s - self._read_s <= MISSING_S:
                return
            self.machine.lose(f"no state from the robot for {MISSING_S:g} s ({late})", now_s)
            return  # nothing is sent without a state: the driver's own watchdog has damped
        except GiveUp as gone:
            self._stop(str(gone))
            return
        targets = self.machine.step(state, now_s)
        try:
            self.driver.send(targets)
        except GiveUp as refused:
            self._stop(self.machine.trouble or str(refused))

    def _stop(self, why: str) -> None:
        self.refused = why
        self.driver.stop()
