"""Just enough of TIFF for one band of numbers."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rudel.worlds.imports._binary import Bytes

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8, 18: 8}
_CODES = {1: "u1", 3: "u2", 4: "u4", 6: "i1", 8: "i2", 9: "i4", 11: "f4", 12: "f8", 16: "u8", 17: "i8", 18: "u8"}
_MOST_ITEMS = 4_000_000
_NONE, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS = 1, 5, 8, 32946, 32773
_HORIZONTAL, _FLOATING = 2, 3  # predictors
_MOST_RATIO = 2000  # LZW and Deflate reach about 1000


class Tags:
    """The first directory of a TIFF file: tag -> where its values are."""

    def __init__(self, file: Bytes) -> None:
        self.file = file
        head = file.take(0, 8)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        magic = struct.unpack((order or "<") + "H", head[2:4])[0]
        if order is None or magic not in (42, 43):
            raise file.bad("it does not begin as TIFF files do")
        self.order, self.big = order, magic == 43
        at = self._one("Q", 8) if self.big else self._one("I", 4)
        count = self._one("Q", at) if self.big else self._one("H", at)
        at += 8 if self.big else 2
        if count > 4096:
            raise file.bad(f"it lists {count} tags")
        self._where: dict[int, tuple[int, int, int]] = {}
        size, room = (20, 8) if self.big else (12, 4)
        for k in range(count):
            start = at + k * size
            tag, kind = self._one("H", start), self._one("H", start + 2)
            items = self._one("Q" if self.big else "I", start + 4)
            value = start + size - room
            if kind in _SIZES and items * _SIZES[kind] > room:
                value = self._one("Q" if self.big else "I", value)
            self._where[tag] = (kind, items, value)

    def _one(self, code: str, at: int) -> int:
        return struct.unpack(self.order + code, self.file.take(at, struct.calcsize(code)))[0]

    def numbers(self, tag: int) -> list:
        """The values of a tag, [] where it is missing or no numbers."""
        kind, items, at = self._where.get(tag, (0, 0, 0))
        if kind not in _CODES:
            return []
        if items > _MOST_ITEMS:
            raise self.file.bad(f"its tag {tag} has {items} values")
        return self.file.array(at, items, self.order + _CODES[kind]).tolist()

    def one(self, tag: int, default: int | None = None) -> int:
        """The only value of a tag."""
        found = self.numbers(tag)
        if not found:
            if default is None:
                raise self.file.bad(f"the tag {tag} is missing")
            return default
        return int(found[0])

    def text(self, tag: int) -> str:
        """The text of a tag, "" where it is missing."""
        kind, items, at = self._where.get(tag, (0, 0, 0))
        return self.file.take(at, min(items, 65536)).decode("latin-1") if kind == 2 else ""


@dataclass(frozen=True)
class Raster:
    """Where and how the numbers of the picture are stored."""

    file: Bytes
    width: int
    height: int
    dtype: np.dtype
    compression: int
    predictor: int
    block: tuple[int, int]  # rows and columns of a strip or tile
    offsets: list[int]
    sizes: list[int]

    @classmethod
    def of(cls, tags: Tags) -> Raster:
        """The raster of ``tags``; BadInput where it is of a kind that height models are not."""
        file = tags.file
        width, height = tags.one(256), tags.one(257)
        bits, form = tags.one(258, 1), tags.one(339, 1)
        bands, compression, predictor = tags.one(277, 1), tags.one(259, 1), tags.one(317, 1)
        kind = {1: "u", 2: "i", 3: "f"}.get(form, "?") + str(bits // 8)
        if kind not in ("u1", "u2", "u4", "i1", "i2", "i4", "f4", "f8") or bits % 8:
            raise file.bad(f"its pixels have {bits} bits of format {form}")
        if bands != 1:
            raise file.bad(f"it has {bands} bands, a height model has one: a photograph is no height model")
        known = (_NONE, _LZW, _DEFLATE, _OLD_DEFLATE, _PACKBITS)
        if compression not in known:
            raise file.bad(f"its compression is number {compression}; save it with LZW, Deflate, PackBits or without")
        if predictor not in (1, _HORIZONTAL, _FLOATING) or (predictor == _FLOATING) != (
            kind[0] == "f" and predictor != 1
        ):
            raise file.bad(f"its predictor is number {predictor} for pixels of type {kind}")
        if tags.numbers(322):
            block, where = (tags.one(323), tags.one(322)), (324, 325)
        else:
            block, where = (min(tags.one(278, height), height), width), (273, 279)
        rows, columns = block
        if not (0 < width < 1 << 24 and 0 < height < 1 << 24 and 0 < rows <= 1 << 20 and 0 < columns <= 1 << 24):
            raise file.bad(f"it has {width} x {height} pixels in blocks of {columns} x {rows}")
        offsets, sizes = tags.numbers(where[0]), tags.numbers(where[1])
        wanted = -(-height // rows) * -(-width // columns)
        if len(offsets) != wanted or len(sizes) != wanted:
            raise file.bad(f"it has {len(offsets)} blocks, its size asks for {wanted}")
        raster = cls(file, width, height, np.dtype(tags.order + kind), compression, predictor, block, offsets, sizes)
        promised = rows * columns * (bits // 8)
        for offset, size in zip(offsets, sizes, strict=True):
            if offset + size > file.size:
                raise file.bad("some of its pixels lie behind its end: it is cut off. Fetch it again")
            if promised > 4 * rows * columns * 2 or (size and promised > _MOST_RATIO * size):
                raise file.bad(f"{size} bytes of it promise {promised}")
        return raster

    def pixels(self) -> NDArray:
        """(height, width), top row first; blocks without data (GDAL writes such) are NaN, or 0 in whole numbers."""
        rows, columns = self.block
        across = -(-self.width // columns)
        kind = self.dtype.newbyteorder("=")
        picture = np.full((self.height, self.width), np.nan if kind.kind == "f" else 0, kind)
        for k, (offset, size) in enumerate(zip(self.offsets, self.sizes, strict=True)):
            top, left = k // across * rows, k % across * columns
            here = picture[top : top + rows, left : left + columns]
            if size:
                # the last strip is shorter, tiles are always whole
                due = here.shape[0] if columns == self.width else rows
                here[:] = self._block(self.file.take(offset, size), due)[: here.shape[0], : here.shape[1]]
        return picture

    def _block(self, data: bytes, rows: int) -> NDArray:
        columns, width = self.block[1], self.dtype.itemsize
        length = rows * columns * width
        if self.compression in (_DEFLATE, _OLD_DEFLATE):
            try:
                data = zlib.decompressobj().decompress(data, length)
            except zlib.error as error:
                raise self.file.bad(f"its compressed pixels are damaged ({error})") from None
        elif self.compression == _LZW:
            data = _lzw(data, length)
        elif self.compression == _PACKBITS:
            data = _packbits(data, length)
        if len(data) < length:
            raise self.file.bad(f"a block of it has {len(data)} bytes where {length} are due")
        if self.predictor == _FLOATING:
            # bytes of equal weight stand together, most significant first, each as the difference to the one before it
            planes = np.cumsum(np.frombuffer(data, np.uint8, length).reshape(rows, -1), axis=1, dtype=np.uint8)
            order = planes.reshape(rows, width, columns).transpose(0, 2, 1)
            return np.ascontiguousarray(order).view(">f" + str(width))[..., 0]
        block = np.frombuffer(data, self.dtype, rows * columns).reshape(rows, columns)
        if self.predictor == _HORIZONTAL:
            native = block.astype(self.dtype.newbyteorder("="))
            return np.cumsum(native, axis=1, dtype=native.dtype)
        return block


def _packbits(data: bytes, length: int) -> bytes:
    out, at = bytearray(), 0
    while at < len(data) and len(out) < length:
        control = data[at]
        if control < 128:
            out += data[at + 1 : at + 2 + control]
            at += 2 + control
        else:
            if control > 128:
                out += data[at + 1 : at + 2] * (257 - control)
            at += 2
    return bytes(out[:length])


def _lzw(data: bytes, length: int) -> bytes:
    """TIFF's LZW: highest bit first, 9 to 12 bits, 256 clears the table, 257 ends; damage shows as missing bytes."""
    first = [bytes((k,)) for k in range(256)] + [b"", b""]
    table = first.copy()
    out: list[bytes] = []
    done, have, bits, width = 0, 0, 0, 9
    previous = b""
    for byte in data:
        have = have << 8 | byte
        bits += 8
        if bits < width:
            continue
        bits -= width
        code = have >> bits
        have &= (1 << bits) - 1
        if code == 257:
            break
        if code == 256:
            table, width, previous = first.copy(), 9, b""
            continue
        if code < len(table):
            word = table[code]
        elif code == len(table) and previous:
            word = previous + previous[:1]
        else:
            break
        if previous:
            table.append(previous + word[:1])
            size = len(table)
            if size >= 511:  # one early, as all writers of TIFF do
                width = 12 if size >= 2047 else 11 if size >= 1023 else 10
        out.append(word)
        done += len(word)
        if done >= length:
            break
        previous = word
    return b"".join(out)[:length]
