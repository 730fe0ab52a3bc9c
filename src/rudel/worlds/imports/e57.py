"""E57, the exchange format of terrestrial laser scanners: points of all scans, in the frame of the file.

Format: ASTM E2807-11, as libE57Format reads it. Checksums of pages are not verified: damage shows as odd points or as
an error. Images and colours are passed over.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._bits import Stream
from rudel.worlds.imports._source import CHUNK, Cloud, Facts

WHAT = "E57 laser scan"
SUFFIXES = (".e57",)

_HEAD = struct.Struct("<8sIIQQQQ")
_PAGE, _SUM = 1024, 4  # bytes of a page and of the checksum at its end
_MAX_XML = 64 << 20
_SPACE = "{http://www.astm.org/COMMIT/E57/2010-e57-v1.0}"
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_DATA_PACKET = 1


@dataclass(frozen=True)
class _Scan:
    start: int  # physical offset of the section
    count: int
    streams: tuple[tuple[str, Stream], ...]
    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]


def read(path: Path) -> Cloud:
    """All scans of the file, each moved by its pose."""
    with Bytes(path, "E57 file") as file:
        scans = _scans(file)
        count = sum(scan.count for scan in scans)
        if count == 0:
            raise file.bad("none of its scans has points")
        facts = Facts(1.0, None, "E57 files are in metres", "z", "scanners stand upright", plumb=False)
        return Cloud(lambda: _points(path, scans), count, facts)


def _scans(file: Bytes) -> list[_Scan]:
    signature, major, minor, length, at, size, page = _HEAD.unpack(file.take(0, _HEAD.size))
    if signature != b"ASTM-E57" or major != 1 or page != _PAGE:
        raise file.bad(f"its version is {major}.{minor} with pages of {page} bytes")
    if length > file.size or size > _MAX_XML:
        raise file.bad(f"it should have {length} bytes and has {file.size}: it is cut off. Fetch it again")
    text = _Pages(file, at).take(size)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise file.bad("its description defines entities, which E57 files do not")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise file.bad(f"its description is damaged ({error})") from None
    return [_scan(file, node) for node in root.iterfind(f"{_SPACE}data3D/{_SPACE}vectorChild")]


def _scan(file: Bytes, node: ElementTree.Element) -> _Scan:
    points = node.find(f"{_SPACE}points")
    prototype = None if points is None else points.find(f"{_SPACE}prototype")
    if points is None or prototype is None:
        raise file.bad("a scan has no description of its points")
    streams = tuple((child.tag.removeprefix(_SPACE), _stream(file, child)) for child in prototype)
    names = {name for name, _ in streams}
    if not (set(_CARTESIAN) <= names or set(_SPHERICAL) <= names):
        raise file.bad(f"a scan has {', '.join(sorted(names)) or 'nothing'} and no coordinates")
    count = int(_number(file, points.get("recordCount")))
    bits = sum(stream.bits for _, stream in streams)
    if count < 0 or count * bits > 8 * file.size:
        raise file.bad(f"it promises {count} points and has {file.size} bytes in all. Fetch it again")
    if bits == 0 and count > CHUNK:
        raise file.bad(f"its {count} points are all the same")
    pose = node.find(f"{_SPACE}pose")
    rotation, shift = np.eye(3), np.zeros(3)
    if pose is not None:
        rotation = _rotation(file, [_child(file, pose, f"rotation/{k}", float(k == "w")) for k in "wxyz"])
        shift = np.array([_child(file, pose, f"translation/{k}", 0.0) for k in "xyz"])
    return _Scan(int(_number(file, points.get("fileOffset"))), count, streams, rotation, shift)


def _stream(file: Bytes, node: ElementTree.Element) -> Stream:
    kind = node.get("type")
    if kind == "Float":
        return Stream.floats(single=node.get("precision") == "single")
    if kind not in ("Integer", "ScaledInteger"):
        raise file.bad(f"its points have a field of type {kind}")
    low = int(_number(file, node.get("minimum", str(-(2**63)))))
    high = int(_number(file, node.get("maximum", str(2**63 - 1))))
    if not -(2**63) <= low <= high < 2**63:
        raise file.bad(f"a field runs from {low} to {high}")
    scale, offset = _number(file, node.get("scale", "1")), _number(file, node.get("offset", "0"))
    return Stream.integers(low, high, float(scale), float(offset))


def _number(file: Bytes, text: str | None) -> float | int:
    try:
        return int(text or "", 10) if len(text or "") < 24 else float(text or "")
    except ValueError:
        pass
    try:
        value = float(text or "")
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise file.bad(f"its description has {str(text)[:40]!r} in place of a number")
    return value


def _child(file: Bytes, node: ElementTree.Element, where: str, default: float) -> float:
    found = node.find("/".join(_SPACE + name for name in where.split("/")))
    return default if found is None else float(_number(file, (found.text or "0").strip()))


def _rotation(file: Bytes, quat: list[float]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(quat))
    if not 0.5 < length < 2:
        raise file.bad(f"a pose has the rotation {quat}")
    w, x, y, z = np.array(quat) / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


class _Pages:
    """Bytes without the checksums that end every page, from a physical offset on."""

    def __init__(self, file: Bytes, at: int) -> None:
        self.file, self.at = file, at

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes of payload."""
        found = bytearray()
        while len(found) < length:
            room = _PAGE - _SUM - self.at % _PAGE
            if room <= 0:
                raise self.file.bad("it points into a checksum")
            some = min(room, length - len(found))
            found += self.file.take(self.at, some)
            self.at += some + (_SUM if some == room else 0)
        return bytes(found)


