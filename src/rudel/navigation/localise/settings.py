"""All numbers of a Localiser in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

from rudel.navigation.localise._local import LocalSettings
from rudel.navigation.localise._motion import MotionSettings
from rudel.navigation.localise.register import RegisterSettings
from rudel.navigation.localise.search import SearchSettings


@dataclass(frozen=True)
class Settings:
    """Of a Localiser.

    Attributes:
        thin_m: a scan is registered with one point for each cube of this size.
        start_sigma_m, start_sigma_rad: how well a stated start is known.
        fit: a registration counts when the map explains this share of the scan at least.
        local_fit: likewise the robot's own map, which does not know what comes into view.
        surprise: largest squared Mahalanobis distance from the prediction (6 degrees of freedom: 22 is 0.1 %).
        lost_after: registrations in a row that do not count.
        alone_s: after so long without a registration nothing but the legs holds the pose.
        lost_sigma_m: with nothing but the legs, the pose is lost at this standard deviation.
        floor_m, floor_rad: what no number of scans averages out (map, calibration, clocks).
    """

    thin_m: float = 0.25
    start_sigma_m: float = 0.3
    start_sigma_rad: float = 0.1
    fit: float = 0.3
    local_fit: float = 0.15
    surprise: float = 60.0
    lost_after: int = 5
    alone_s: float = 1.0
    lost_sigma_m: float = 3.0
    floor_m: float = 0.006
    floor_rad: float = 0.002
    motion: MotionSettings = field(default_factory=MotionSettings)
    register: RegisterSettings = field(default_factory=RegisterSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
