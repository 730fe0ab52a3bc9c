"""Odometry that slips: what the robot counts from its own, noisy joints, contacts and gyro."""

from __future__ import annotations

from rudel.core.errors import BadInput
from rudel.core.readings import Odometry
from rudel.robots.leg_odometry import LegOdometry
from rudel.robots.spec import RobotSpec
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.sense import Span, Taken, Ticks

FRAME = "odom"


class OdometrySense:
    """See ``Sense``. Needs spans with a state; it counts every one of them and reports at its rate.

    Args:
        spec: the robot.
        slip: a further share of the way that is lost, on top of what the feet roll and slip in the simulation; see
            rudel.robots.leg_odometry.
        rate_hz: reports per second.
        clock: its own.
    """

    def __init__(
        self, spec: RobotSpec, slip: float = 0.0, rate_hz: float = 50.0, clock: ClockError | None = None
    ) -> None:
        self.clock = clock or ClockError()
        self._legs, self._ticks = LegOdometry(spec, slip=slip), Ticks(rate_hz, self.clock)

    def advance(self, span: Span) -> list[Taken]:
        if span.state is None:
            raise BadInput("odometry needs the robot's own measurements: SenseSuite.update(state)")
        self._legs.update(span.state)
        if not self._ticks.due(span):
            return []
        legs, stamp = self._legs, self.clock.stamp_s(span.end_s)
        odometry = Odometry(stamp, FRAME, legs.position, legs.quat, legs.velocity, span.state.gyro)
        return [Taken(span.end_s, odometry)]