def _points(path: Path, scans: list[_Scan]) -> Iterator[NDArray[np.float64]]:
    with Bytes(path, "E57 file") as file:
        for scan in scans:
            for values in _records(file, scan):
                yield _xyz(values) @ scan.rotation.T + scan.shift


def _records(file: Bytes, scan: _Scan) -> Iterator[dict[str, NDArray[np.float64]]]:
    """The fields of up to CHUNK points at a time."""
    wanted = {*_CARTESIAN, *_SPHERICAL, "cartesianInvalidState", "sphericalInvalidState"}
    head = _Pages(file, scan.start).take(32)
    if head[0] != 1:
        raise file.bad("it has no points where its description says")
    pages = _Pages(file, struct.unpack_from("<Q", head, 16)[0])
    streams = [(name, stream.start()) for name, stream in scan.streams]
    done = 0
    while done < scan.count:
        due = min(CHUNK, scan.count - done)
        while any(stream.available < due for name, stream in streams if name in wanted):
            kind, _, length = struct.unpack("<BBH", pages.take(4))
            body = pages.take(length + 1 - 4) if length >= 3 else b""
            if kind != _DATA_PACKET:
                if kind > 2 or length < 3:
                    raise file.bad(f"its points are damaged after {done} of {scan.count}")
                continue
            parts = struct.unpack_from("<H", body)[0] if len(body) >= 2 else -1
            if parts != len(streams) or len(body) < 2 + 2 * parts:
                raise file.bad(f"its points are damaged after {done} of {scan.count}")
            at = 2 + 2 * parts
            for (name, stream), size in zip(streams, struct.unpack_from(f"<{parts}H", body, 2), strict=True):
                if name in wanted:
                    stream.feed(body[at : at + size])
                at += size
        yield {name: stream.next(due) for name, stream in streams if name in wanted}
        done += due


def _xyz(values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    if set(_CARTESIAN) <= values.keys():
        points = np.stack([values[name] for name in _CARTESIAN], axis=1)
    else:
        far, azimuth, elevation = (values[name] for name in _SPHERICAL)
        flat = far * np.cos(elevation)
        points = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), far * np.sin(elevation)], axis=1)
    for name in ("cartesianInvalidState", "sphericalInvalidState"):
        if name in values:
            points[values[name] != 0] = np.nan
    return points
