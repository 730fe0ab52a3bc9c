"""What is published -> the JSON of its message. The inverse is :mod:`rudel.recording.decode`."""

from __future__ import annotations

import binascii
import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.findings import Finding, Inspection, Round, to_plain
from rudel.core.readings import DepthImage, GasReading, Image, Intrinsics, Odometry, Scan, ThermalImage
from rudel.core.types import Event, JointTargets, Pose, RobotState, Twist
from rudel.recording.messages import LEVELS, GridMap, Log, nanoseconds

JPEG_QUALITY = 85
PNG_LEVEL = 1  # zlib's fastest: rendered and real pictures grow by about a tenth, at a third of the time
UINT8, UINT16, FLOAT32 = 1, 3, 7  # foxglove.NumericType
POINT = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("intensity", "<f4"), ("offset_s", "<f4"), ("ring", "<u2")])
UPRIGHT = (1.0, 0.0, 0.0, 0.0)

# Frozen things with read-only arrays: they may be encoded later, in another thread.
DEFERRED = (Image, ThermalImage, DepthImage, Scan, GridMap, RobotState, JointTargets, Pose, Odometry, Twist, GasReading)

Encoded = tuple[str, bytes]  # name of the schema, JSON
Parts = tuple[str, dict[str, Any], bytes | None]  # name of the schema, fields, what belongs into "data"


