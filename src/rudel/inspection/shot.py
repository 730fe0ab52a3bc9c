"""One look at one target, step by step: settle, aim, wait for good readings, try again with another aim, or say why.

A shot does nothing itself: whoever steps it moves the head and brings the readings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, Target
from rudel.core.readings import DepthImage, Image, Reading, Scan, ThermalImage
from rudel.inspection import _views, aiming, quality
from rudel.inspection._scans import in_base
from rudel.inspection.aiming import Aim
from rudel.inspection.rig import Rig, Where

_WIDER = 5.0  # times as far off as the zoom camera other cameras on its head may look
Failure = Literal["too far", "occluded", "blurred", "too dark", "broken", "stale", "moving"]

_TOGETHER_S = 0.4  # at most between pictures and warmth of one look; blanking puts up with 0.5


@dataclass(frozen=True)
class Patience:
    """How long a shot waits [s], and how still it wants the robot.

    Attributes:
        settle_s: for the robot to stand still.
        patience_s: for all readings, on each attempt, head movement included.
        attempts: looks before it gives up; every further one is wider.
        still_mps, still_radps: slower than this is standing still.
        aim_rad, aim_zoom: how near to what was asked for the head must be (zoom as a share).
        margin_s: a reading must be this much younger than the moment from which it counts: clocks differ a little.
    """

    settle_s: float = 3.0
    patience_s: float = 5.0
    attempts: int = 2
    still_mps: float = 0.10
    still_radps: float = 0.20
    aim_rad: float = 0.01
    aim_zoom: float = 0.02
    margin_s: float = 0.03

    def __post_init__(self) -> None:
        if self.attempts < 1 or not (self.settle_s >= 0 and self.patience_s > 0):
            raise BadInput(f"{self}: attempts >= 1, settle_s >= 0 and patience_s > 0 are needed")


@dataclass(frozen=True, eq=False)
class Step:
    """What a shot wants next.

    Attributes:
        kind: "aim": turn the head, then step on; "wait": step on; "done": here is the capture; "failed".
        aim: for "aim".
        capture: for "done".
        failure, why: for "failed": which, and in words.
        missing: for "done": senses that it waited for whose reading was not good or did not come, and why.
    """

    kind: Literal["aim", "wait", "done", "failed"]
    aim: Aim | None = None
    capture: Capture | None = None
    failure: Failure | None = None
    why: str = ""
    missing: Mapping[str, str] | None = None


class Shot:
    """See the module. Step it once a control period until it is done or failed.

    Args:
        target: what to look at.
        rig: what to look with.
        needs: senses without which the look failed; None: by the kind of target.
        patience: how long it waits.

    Attributes:
        awaited: senses that it waits for; others are taken along where they come.
    """

    def __init__(
        self, target: Target, rig: Rig, needs: tuple[str, ...] | None = None, patience: Patience | None = None
    ) -> None:
        self.target, self.rig, self.patience = target, rig, patience or Patience()
        self._look = aiming.look_of(target)
        self._needs = _needs(self._look.needs if needs is None else needs, rig, target)
        wished = (*self._needs, *self._look.needs)
        self.awaited = tuple(sense for sense in rig.senses if sense in wished or not _costly(sense))
        self._together = tuple(sense for sense in self.awaited if sense in ("wide", "zoom", "front", "thermal"))
        self._started: float | None = None  # when it was first stepped
        self._still: float | None = None  # since when the robot stands
        self._aimed: float | None = None  # when the present attempt began
        self._aim: Aim | None = None
        self._attempt = 0
        self._good: dict[str, Reading] = {}
        self._faults: dict[str, str] = {}
        self._end: Step | None = None

    def step(self, now_s: float, where: Where, readings: Mapping[str, Reading]) -> Step:
        """What to do next.

        Args:
            now_s: robot's clock [s]; it does not run back.
            where: where the robot believes it is.
            readings: what has arrived since the last step, by sense; the newest of each.
        """
        if self._end is not None:
            return self._end
        if self._started is None:
            self._started = now_s
        far = aiming.distance(self.target, where)
        if not far <= aiming.MAX_DISTANCE_M:
            return self._fail("too far", f"{far:.1f} m from the target, at most {aiming.MAX_DISTANCE_M:g} m")
        if not self._stands(now_s, where):
            if now_s - max(self._started, self._aimed or -math.inf) > self.patience.settle_s + self.patience.patience_s:
                return self._fail("moving", "the robot did not stand still")
            return Step("wait")
        if self._aimed is None:
            return self._begin(now_s, where)
        self._take(where, readings)
        if self._complete():
            return self._done(now_s, where)
        if now_s - self._aimed > self.patience.patience_s + self._look.dwell_s:
            return self._out_of_patience(now_s, where)
        return Step("wait")

    def wanted(self, now_s: float) -> frozenset[str]:
        """Senses of which a reading taken from ``now_s`` on may count, and none has: others need not look."""
        if self._end is not None or self._aimed is None or self._still is None:
            return frozenset()
        if now_s < max(self._aimed, self._still) + self.patience.margin_s:
            return frozenset()
        return frozenset(sense for sense in self.awaited if self._open(sense))

    def _open(self, sense: str) -> bool:
        """Is a reading still of use? People are found in pictures by their warmth: these have to be of one moment."""
        good = self._good.get(sense)
        if good is None or sense not in self._together:
            return good is None
        newest = max(self._good[one].time_s for one in self._together if one in self._good)
        return newest - good.time_s > _TOGETHER_S

    def _stands(self, now_s: float, where: Where) -> bool:
        still = where.speed_mps < self.patience.still_mps and where.turning_radps < self.patience.still_radps
        if not still:
            self._still = None
        elif self._still is None:
            self._still = now_s
        return still

    def _begin(self, now_s: float, where: Where) -> Step:
        self._aimed, self._faults = now_s, {}
        self._good = {}
        self._aim = aiming.aim(self.target, where, self.rig, self._attempt)
        if self._aim is not None and not self._aim.inside and "zoom" in self._needs:
            return self._fail("too far", "the head cannot turn that far: stand so that the target is ahead")
        return Step("wait") if self._aim is None else Step("aim", aim=self._aim)

    def _take(self, where: Where, readings: Mapping[str, Reading]) -> None:
        for sense, reading in readings.items():
            if sense in self.rig.senses and self._open(sense) and self._counts(sense, reading):
                why = self._fault(reading, where)
                if why:
                    self._faults[sense] = why
                else:
                    self._good[sense] = reading
                    self._faults.pop(sense, None)

    def _counts(self, sense: str, reading: Reading) -> bool:
        """Is it of now, and does the head look where it should?"""
        if self._aimed is None or self._still is None:
            return False
        since = max(self._aimed, self._still) + self.patience.margin_s
        if sense.startswith("gas"):
            since += self._look.dwell_s
        if not reading.time_s >= since:
            return False
        if not self.rig.turns(sense) or not isinstance(reading, Image | ThermalImage) or self._aim is None:
            return True
        off = max(abs(reading.pose.pan_rad - self._aim.pan_rad), abs(reading.pose.tilt_rad - self._aim.tilt_rad))
        if sense != "zoom":  # a wider view need not be aimed so exactly
            return off <= _WIDER * self.patience.aim_rad
        return off <= self.patience.aim_rad and abs(reading.pose.zoom / self._aim.zoom - 1) <= self.patience.aim_zoom

    def _fault(self, reading: Reading, where: Where) -> str:
        if isinstance(reading, Image):
            smear = quality.blur_px(reading, where.turning_radps, self.rig.exposure_s)
            if smear > quality.MAX_BLUR_PX:
                return f"blurred: the picture moves by {smear:.0f} pixels"
        return quality.fault(reading) or self._hidden(reading, where)

    def _hidden(self, reading: Reading, where: Where) -> str:
        if isinstance(reading, DepthImage):
            rays = _views.depth_rays(where.pose, reading)
        elif isinstance(reading, Scan):
            rays = _views.scan_rays(where.pose, in_base(reading, self.rig.sensors["scan"]))
        else:
            return ""
        far = quality.covered(rays, self.target.look_at)
        return "" if far is None else f"occluded: something stands {far:.1f} m ahead, before the target"

    def _complete(self) -> bool:
        return not any(self._open(sense) for sense in self.awaited)

    def _out_of_patience(self, now_s: float, where: Where) -> Step:
        hidden = [s for s in ("depth", "scan") if self._faults.get(s, "").startswith("occluded")]
        bad = [sense for sense in self._needs if sense not in self._good]
        if not bad and not hidden:
            return self._done(now_s, where)  # what is missing was only wished for
        if self._attempt + 1 < self.patience.attempts:
            self._attempt += 1
            return self._begin(now_s, where)
        sense = hidden[0] if hidden else bad[0]
        why = self._faults.get(sense, "stale: nothing new has come")
        names: tuple[Failure, ...] = ("occluded", "blurred", "too dark", "broken")
        found: list[Failure] = [name for name in names if why.startswith(name)]
        return self._fail(found[0] if found else "stale", f"{sense}: {why}")

    def _done(self, now_s: float, where: Where) -> Step:
        readings = dict(self._good)
        scan, sensor = readings.get("scan"), self.rig.sensors.get("scan")
        if isinstance(scan, Scan) and sensor is not None:
            readings["scan"] = in_base(scan, sensor)
        capture = Capture(self.target, now_s, where.pose, where.position_std_m, where.yaw_std_rad, readings)
        missing = {s: self._faults.get(s, "stale: nothing new has come") for s in self.awaited if s not in readings}
        self._end = Step("done", capture=capture, missing=missing)
        return self._end

    def _fail(self, failure: Failure, why: str) -> Step:
        self._end = Step("failed", failure=failure, why=why)
        return self._end


def _costly(sense: str) -> bool:
    """Waited for only by those who need it: it comes once a second, or is one more picture."""
    return sense == "front" or sense.startswith("gas")


def _needs(needs: tuple[str, ...], rig: Rig, target: Target) -> tuple[str, ...]:
    """The rig's names for what is needed; what it does not have at all is left to the detectors, which will say so."""
    picture = "zoom" if "zoom" in rig.sensors else "wide"
    asked = {picture if need == "picture" else need for need in needs}
    if "gas" in asked and "gas" not in rig.senses:
        species = str(target.expected.get("species", ""))
        asked = {f"gas/{species}" if need == "gas" else need for need in asked}
    if "scan" in asked and "scan" not in rig.sensors:
        asked = (asked - {"scan"}) | {"depth"}
    return tuple(sense for sense in rig.senses if sense in asked)
