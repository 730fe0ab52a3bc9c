"""JSON schemas of our messages. Those named foxglove.* are the viewers' own (field names and types as in Foxglove's
published schemas, 2.1); viewers know them by name and allow the further fields that ours have.

Every message has ``time_s`` (exact, float, the robot's clock), ``timestamp`` (the same as Foxglove writes it) and
``rudel``, the name of the type that it is read back as.
"""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
MAYBE: Schema = {"type": ["number", "null"]}  # null where the number was not finite
COUNT: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
BYTES: Schema = {"type": "string", "contentEncoding": "base64"}
ANY: Schema = {"type": "object"}


def _object(title: str = "", /, **properties: Schema) -> Schema:
    named = {"title": title} if title else {}
    return {**named, "type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TIME = {**_object(sec=COUNT, nsec=COUNT), "title": "time"}
VECTOR = _object("foxglove.Vector3", x=NUMBER, y=NUMBER, z=NUMBER)
QUATERNION = _object("foxglove.Quaternion", x=NUMBER, y=NUMBER, z=NUMBER, w=NUMBER)
POSE = _object("foxglove.Pose", position=VECTOR, orientation=QUATERNION)
FIELD = _object("foxglove.PackedElementField", name=TEXT, offset=COUNT, type=COUNT)
VECTOR2 = _object("foxglove.Vector2", x=NUMBER, y=NUMBER)

_FIELDS: dict[str, dict[str, Schema]] = {
    "foxglove.CompressedImage": {"frame_id": TEXT, "data": BYTES, "format": TEXT},
    "foxglove.RawImage": {
        "frame_id": TEXT,
        "width": COUNT,
        "height": COUNT,
        "encoding": TEXT,
        "step": COUNT,
        "data": BYTES,
    },
    "foxglove.PointCloud": {
        "frame_id": TEXT,
        "pose": POSE,
        "point_stride": COUNT,
        "fields": _list(FIELD),
        "data": BYTES,
    },
    "foxglove.PoseInFrame": {"frame_id": TEXT, "pose": POSE},
    "foxglove.Log": {"level": COUNT, "message": TEXT, "name": TEXT, "file": TEXT, "line": COUNT},
    "foxglove.Grid": {
        "frame_id": TEXT,
        "pose": POSE,
        "column_count": COUNT,
        "cell_size": VECTOR2,
        "row_stride": COUNT,
        "cell_stride": COUNT,
        "fields": _list(FIELD),
        "data": BYTES,
    },
    "rudel.RobotState": {name: _list(MAYBE) for name in ("q", "dq", "tau", "quat", "gyro", "accel", "contact")},
    "rudel.JointTargets": {name: _list(MAYBE) for name in ("q", "dq", "tau", "kp", "kd")},
    "rudel.Twist": {"vx": MAYBE, "vy": MAYBE, "wz": MAYBE},
    "rudel.Event": {"kind": TEXT, "source": TEXT, "data": ANY},
    "rudel.GasReading": {"frame_id": TEXT, "gas": TEXT, "ppm": MAYBE},
    "rudel.Capture": {"id": TEXT, "target": ANY, "frame_id": TEXT, "pose": POSE, "senses": _list(TEXT)},
    "rudel.Finding": {"data": ANY},
    "rudel.Inspection": {"data": ANY},
    "rudel.Round": {"data": ANY},
    "rudel.Plain": {"data": ANY},
}

SCHEMAS: dict[str, Schema] = {name: _object(name, timestamp=TIME, **fields) for name, fields in _FIELDS.items()}
for _name, _schema in SCHEMAS.items():
    _schema["properties"]["time_s"] = NUMBER
    _schema["properties"]["rudel"] = TEXT


def text(name: str) -> str:
    """The schema ``name`` as JSON; any object where we do not know it."""
    return json.dumps(SCHEMAS.get(name, ANY), separators=(",", ":"))
