"""One message, the same on disk, on the wire and in a browser: JSON bytes under a named schema on a channel."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Finding, Inspection, Round
from rudel.core.types import Event

LEVELS = ("debug", "info", "warning", "error", "fatal")  # foxglove.LogLevel 1 to 5
KEPT_CHANNELS = frozenset({"event", "finding", "inspection", "round", "capture", "log"})
MAX_CHANNEL = 200  # characters

_HEAD = struct.Struct("<IdI?")  # bytes of the names, time_s, sequence, kept


@dataclass(frozen=True, slots=True)
class Message:
    """What is written, sent and read.

    Attributes:
        channel: for example "state/robot" or "camera/zoom".
        time_s: of what it tells, on the robot's clock [s].
        schema: name of the JSON schema, see :mod:`rudel.recording.schemas`.
        data: a JSON object, UTF-8; it begins with the exact "time_s".
        sequence: counts the messages of this channel in this stream, kept ones and others apart: a gap is a loss.
        kept: must not be dropped.
    """

    channel: str
    time_s: float
    schema: str
    data: bytes
    sequence: int = 0
    kept: bool = False

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return len(self.data)

    @property
    def time_ns(self) -> int:
        """Nanoseconds as MCAP and the WebSocket count them."""
        return nanoseconds(self.time_s)

    def pack(self) -> bytes:
        """All of it as bytes."""
        names = json.dumps([self.channel, self.schema]).encode()
        return _HEAD.pack(len(names), self.time_s, self.sequence, self.kept) + names + self.data

    @classmethod
    def unpack(cls, packed: bytes) -> Message:
        """What :meth:`pack` made; ValueError where it is something else."""
        try:
            size, time_s, sequence, kept = _HEAD.unpack_from(packed)
            channel, schema = json.loads(packed[_HEAD.size : _HEAD.size + size])
        except (struct.error, TypeError) as error:
            raise ValueError(f"no message: {error}") from error
        return cls(str(channel), time_s, str(schema), packed[_HEAD.size + size :], sequence, kept)


class Entry(NamedTuple):
    """One message as it is read back: ``message`` is the thing that was published, or a dict of what was in it."""

    channel: str
    time_s: float
    message: Any
    kept: bool


@dataclass(frozen=True)
class Log:
    """A line for people: level is one of LEVELS, ``name`` says who speaks."""

    level: str
    message: str
    name: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UnknownName("level of a log line", self.level, LEVELS)


@dataclass(frozen=True, eq=False)
class GridMap:
    """A map of cells to look at.

    Attributes:
        cells: (rows, columns), uint8 or float32; row 0 is the one with the smallest y.
        origin_xy: corner of cell (0, 0) with the smallest x and y, in ``frame`` [m].
        cell_m: edge of a cell [m].
        name: of what the cells hold.
    """

    cells: NDArray[np.uint8] | NDArray[np.float32]
    origin_xy: tuple[float, float]
    cell_m: float
    frame: str = "map"
    name: str = "cost"

    def __post_init__(self) -> None:
        cells = _frozen(self.cells)
        if cells.ndim != 2 or cells.dtype not in (np.uint8, np.float32):
            raise BadInput(f"cells of a map are (rows, columns) of uint8 or float32, not {cells.dtype} {cells.shape}")
        object.__setattr__(self, "cells", cells)


def _frozen(value: ArrayLike) -> NDArray[Any]:
    array = np.array(value)
    array.flags.writeable = False
    return array


def nanoseconds(time_s: float) -> int:
    """``time_s`` in nanoseconds, within what 64 bits can say; ``time_s`` itself is kept exactly beside it."""
    return round(min(max(time_s, 0.0), 1.8e10) * 1e9)


def is_kept(channel: str, thing: object) -> bool:
    """Whether it must not be dropped unless somebody says otherwise."""
    return channel in KEPT_CHANNELS or isinstance(thing, Event | Finding | Inspection | Round | Log)


def check(channel: str, time_s: float) -> None:
    """BadInput for a channel without a usable name or a time that is none."""
    if not channel or len(channel) > MAX_CHANNEL or not channel.isprintable():
        raise BadInput(f"channel {channel!r}: give a printable name of 1 to {MAX_CHANNEL} characters")
    if not math.isfinite(time_s):
        raise BadInput(f"message on {channel!r}: time_s is {time_s}, must be a finite number of seconds")
