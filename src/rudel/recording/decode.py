"""The JSON of a message -> what was published. What cannot be read is BadInput with the channel and the reason."""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.core.errors import BadInput
from rudel.core.findings import Target, finding_of, inspection_of, round_of
from rudel.core.readings import (
    CameraPose,
    DepthImage,
    GasReading,
    Image,
    Intrinsics,
    Odometry,
    Scan,
    ThermalImage,
)
from rudel.core.types import Event, JointTargets, Pose, RobotState, Twist
from rudel.recording.encode import POINT
from rudel.recording.messages import LEVELS, GridMap, Log, Message

Fields = dict[str, Any]


def fields_of(message: Message) -> Fields:
    """The JSON object in ``message``."""
    try:
        fields = json.loads(message.data)
    except ValueError as error:
        raise BadInput(f"message on {message.channel!r} at {message.time_s} s is no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadInput(f"message on {message.channel!r} at {message.time_s} s is no JSON object")
    return fields


def decode(message: Message) -> Any:
    """The thing in ``message``; mappings, dataclasses that are not of rudel.core, and foreign messages as a dict."""
    return thing_of(fields_of(message), message)


def thing_of(fields: Fields, message: Message) -> Any:
    """The same where the JSON is parsed already."""
    tag = fields.get("rudel")
    read = _READERS.get(tag) if isinstance(tag, str) else None
    try:
        if read is not None:
            return read(fields)
        return fields["data"] if message.schema == "rudel.Plain" else fields
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, BadInput, cv2.error) as error:
        raise BadInput(
            f"{tag or 'message'} on {message.channel!r} at {message.time_s} s is damaged: {error}"
        ) from error


def target_of(plain: Fields) -> Target:
    """The target that to_plain wrote."""
    x, y, z = (float(v) for v in plain["look_at"])
    return Target(str(plain["point"]), str(plain["kind"]), (x, y, z), dict(plain["expected"]))


def pose_of(fields: Fields) -> Pose:
    """From ``frame_id`` and ``pose``."""
    p, q = fields["pose"]["position"], fields["pose"]["orientation"]
    return Pose(_array([p["x"], p["y"], p["z"]]), _array([q["w"], q["x"], q["y"], q["z"]]), fields["frame_id"])


def _blob(fields: Fields) -> bytes:
    return binascii.a2b_base64(fields["data"])


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _array(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([_number(v) for v in values])


def _camera(fields: Fields) -> tuple[Intrinsics, CameraPose]:
    camera = dict(fields["camera"])
    where = CameraPose(
        _array(camera["position"]),
        _array(camera["quat"]),
        _number(camera["pan_rad"]),
        _number(camera["tilt_rad"]),
        _number(camera["zoom"]),
    )
    return Intrinsics(**fields["intrinsics"]), where


def _image(fields: Fields) -> Image:
    coded = np.frombuffer(_blob(fields), np.uint8)
    pixels = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("the picture cannot be decoded")
    intrinsics, where = _camera(fields)
    return Image(
        _number(fields["taken_s"]),
        fields["frame_id"],
        np.ascontiguousarray(pixels[:, :, ::-1], np.uint8),
        intrinsics,
        where,
    )


def _floats(fields: Fields) -> NDArray[np.float32]:
    return np.frombuffer(_blob(fields), "<f4").astype(np.float32).reshape(fields["height"], fields["width"])


def _thermal(fields: Fields) -> ThermalImage:
    return ThermalImage(_number(fields["taken_s"]), fields["frame_id"], _floats(fields), *_camera(fields))


def _depth(fields: Fields) -> DepthImage:
    return DepthImage(_number(fields["taken_s"]), fields["frame_id"], _floats(fields), *_camera(fields))


def _scan(fields: Fields) -> Scan:
    points = np.frombuffer(_blob(fields), POINT)
    xyz = np.stack([points["x"], points["y"], points["z"]], axis=1)
    offsets, ring, intensity = (np.ascontiguousarray(points[name]) for name in ("offset_s", "ring", "intensity"))
    return Scan(_number(fields["taken_s"]), fields["frame_id"], xyz, offsets, ring, intensity)


def _grid(fields: Fields) -> GridMap:
    flat = np.frombuffer(_blob(fields), np.uint8)
    cells = (flat if fields["cell_stride"] == 1 else flat.view(np.float32)).reshape(-1, fields["column_count"])
    corner = fields["pose"]["position"]
    name = fields["fields"][0]["name"]
    return GridMap(cells, (corner["x"], corner["y"]), fields["cell_size"]["x"], fields["frame_id"], name)


def _odometry(fields: Fields) -> Odometry:
    pose = pose_of(fields)
    velocity, gyro = _array(fields["velocity"]), _array(fields["gyro"])
    return Odometry(_number(fields["taken_s"]), pose.frame, pose.position, pose.quat, velocity, gyro)


def _state(fields: Fields) -> RobotState:
    arrays = {name: _array(fields[name]) for name in ("q", "dq", "tau", "quat", "gyro", "accel", "contact")}
    return RobotState(time_s=_number(fields["taken_s"]), **arrays)


_READERS: dict[str, Callable[[Fields], Any]] = {
    "Image": _image,
    "ThermalImage": _thermal,
    "DepthImage": _depth,
    "Scan": _scan,
    "GridMap": _grid,
    "Odometry": _odometry,
    "GasReading": lambda f: GasReading(_number(f["taken_s"]), f["frame_id"], f["gas"], _number(f["ppm"])),
    "Event": lambda f: Event(f["kind"], _number(f["happened_s"]), f["data"], f["source"]),
    "Log": lambda f: Log(LEVELS[f["level"] - 1], f["message"], f["name"]),
    "Pose": pose_of,
    "RobotState": _state,
    "JointTargets": lambda f: JointTargets(*(_array(f[name]) for name in ("q", "dq", "tau", "kp", "kd"))),
    "Twist": lambda f: Twist(_number(f["vx"]), _number(f["vy"]), _number(f["wz"])),
    "Finding": lambda f: finding_of(f["data"]),
    "Inspection": lambda f: inspection_of(f["data"]),
    "Round": lambda f: round_of(f["data"]),
}