def encode(thing: object, time_s: float, *, lossless: bool = False, more: Mapping[str, Any] | None = None) -> Encoded:
    """The schema's name and the JSON of ``thing``.

    Args:
        thing: a reading, a state, an event, a finding, a Mapping or any dataclass.
        time_s: of the message [s].
        lossless: pictures as PNG instead of JPEG.
        more: further fields of the object.

    Raises:
        BadInput: it has no JSON form.
    """
    schema, fields, blob = _parts(thing, lossless)
    stamp = nanoseconds(time_s)
    head = {
        "time_s": float(time_s),
        "timestamp": {"sec": stamp // 10**9, "nsec": stamp % 10**9},
        "rudel": _tag(thing),
        **fields,
        **(more or {}),
    }
    try:
        body = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # a sensor said NaN
        body = json.dumps(plain(head), allow_nan=False, separators=(",", ":")).encode()
    if blob is None:
        return schema, body
    # by hand: json.dumps would look at every one of a million characters that are known to need no escape
    return schema, b"".join((body[:-1], b',"data":"', binascii.b2a_base64(blob, newline=False), b'"}'))


def size_of(thing: object) -> int:
    """Bytes that ``thing`` holds in memory, roughly: what counts are its arrays."""
    arrays = [value for value in getattr(thing, "__dict__", {}).values() if isinstance(value, np.ndarray)]
    return 256 + sum(array.nbytes for array in arrays)


def plain(value: Any) -> Any:
    """As JSON can say it: arrays as lists, dataclasses as objects, numbers that are not finite as null."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item) for item in value]
    raise BadInput(f"{type(value).__name__} has no JSON form: give numbers, text, lists, mappings or dataclasses")


def pose(position: Sequence[float] | NDArray[Any], quat: Sequence[float] | NDArray[Any]) -> dict[str, Any]:
    """foxglove.Pose of position (3,) [m] and quat (4,) wxyz."""
    x, y, z = (float(v) for v in position)
    qw, qx, qy, qz = (float(v) for v in quat)
    return {"position": {"x": x, "y": y, "z": z}, "orientation": {"x": qx, "y": qy, "z": qz, "w": qw}}


def _tag(thing: object) -> str:
    return "Mapping" if isinstance(thing, Mapping) else type(thing).__name__


def _parts(thing: object, lossless: bool) -> Parts:
    for kind, make in _MAKERS.items():
        if isinstance(thing, kind):
            return make(thing, lossless)
    if isinstance(thing, Mapping) or (dataclasses.is_dataclass(thing) and not isinstance(thing, type)):
        return "rudel.Plain", {"data": plain(thing)}, None
    raise BadInput(f"{type(thing).__name__} cannot be published: give a type of rudel.core, a dataclass or a mapping")


def _image(image: Image, lossless: bool) -> Parts:
    flags = (cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL) if lossless else (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
    kind = "png" if lossless else "jpeg"
    done, coded = cv2.imencode(f".{kind}", cv2.cvtColor(image.pixels, cv2.COLOR_RGB2BGR), flags)
    if not done:
        raise BadInput(f"picture {image.pixels.shape} of {image.frame!r} cannot be written as {kind}")
    fields = {"frame_id": image.frame, "format": kind, **_camera(image)}
    return "foxglove.CompressedImage", fields, coded.tobytes()


def _camera(image: Image | ThermalImage | DepthImage) -> dict[str, Any]:
    intrinsics: Intrinsics = image.intrinsics
    return {"intrinsics": dataclasses.asdict(intrinsics), "camera": plain(image.pose), "taken_s": image.time_s}


def _floats(image: ThermalImage | DepthImage, _: bool) -> Parts:
    values = image.celsius if isinstance(image, ThermalImage) else image.depth_m
    height, width = values.shape
    fields = {"frame_id": image.frame, "width": width, "height": height, "encoding": "32FC1", "step": 4 * width}
    return "foxglove.RawImage", fields | _camera(image), values.astype("<f4").tobytes()


def _scan(scan: Scan, _: bool) -> Parts:
    points = np.empty(len(scan.points), POINT)
    points["x"], points["y"], points["z"] = scan.points.T
    points["intensity"], points["offset_s"], points["ring"] = scan.intensity, scan.offsets_s, scan.ring
    fields = {
        "frame_id": scan.frame,
        "pose": pose((0.0, 0.0, 0.0), UPRIGHT),
        "point_stride": POINT.itemsize,
        "fields": [
            {"name": name, "offset": 4 * i, "type": UINT16 if name == "ring" else FLOAT32}
            for i, name in enumerate(POINT.names or ())
        ],
        "taken_s": scan.time_s,
    }
    return "foxglove.PointCloud", fields, points.tobytes()


def _grid(grid: GridMap, _: bool) -> Parts:
    columns = grid.cells.shape[1]
    size = grid.cells.itemsize
    fields = {
        "frame_id": grid.frame,
        "pose": pose((*grid.origin_xy, 0.0), UPRIGHT),
        "column_count": columns,
        "cell_size": {"x": grid.cell_m, "y": grid.cell_m},
        "row_stride": columns * size,
        "cell_stride": size,
        "fields": [{"name": grid.name, "offset": 0, "type": UINT8 if size == 1 else FLOAT32}],
    }
    return "foxglove.Grid", fields, grid.cells.tobytes()


def _odometry(odometry: Odometry, _: bool) -> Parts:
    more = {"velocity": plain(odometry.velocity), "gyro": plain(odometry.gyro), "taken_s": odometry.time_s}
    fields = {"frame_id": odometry.frame, "pose": pose(odometry.position, odometry.quat)}
    return "foxglove.PoseInFrame", fields | more, None


def _gas(reading: GasReading, _: bool) -> Parts:
    fields = {"frame_id": reading.frame, "gas": reading.gas, "ppm": plain(reading.ppm), "taken_s": reading.time_s}
    return "rudel.GasReading", fields, None


def _event(event: Event, _: bool) -> Parts:
    fields = {"kind": event.kind, "source": event.source, "happened_s": event.time_s, "data": plain(event.data)}
    return "rudel.Event", fields, None


def _log(log: Log, _: bool) -> Parts:
    level = LEVELS.index(log.level) + 1
    return "foxglove.Log", {"level": level, "message": log.message, "name": log.name, "file": "", "line": 0}, None


def _pose(stamped: Pose, _: bool) -> Parts:
    return "foxglove.PoseInFrame", {"frame_id": stamped.frame, "pose": pose(stamped.position, stamped.quat)}, None


def _judged(thing: Finding | Inspection | Round, _: bool) -> Parts:
    return f"rudel.{type(thing).__name__}", {"data": plain(to_plain(thing))}, None


def _state(state: RobotState, _: bool) -> Parts:
    fields = {f.name: plain(getattr(state, f.name)) for f in dataclasses.fields(state) if f.name != "time_s"}
    return "rudel.RobotState", fields | {"taken_s": state.time_s}, None


def _numbers(thing: JointTargets | Twist, _: bool) -> Parts:
    return f"rudel.{type(thing).__name__}", plain(thing), None


_MAKERS: dict[type, Callable[[Any, bool], Parts]] = {
    Image: _image,
    ThermalImage: _floats,
    DepthImage: _floats,
    Scan: _scan,
    GridMap: _grid,
    Odometry: _odometry,
    GasReading: _gas,
    Event: _event,
    Log: _log,
    Pose: _pose,
    RobotState: _state,
    JointTargets: _numbers,
    Twist: _numbers,
    Finding: _judged,
    Inspection: _judged,
    Round: _judged,
}
