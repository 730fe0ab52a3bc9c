"""Records of MCAP files (format version 0, https://mcap.dev/spec): bytes to and from fields. Little endian."""

from __future__ import annotations

import struct
from collections.abc import Mapping

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
STATISTICS, METADATA, METADATA_INDEX, SUMMARY_OFFSET, DATA_END = 0x0B, 0x0C, 0x0D, 0x0E, 0x0F

PREFIX = struct.Struct("<BQ")  # opcode, length of the content
MESSAGE_HEAD = struct.Struct("<HIQQ")  # channel, sequence, log time, publish time
CHUNK_HEAD = struct.Struct("<QQQI")  # first time, last time, uncompressed size, CRC


def record(opcode: int, *parts: bytes) -> bytes:
    """A whole record."""
    return b"".join((PREFIX.pack(opcode, sum(map(len, parts))), *parts))


def text(value: str) -> bytes:
    """A string with its length."""
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw


def table(values: Mapping[str, str]) -> bytes:
    """A map of strings with its length in bytes."""
    raw = b"".join(text(key) + text(value) for key, value in values.items())
    return struct.pack("<I", len(raw)) + raw


def schema(number: int, name: str, content: bytes) -> bytes:
    """A JSON schema."""
    return record(SCHEMA, struct.pack("<H", number), text(name), text("jsonschema"), _blob(content))


def channel(number: int, schema_number: int, topic: str, metadata: Mapping[str, str]) -> bytes:
    """A channel of JSON messages."""
    return record(CHANNEL, struct.pack("<HH", number, schema_number), text(topic), text("json"), table(metadata))


def _blob(raw: bytes) -> bytes:
    return struct.pack("<I", len(raw)) + raw


class Fields:
    """Reads fields from the content of a record; ValueError where it ends too early."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content, self._at = content, 0

    def take(self, layout: str) -> tuple[int, ...]:
        """Numbers by a struct layout."""
        size = struct.calcsize(layout)
        try:
            values = struct.unpack_from(layout, self._content, self._at)
        except struct.error as error:
            raise ValueError(f"record ends too early: {error}") from error
        self._at += size
        return values

    def blob(self) -> bytes:
        """Bytes with a 32 bit length."""
        (size,) = self.take("<I")
        if self._at + size > len(self._content):
            raise ValueError(f"record ends within a field of {size} bytes")
        self._at += size
        return bytes(self._content[self._at - size : self._at])

    def text(self) -> str:
        """A string."""
        return self.blob().decode()

    def table(self) -> dict[str, str]:
        """A map of strings."""
        inner = Fields(self.blob())
        found: dict[str, str] = {}
        while inner._at < len(inner._content):
            key = inner.text()
            found[key] = inner.text()
        return found

    def rest(self) -> memoryview:
        """Everything that is left."""
        return memoryview(self._content)[self._at :]
