"""A look at one point: shot, blanked, recorded, shown to the detectors; with pictures for people as evidence."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.cli._replay_round import SMELT
from rudel.core import frames
from rudel.core.findings import Capture, Evidence, Finding, Inspection
from rudel.core.readings import GasReading, Image, Reading, ThermalImage
from rudel.core.types import Pose
from rudel.inspection import detector
from rudel.inspection.blanking import Blanking
from rudel.inspection.detector import Detector, History
from rudel.inspection.detectors.change import Change
from rudel.inspection.detectors.gas import Gas
from rudel.inspection.rig import Rig, Where
from rudel.inspection.shot import Shot
from rudel.missions import Look
from rudel.missions.ports import Running
from rudel.navigation.types import Estimate
from rudel.recording import Stream, record_capture
from rudel.recording.captures import channel_of
from rudel.runtime.priority import step_behind

QUALITY = 88  # of JPEG pictures
Histories = Callable[[str], History]


def where_of(estimate: Estimate) -> Where:
    """Pose, doubt and movement of a robot, for shots."""
    variance = np.diag(estimate.covariance)
    vx, vy, _, *turning = estimate.twist.tolist()
    return Where(
        estimate.pose,
        float(np.sqrt(max(variance[:2].max(), 0.0))),
        float(np.sqrt(max(variance[5], 0.0))),
        math.hypot(vx, vy),
        math.hypot(*turning),
    )


class Inspector:
    """What looks at captures; its detectors are made once.

    Args:
        folder: of the round; pictures go below it.
        stream: where captures and inspections are published.
        blanking: sees each picture first.
        history: earlier inspections of a point.
        change: what earlier rounds saw, to compare with.
        inlet: (3,) of the gas sensors in the base [m].
        alarm: told of every finding at once; must not wait.
        wait: True: whoever asks waits for the answer, so that a simulation gives the same every time; False: detectors
            work beside the control loop.
    """

    def __init__(
        self,
        folder: Path,
        stream: Stream,
        blanking: Blanking,
        history: Histories,
        change: Change,
        inlet: NDArray[np.floating],
        alarm: Callable[[Finding], None],
        *,
        wait: bool,
    ) -> None:
        self.folder, self._stream, self._blanking, self._history, self._wait = folder, stream, blanking, history, wait
        self.gas, self.change, self._inlet, self._alarm = Gas(), change, inlet, alarm
        self._made: dict[str, Detector] = {self.gas.name: self.gas, change.name: change}
        self._seen: list[Capture] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="detectors", initializer=step_behind)

    def close(self) -> None:
        """Leave what has not been looked at."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def limits(self) -> dict[str, str]:
        """What the detectors that looked cannot do, for people."""
        return {name: made.limits for name, made in sorted(self._made.items())}

    def smell(self, pose: Pose, reading: GasReading) -> None:
        """A gas reading on the way, with where the robot believed it was."""
        x, y, z = (pose.position + frames.rotate(pose.quat, self._inlet)).tolist()
        self.gas.feed((x, y, z), reading)
        if math.isfinite(reading.ppm) and math.isfinite(reading.time_s):
            told = {"gas": reading.gas, "ppm": reading.ppm, "time_s": reading.time_s, "at": (x, y, z)}
            self._stream.publish(SMELT, reading.time_s, told, keep=True)

    def learn(self) -> None:
        """Take what was seen in this round into what the next ones are compared with."""
        for capture in self._seen:
            self.change.learn(capture)
        self._seen.clear()

    def begin(self, look: Look, capture: Capture) -> Future[tuple[Inspection, ...]]:
        """Have it looked at."""
        job = self._pool.submit(self._inspect, look, capture)
        if self._wait:
            job.exception()  # waits; what was thrown is looked at by whoever asks for the result
        return job

    def _inspect(self, look: Look, capture: Capture) -> tuple[Inspection, ...]:
        capture = self._blank(capture)
        record_capture(self._stream, capture)
        space = {sense: reading for sense, reading in capture.readings.items() if sense in ("scan", "depth")}
        self._seen.append(dataclasses.replace(capture, readings=space))
        pictures = self._save(capture)
        names = [name for name in wanted(look) if name != self.change.name or self._known(capture.target.point)]
        found = [self._look(name, capture, look) for name in names]
        done = tuple(_with_pictures(one, pictures) for one in found)
        for one in done:
            self._stream.publish("inspection", one.time_s, one)
            for finding in one.findings:
                self._alarm(finding)
        return done

    def _known(self, point: str) -> bool:
        """Has an earlier round seen this point? Before that, there is nothing to compare with, and nothing to say."""
        return point in self.change.references

    def _look(self, name: str, capture: Capture, look: Look) -> Inspection:
        if name not in self._made:
            try:
                self._made[name] = detector.make(name)
            except Exception as error:  # a model that is not there costs the inspections of its own detector, no more
                return detector.failed(name, capture, f"it cannot be made: {error}")
        found = detector.look(self._made[name], capture, self._history(capture.target.point))
        if found.status in ("normal", "abnormal") and found.confidence < look.min_confidence:
            why = f"confidence {found.confidence:.2f} is below {look.min_confidence:g}"
            return dataclasses.replace(found, status="abstained", why=why, findings=())
        return found

    def _blank(self, capture: Capture) -> Capture:
        thermal = capture.readings.get("thermal")
        warm = thermal if isinstance(thermal, ThermalImage) else None
        readings = {
            sense: self._blanking(reading, warm) if isinstance(reading, Image) else reading
            for sense, reading in capture.readings.items()
        }
        return dataclasses.replace(capture, readings=readings)

    def _save(self, capture: Capture) -> dict[str, str]:
        """Pictures for people: channel -> path relative to the round's folder."""
        (self.folder / "pictures").mkdir(parents=True, exist_ok=True)
        saved: dict[str, str] = {}
        for sense, reading in capture.readings.items():
            pixels = picture_of(reading)
            if pixels is not None:
                path = f"pictures/{file_name(capture.target.point)}-{capture.time_s:.1f}-{sense}.jpg"
                good = cv2.imwrite(str(self.folder / path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
                if good:
                    saved[channel_of(sense)] = path
        return saved


class Looking:
    """Step it every control period; then its inspections are there, or the reason why not.

    Attributes:
        aim: asked for now, once: pan, tilt [rad], zoom.
    """

    def __init__(self, look: Look, rig: Rig, inspector: Inspector) -> None:
        self.look, self._inspector = look, inspector
        self._shot = Shot(look.target, rig, look.senses)
        self._job: Future[tuple[Inspection, ...]] | None = None
        self._status: Running = "running"
        self._reason = ""
        self.inspections: Sequence[Inspection] = ()
        self.aim: tuple[float, float, float] | None = None

    def wanted(self, now_s: float) -> frozenset[str]:
        """Senses that have to look now."""
        return self._shot.wanted(now_s) if self._status == "running" and self._job is None else frozenset()

    @property
    def status(self) -> Running:
        return self._status

    @property
    def reason(self) -> str:
        return self._reason

    def cancel(self) -> None:
        """Leave it."""
        if self._status == "running":
            self._status, self._reason = "failed", "cancelled"

    def step(self, now_s: float, where: Where, readings: Mapping[str, Reading]) -> None:
        """One control period."""
        if self._status != "running":
            return
        if self._job is None:
            step = self._shot.step(now_s, where, readings)
            if step.kind == "aim" and step.aim is not None:
                self.aim = (step.aim.pan_rad, step.aim.tilt_rad, step.aim.zoom)
            elif step.kind == "failed":
                self._status, self._reason = "failed", step.why
            elif step.kind == "done" and step.capture is not None:
                self._job = self._inspector.begin(self.look, step.capture)
        if self._job is not None and self._job.done():
            error = self._job.exception()
            if error is not None:
                self._status, self._reason = "failed", str(error)
            else:
                self._status, self.inspections = "succeeded", self._job.result()


def file_name(text: str) -> str:
    """``text`` as a part of a file's name: missions may call points and themselves what they like."""
    return re.sub(r"[^\w.-]+", "_", text).strip(".") or "_"


def wanted(look: Look) -> tuple[str, ...]:
    """Names of the detectors that are to look: those that were named, else all, that are for such a thing."""
    kind = look.target.kind
    names = detector.names() if look.detectors is None else look.detectors
    return tuple(name for name in names if not detector.kinds_of(name) or kind in detector.kinds_of(name))


def picture_of(reading: Reading) -> np.ndarray | None:
    """(height, width, 3) RGB for people; None: it is no picture."""
    if isinstance(reading, Image):
        return reading.pixels
    if isinstance(reading, ThermalImage):
        celsius = np.nan_to_num(reading.celsius, nan=0.0)
        low, high = float(np.quantile(celsius, 0.01)), float(celsius.max())
        grey = np.clip((celsius - low) * (255 / max(high - low, 5.0)), 0, 255).astype(np.uint8)
        return np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)[..., ::-1])
    return None


def _with_pictures(one: Inspection, pictures: Mapping[str, str]) -> Inspection:
    """Evidence that points to the saved pictures."""

    def shown(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        return tuple(dataclasses.replace(e, path=e.path or pictures.get(e.channel, "")) for e in evidence)

    findings = tuple(dataclasses.replace(f, evidence=shown(f.evidence)) for f in one.findings)
    return dataclasses.replace(one, evidence=shown(one.evidence), findings=findings)
