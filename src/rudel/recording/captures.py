"""Looks at inspection points: written so that detectors can look again, bit by bit at the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput
from rudel.core.findings import Capture, to_plain
from rudel.core.readings import Reading
from rudel.recording.decode import fields_of, pose_of, target_of, thing_of
from rudel.recording.encode import pose
from rudel.recording.messages import Message
from rudel.recording.read import read_messages
from rudel.recording.stream import Stream

CHANNEL = "capture"
SENSES = {"wide": "camera/wide", "zoom": "camera/zoom", "front": "camera/front"}
UNFINISHED = 8  # captures of which the readings come interleaved, at most


def channel_of(sense: str) -> str:
    """Channel of a capture's sense: "zoom" -> "camera/zoom", "gas/CH4" -> "gas", "thermal" -> "thermal"."""
    return SENSES.get(sense, sense.partition("/")[0])


def record_capture(stream: Stream, capture: Capture) -> None:
    """Publish ``capture``: its readings on their channels, without loss and never dropped, then what ties them
    together.

    The blanking hook of the stream sees the pictures first: whoever wants that a replay sees what detectors saw gives
    them blanked pictures as well.
    """
    key = f"{capture.target.point}@{capture.time_s!r}"
    for sense, reading in sorted(capture.readings.items()):
        time_s = reading.time_s if math.isfinite(reading.time_s) else capture.time_s
        more = {"capture": key, "sense": sense}
        stream.publish(channel_of(sense), time_s, reading, keep=True, lossless=True, more=more)
    told = {
        "capture": key,
        "target": to_plain(capture.target),
        "looked_s": capture.time_s,
        "position_std_m": _number(capture.position_std_m),
        "yaw_std_rad": _number(capture.yaw_std_rad),
        "senses": sorted(capture.readings),
        "frame_id": capture.pose.frame,
        "pose": pose(capture.pose.position, capture.pose.quat),
    }
    stream.publish(CHANNEL, capture.time_s, told, keep=True)


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)  # "inf" and "nan", which float() reads back


def captures(recording: Path | str) -> Iterator[Capture]:
    """All captures in order; one whose readings are not all there (the recording was cut) is left out.

    Raises:
        BadInput: there is no recording, or it is damaged otherwise than by an end that came too early.
    """
    waiting: dict[str, dict[str, Reading]] = {}
    channels = [CHANNEL, "camera/*", "thermal", "depth", "scan", "gas", "odometry"]
    for message in read_messages(recording, channels):
        if not message.kept:
            continue
        fields = fields_of(message)
        if message.channel == CHANNEL:
            told = fields.get("data")
            if not isinstance(told, dict):
                raise BadInput(f"capture at {message.time_s} s is damaged: it has no data")
            readings = waiting.pop(str(told.get("capture")), {})
            if sorted(readings) == told.get("senses"):
                yield _capture(told, readings, message)
        elif "capture" in fields and "sense" in fields:
            while len(waiting) > UNFINISHED:
                del waiting[next(iter(waiting))]  # the recording was cut within it
            waiting.setdefault(str(fields["capture"]), {})[str(fields["sense"])] = thing_of(fields, message)


def _capture(told: dict[str, Any], readings: dict[str, Reading], message: Message) -> Capture:
    try:
        return Capture(
            target_of(told["target"]),
            float(told["looked_s"]),
            pose_of(told),
            float(told["position_std_m"]),
            float(told["yaw_std_rad"]),
            readings,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"capture at {message.time_s} s is damaged: {error}") from error
