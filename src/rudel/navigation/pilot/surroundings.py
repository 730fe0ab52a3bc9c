"""The maps of one robot: what was known before, what is seen now, and both on one grid."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable

from rudel.core.types import RobotState
from rudel.navigation.map import ElevationMap, ElevationSpec, Fusion, GridMap
from rudel.navigation.types import XY, Costs, Estimate, Footprint, StampedCloud

WHOLE_EVERY = 5  # scans between two updates of the whole map
EXCUSED = 0.4  # see ElevationSpec: where nobody has surveyed, one standard deviation of a step
STATES = 64  # kept, more than arrive while a scan is on its way


class Surroundings:
    """See rudel.navigation.pilot.ports.Mapping.

    Args:
        static: what is known before; None: nothing, and what is seen is kept.
        footprint: of the robot.
        stand_m: height of the base above the ground when it stands.
        carried: height of the base over the standing feet that a state tells [m]; None: always ``stand_m``.
    """

    def __init__(
        self,
        static: GridMap | None,
        footprint: Footprint,
        stand_m: float,
        carried: Callable[[RobotState], float] | None = None,
    ) -> None:
        spec = ElevationSpec(stand_m=stand_m, excused=EXCUSED if static is None else 1.0)
        self.live = ElevationMap(footprint, spec if static is None else spec.on(static), static)
        self.fusion = Fusion(static, footprint)
        self._whole: Costs | None = None
        self._local: Costs | None = None
        self._scans = 0
        self._carried, self._states = carried, deque[RobotState](maxlen=STATES)

    def state(self, state: RobotState) -> None:
        if math.isfinite(state.time_s):
            self._states.append(state)

    def add(self, cloud: StampedCloud, estimate: Estimate) -> None:
        covariance = estimate.covariance - estimate.drift  # a map of its own drifts with the robot
        self.live.update(cloud, covariance, self._stand_m(cloud.time_s))
        self._local = None
        self._scans += 1
        if self._scans % WHOLE_EVERY == 1:
            self._whole = None

    def forget(self) -> None:
        self.live.clear()
        self._whole = self._local = None

    def excuse(self) -> None:
        self.live.spec = dataclasses.replace(self.live.spec, excused=1.0)

    def whole(self) -> Costs:
        if self._whole is None:
            self._whole = self.fusion.update(self.live)
        return self._whole

    def local(self) -> Costs:
        if self._local is None:
            self.whole()
            self._local = self.fusion.local()
        return self._local

    def hopeful(self, xy: XY, within_m: float) -> Costs | None:
        self.whole()
        return self.fusion.hopeful(xy, within_m)

    def _stand_m(self, time_s: float) -> float | None:
        """How high the base was carried at that time [m]; None: as when it stands."""
        if self._carried is None or not self._states:
            return None
        return self._carried(min(self._states, key=lambda state: abs(state.time_s - time_s)))
