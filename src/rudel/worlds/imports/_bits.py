"""Numbers packed into a stream of bits, the lowest bit first (E57)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Stream:
    """How one field is packed: ``bits`` of each value; value = (raw + low) * scale + offset, or a plain float."""

    bits: int
    low: int = 0
    scale: float = 1.0
    offset: float = 0.0
    float_type: str = ""

    @classmethod
    def floats(cls, single: bool) -> Stream:
        """IEEE 754 numbers of 32 or 64 bits."""
        return cls(32 if single else 64, float_type="<f4" if single else "<f8")

    @classmethod
    def integers(cls, low: int, high: int, scale: float, offset: float) -> Stream:
        """Whole numbers from low to high in as few bits as that takes (none where both are equal)."""
        return cls((high - low).bit_length(), low, scale, offset)

    def start(self) -> Unpacker:
        """A reader of this stream."""
        return Unpacker(self)


class Unpacker:
    """Takes bytes as they come and gives numbers as they are asked for."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._bytes = bytearray()
        self._bit = 0  # where the next number begins

    @property
    def available(self) -> float:
        """Whole numbers that are there."""
        return (8 * len(self._bytes) - self._bit) // self.stream.bits if self.stream.bits else np.inf

    def feed(self, data: bytes) -> None:
        """Append bytes to the stream."""
        self._bytes += data

    def next(self, count: int) -> NDArray[np.float64]:
        """The next ``count`` numbers, which must be available."""
        stream, bits = self.stream, self.stream.bits
        if bits == 0:
            return np.full(count, stream.low * stream.scale + stream.offset)
        at = self._bit + bits * np.arange(count, dtype=np.int64)
        padded = np.frombuffer(bytes(self._bytes) + bytes(16), np.uint8)
        words = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
        start = at >> 3
        raw = words[start] >> (at & 7).astype(np.uint64)
        if bits > 57:  # such a number may reach into a ninth byte
            lead = (at & 7).astype(np.uint64)
            tail = padded[start + 8].astype(np.uint64)
            raw |= np.where(lead > 0, tail << (np.uint64(64) - np.maximum(lead, np.uint64(1))), np.uint64(0))
        if bits < 64:
            raw &= np.uint64((1 << bits) - 1)
        end = self._bit + bits * count
        del self._bytes[: end >> 3]
        self._bit = end & 7
        if stream.float_type == "<f4":
            return raw.astype(np.uint32).view(np.float32).astype(np.float64)
        if stream.float_type == "<f8":
            return raw.view(np.float64)
        return (raw.astype(np.float64) + stream.low) * stream.scale + stream.offset
