"""The battery: what a real one would say (Charge), a simulated one (Cells), and how far it still reaches (Gauge)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.types import RobotState
from rudel.robots.spec import Array, RobotSpec

WH = 3600.0  # [J]
MEMORY_S, MEMORY_M = 60.0, 50.0  # over which power and cost of the way are averaged
LONGEST_STEP_S = 1.0  # between two states: a longer gap is a break, not a measurement
MOVES_MPS = 0.05  # below that a robot stands, and its consumption is not the way's


@dataclass(frozen=True)
class Charge:
    """What a battery says.

    Attributes:
        time_s: robot's clock [s].
        share: of the capacity, 0 to 1. Lite3 robots were seen to send percent where 0 to 1 is documented: the driver
            converts.
        power_w: drawn now [W]; NaN: not measured.
        charging: is it on a charger?
    """

    time_s: float
    share: float
    power_w: float = math.nan
    charging: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise BadInput(f"share of a charge is {self.share}, must be from 0 to 1 (percent are divided by 100)")


@dataclass(frozen=True, eq=False)
class Pack:
    """A battery and what a robot draws from it.

    Attributes:
        capacity_wh: full [Wh].
        idle_w: computers, sensors, motor electronics [W].
        heat_w_per_nm2: (n,) heat of each joint's motor over the square of its torque [W/(N m)^2].
        efficiency: of mechanical work, 0 to 1; braking gives nothing back.
        empty_share: below it the robot does not obey any more.
        wh_per_m: of walking, before anything was measured [Wh/m].
        source: where the numbers come from.
    """

    capacity_wh: float
    idle_w: float
    heat_w_per_nm2: Array
    efficiency: float
    empty_share: float
    wh_per_m: float
    source: str

    def __post_init__(self) -> None:
        heat = np.array(self.heat_w_per_nm2, dtype=np.float64)
        heat.flags.writeable = False
        object.__setattr__(self, "heat_w_per_nm2", heat)
        for name in ("capacity_wh", "wh_per_m"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise BadInput(f"Pack.{name} is {getattr(self, name)}, must be a number > 0")
        if not (0 < self.efficiency <= 1 and 0 <= self.empty_share < 1 and self.idle_w >= 0 and (heat >= 0).all()):
            raise BadInput(f"a pack of {self} cannot be: shares from 0 to 1, powers >= 0")

    def power_w(self, state: RobotState) -> float:
        """Electrical power [W] at ``state``: idle, heat of the motors, and driving work over the efficiency."""
        work = np.maximum(state.tau * state.dq, 0.0).sum() / self.efficiency
        return float(self.idle_w + (self.heat_w_per_nm2 * state.tau**2).sum() + work)


def assumed_pack(spec: RobotSpec) -> Pack:
    """A pack for a robot of which nothing is published, worked out from its mass and its joints.

    Neither DEEP Robotics nor owners state a Lite3's capacity or consumption in public sources that could be checked,
    so this is a model, to be replaced by measuring: 12 Wh per kg of robot (a tenth of its mass in lithium cells of
    150 Wh/kg, less 20 % for housing), 25 W and 1 W per kg when idle, a motor that turns 6.25 W per N m of its stall
    torque into heat at stall (150 W for a Lite3's hip), so that walking is mostly heat, as measured on the MIT Cheetah
    (76 % at a fast trot: Seok et al., IEEE/ASME Trans. Mechatronics, 2015), and a cost of transport of 1.2 before
    anything was measured. One figure is from owners of a Lite3: below 20 % it ignores commands.
    """
    weight_n = 9.81 * spec.mass_kg
    return Pack(
        capacity_wh=12.0 * spec.mass_kg,
        idle_w=25.0 + spec.mass_kg,
        heat_w_per_nm2=6.25 / spec.effort_nm,
        efficiency=0.7,
        empty_share=0.2,
        wh_per_m=1.2 * weight_n / WH,
        source="assumed from mass and stall torques; empty at 20 % as owners of a Lite3 report",
    )


class Cells:
    """A simulated battery: loses what the robot's joints draw.

    Args:
        pack: what it is.
        share: charge at the start, 0 to 1.
        speedup: energy is drawn so many times as fast: a full round of low battery in a short test.

    Attributes:
        drawn_wh: since the start [Wh].
    """

    def __init__(self, pack: Pack, share: float = 1.0, *, speedup: float = 1.0) -> None:
        self.pack, self._speedup, self.drawn_wh = pack, speedup, 0.0
        self.charge = Charge(0.0, share)
        self._last_s: float | None = None

    def set(self, share: float) -> None:
        """Put another charge into it, as a fault or a change of batteries does."""
        self.charge = Charge(self.charge.time_s, share)

    def update(self, state: RobotState) -> Charge:
        """Draw the energy since the last state; a state that is no number costs idle power."""
        numbers = bool(np.isfinite(state.tau).all() and np.isfinite(state.dq).all())
        power_w = self.pack.power_w(state) if numbers else self.pack.idle_w
        if math.isfinite(state.time_s):
            elapsed_s = 0.0 if self._last_s is None else state.time_s - self._last_s
            self._last_s = state.time_s
            if 0 < elapsed_s <= LONGEST_STEP_S:
                used_wh = self._speedup * power_w * elapsed_s / WH
                self.drawn_wh += used_wh
                share = max(0.0, self.charge.share - used_wh / self.pack.capacity_wh)
                self.charge = Charge(state.time_s, share, power_w)
        return self.charge


class Gauge:
    """How long and how far the charge reaches, learnt from what was used; and whether that is enough for the way home.

    Fed with Charge, from a real battery or a simulated one. The power is what the battery says, or how its share falls.

    Args:
        pack: capacity, and what to assume before anything was measured.
        reserve_share: kept beyond what the way home costs, above empty_share.
        margin: the way home may cost this share more than the way did so far.

    Attributes:
        charge: the last one, or None.
        power_w: mean of the last minute [W].
        wh_per_m: of walking, mean of the last 50 m [Wh/m].
    """

    def __init__(self, pack: Pack, *, reserve_share: float = 0.1, margin: float = 0.3) -> None:
        if not (reserve_share >= 0 and pack.empty_share + reserve_share < 1 and 0 <= margin < math.inf):
            raise BadInput(
                f"reserve_share {reserve_share} and margin {margin} must be >= 0, and leave something to use"
            )
        self.pack, self.reserve_share, self.margin = pack, reserve_share, margin
        self.charge: Charge | None = None
        self.power_w, self.wh_per_m = pack.idle_w, pack.wh_per_m

    def update(self, charge: Charge, speed_mps: float = 0.0) -> None:
        """The battery's word.

        Args:
            charge: of now.
            speed_mps: mean speed over the ground since the last word [m/s], as far as it is known.
        """
        before, self.charge = self.charge, charge
        if before is None:
            self.power_w = charge.power_w if math.isfinite(charge.power_w) else self.power_w
            return
        elapsed_s = charge.time_s - before.time_s
        if charge.charging or not 0 < elapsed_s <= MEMORY_S or charge.share > before.share:
            return
        measured = math.isfinite(charge.power_w)
        power_w = charge.power_w if measured else (before.share - charge.share) * self._capacity_ws / elapsed_s
        self.power_w += (power_w - self.power_w) * (1 - math.exp(-elapsed_s / MEMORY_S))
        if speed_mps > MOVES_MPS:
            moved_m = speed_mps * elapsed_s
            cost = power_w * elapsed_s / WH / moved_m
            self.wh_per_m += (cost - self.wh_per_m) * (1 - math.exp(-moved_m / MEMORY_M))

    @property
    def share(self) -> float:
        """Of the capacity; 1 before the battery said anything."""
        return 1.0 if self.charge is None else self.charge.share

    @property
    def usable_wh(self) -> float:
        """Down to where the robot stops obeying [Wh]."""
        return max(0.0, self.share - self.pack.empty_share) * self.pack.capacity_wh

    @property
    def time_left_s(self) -> float:
        """At the power of the last minute [s]."""
        return self.usable_wh * WH / max(self.power_w, 1e-6)

    @property
    def range_left_m(self) -> float:
        """At the cost of the last way [m]."""
        return self.usable_wh / self.wh_per_m

    @property
    def empty(self) -> bool:
        """At the robot's own limit?"""
        return self.charge is not None and not self.charge.charging and self.usable_wh <= 0

    def need_share(self, way_home_m: float) -> float:
        """Charge below which a robot that is ``way_home_m`` from home has to go there; infinite ways need all."""
        way = (1 + self.margin) * self.wh_per_m * max(way_home_m, 0.0) / self.pack.capacity_wh
        return min(1.0, self.pack.empty_share + self.reserve_share + way)

    def enough(self, way_home_m: float) -> bool:
        """The return rule: may a robot that is ``way_home_m`` [m] from home go on?"""
        return self.charge is None or self.charge.charging or self.share > self.need_share(way_home_m)

    @property
    def _capacity_ws(self) -> float:
        return self.pack.capacity_wh * WH
