"""One robot, one loop: read, decide, send, wait."""

from __future__ import annotations

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.types import RobotState
from rudel.robots.driver import Driver
from rudel.runtime.machine import Machine

MISSING_S = 0.2  # telemetry gaps of 0.1 to 0.17 s are common on a Lite3: its joints hold their last targets meanwhile


class Loop:
    """Runs a machine on an entered driver; call ``period`` again and again.

    Args:
        driver: entered.
        machine: of the same robot and control period.
        send_after_s: how far into each period its targets are sent [s], if they were found by then, else at once. A few
            milliseconds make up for a late waking and for sums that take now more, now less, so that the robot hears of
            it every period at the same time: for robots in real time.

    Attributes:
        state: the last one read.
        refused: why the driver takes no more targets, or None. It has been stopped then, and the robot is limp.
    """

    def __init__(self, driver: Driver, machine: Machine, send_after_s: float = 0.0) -> None:
        if not 0.0 <= send_after_s < driver.period_s:
            raise BadInput(
                f"send_after_s = {send_after_s}: it has to be from 0 to below the period, {driver.period_s} s"
            )
        self.driver, self.machine, self._send_after_s = driver, machine, send_after_s
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
        if self._send_after_s:
            self.driver.clock.sleep_until(self._next_s + self._send_after_s)
        try:
            self.driver.send(targets)
        except GiveUp as refused:
            self._stop(self.machine.trouble or str(refused))

    def _stop(self, why: str) -> None:
        self.refused = why
        self.driver.stop()
