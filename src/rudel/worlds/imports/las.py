"""LAS and LAZ, the format of airborne and mobile laser surveys.

Format: ASPRS LAS 1.4 R15; units: OGC GeoTIFF 1.1 keys 3076 and 4099, or the well-known text of the coordinate system.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lazrs
import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports import _geokeys
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import CHUNK, Cloud, Facts

WHAT = "LAS or LAZ survey"
SUFFIXES = (".las", ".laz")

_LEAST = {0: 20, 1: 28, 2: 26, 3: 34, 4: 57, 5: 63, 6: 30, 7: 36, 8: 38, 9: 59, 10: 67}  # bytes of a point format
_COMPRESSED = 0x80  # bit of the point format
_LASZIP = ("laszip encoded", 22204)
_ITEM_BYTES = {
    6: 20,
    7: 8,
    8: 6,
    9: 29,
    10: 30,
    11: 6,
    12: 8,
    13: 29,
}  # LASzip item types of fixed size (LASzip source)
_EXTRA_ITEMS = (0, 14)
_VARIABLE = 0xFFFFFFFF  # chunks of different sizes
_MOST_CHUNK = 5_000_000  # points of a LAZ chunk; writers use 50 000
_WITHHELD_OLD, _WITHHELD_NEW = 0x80, 0x04  # "withheld" flag: in the class byte up to format 5, the flag byte from 6 on
_NOISE = (7, 18)  # classes: low and high noise


@dataclass(frozen=True)
class _Layout:
    kind: int
    size: int
    count: int
    start: int
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    packing: bytes | None  # the LASzip record of a compressed file


def read(path: Path) -> Cloud:
    """Points but those marked as noise or withheld, which become NaN."""
    with Bytes(path, "LAS file") as file:
        layout, facts = _header(file)
        if layout.count == 0:
            raise file.bad("it has no points")
        left = file.size - layout.start
        if layout.packing is None and left < layout.count * layout.size:
            raise file.bad(f"it promises {layout.count} points and has room for {max(0, left) // layout.size}")
        if layout.packing is not None:
            _check_packing(file, layout)
            # LASzip stores the first point of a chunk plainly; a byte for 30 more points is beyond any real survey
            if left < 8 or layout.count > 400 * left:
                raise file.bad(f"it promises {layout.count} points and ends long before. Fetch it again")
        return Cloud(lambda: _points(path, layout), layout.count, facts)


def _header(file: Bytes) -> tuple[_Layout, Facts]:
    head = file.take(0, 227)
    if head[:4] != b"LASF":
        raise file.bad("it does not begin with 'LASF'")
    minor = head[25]
    size, start, records = struct.unpack_from("<HII", head, 94)
    kind, length, count = struct.unpack_from("<BHI", head, 104)
    scale, offset = (np.array(struct.unpack_from("<3d", head, at)) for at in (131, 155))
    if minor >= 4 and size >= 375:
        (large,) = struct.unpack("<Q", file.take(247, 8))
        count = large or count
    packed, kind = bool(kind & _COMPRESSED), kind & 0x3F
    if head[24] != 1 or minor > 4 or kind not in _LEAST or length < _LEAST[kind]:
        raise file.bad(f"its version is {head[24]}.{minor}, its point format {kind} with {length} bytes")
    if not (np.isfinite(scale).all() and np.isfinite(offset).all() and (scale > 0).all() and scale.max() < 1e6):
        raise file.bad(f"its scale is {scale.tolist()}, its offset {offset.tolist()}")
    packing, keys, text = None, _geokeys.Keys(), ""
    at = size
    for _ in range(min(records, 10_000)):
        user, number, extent = struct.unpack("<2x16sHH32x", file.take(at, 54))
        name = user.split(b"\0")[0].decode("latin-1")
        body = file.take(at + 54, extent)
        at += 54 + extent
        if (name, number) == _LASZIP:
            packing = body
        elif (name, number) == ("LASF_Projection", 34735):
            keys = _geokeys.parse(body)
        elif (name, number) == ("LASF_Projection", 2112):
            text = body.decode("latin-1")
    if packed != (packing is not None):
        raise file.bad("its point format and its LASzip record disagree on whether it is compressed")
    unit, unit_z, why = _geokeys.units(keys, text)
    facts = Facts(unit, unit_z, why, "z", "LAS files are z up", plumb=True)
    return _Layout(kind, length, count, start, scale, offset, packing), facts


def _check_packing(file: Bytes, layout: _Layout) -> None:
    """The decompressor believes this record and takes memory by it, so it has to fit."""
    record = layout.packing or b""
    if len(record) < 34:
        raise file.bad("its LASzip record is cut off")
    compressor, chunk, items = struct.unpack_from("<H10xI16xH", record, 0)
    if compressor not in (1, 2, 3) or len(record) < 34 + 6 * items:
        raise file.bad("its LASzip record is damaged")
    total = 0
    for kind, size, _ in struct.iter_unpack("<HHH", record[34 : 34 + 6 * items]):
        if _ITEM_BYTES.get(kind, size) != size or kind not in (*_ITEM_BYTES, *_EXTRA_ITEMS):
            raise file.bad(f"its LASzip record lists the item {kind} of {size} bytes")
        total += size
    if total != layout.size:
        raise file.bad(f"its LASzip record speaks of {total} bytes a point, its header of {layout.size}")
    if not (0 < chunk <= _MOST_CHUNK or chunk == _VARIABLE):
        raise file.bad(f"its LASzip chunks have {chunk} points")
    if compressor == 1:
        return  # one stream without a table of chunks
    (table,) = struct.unpack("<q", file.take(layout.start, 8))
    if table == -1:  # a writer that could not go back put it at the end
        (table,) = struct.unpack("<q", file.take(file.size - 8, 8))
    _, chunks = struct.unpack("<II", file.take(table, 8))
    due = layout.count if chunk == _VARIABLE else -(-layout.count // chunk)
    if not layout.start <= table or chunks > due or chunks > file.size:
        raise file.bad(f"its table says that it has {chunks} chunks, {due} at most are due")


def _points(path: Path, layout: _Layout) -> Iterator[NDArray[np.float64]]:
    with Bytes(path, "LAS file") as file, path.open("rb") as stream:
        unpacker = None
        if layout.packing is not None:
            stream.seek(layout.start)
            unpacker = _guarded(file, lambda: lazrs.LasZipDecompressor(stream, layout.packing or b""))
        for first in range(0, layout.count, CHUNK):
            count = min(CHUNK, layout.count - first)
            if unpacker is None:
                raw = file.array(layout.start + first * layout.size, count * layout.size, np.uint8)
            else:
                raw = np.zeros(count * layout.size, np.uint8)
                _guarded(file, lambda unpacker=unpacker, raw=raw: unpacker.decompress_many(raw))
            yield _xyz(raw.reshape(count, layout.size), layout)


def _guarded(file: Bytes, call):  # whatever the decompressor does
    try:
        return call()
    except (lazrs.LazrsError, OSError, ValueError, OverflowError, MemoryError) as error:
        raise file.bad(f"its compressed points are damaged ({error})") from None
    except BaseException as error:  # a panic of the Rust code below derives from BaseException
        if type(error).__name__ == "PanicException":
            raise file.bad("its compressed points are damaged") from None
        raise


def _xyz(raw: NDArray[np.uint8], layout: _Layout) -> NDArray[np.float64]:
    points = raw[:, :12].copy().view("<i4") * layout.scale + layout.offset
    flags, classes = raw[:, 15], raw[:, 15] & 0x1F
    withheld = flags & _WITHHELD_OLD
    if layout.kind >= 6:
        classes, withheld = raw[:, 16], raw[:, 15] & _WITHHELD_NEW
    points[(withheld != 0) | np.isin(classes, _NOISE)] = np.nan
    return points
