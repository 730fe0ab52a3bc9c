"""Reads MCAP files with JSON messages; files that were cut off, too: whatever is whole in them is given, in order."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rudel.core.errors import BadInput
from rudel.recording import _records as rec
from rudel.recording.messages import Message

LARGEST = 2**31  # bytes of one record: ours are a thousandth of that


@dataclass(frozen=True)
class Damage:
    """Where a file stops making sense: ``offset`` in bytes, ``cut`` where it merely ends."""

    path: Path
    offset: int
    what: str
    cut: bool


@dataclass(frozen=True)
class _Channel:
    topic: str
    schema: str
    kept: bool
    encoding: str


class McapFile:
    """One file, read from its beginning to its end or to where it is damaged.

    Args:
        path: of the file.
        tell: called with each damage.

    Attributes:
        about: the metadata record "rudel" (filled while reading).
        whole: the file was finished as it should be (known after reading).
    """

    def __init__(self, path: Path, tell: Callable[[Damage], None] | None = None) -> None:
        self.path, self._tell = path, tell
        self.about: dict[str, str] = {}
        self.whole = False
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, _Channel] = {}

    def messages(self, wanted: Callable[[str], bool] | None = None) -> Iterator[Message]:
        """All messages of the channels that ``wanted`` says yes to.

        Raises:
            BadInput: it is no MCAP file, or has messages or compression that we do not read.
            OSError: it cannot be opened.
        """
        with self.path.open("rb") as file:
            magic = file.read(len(rec.MAGIC))
            if magic != rec.MAGIC:
                if rec.MAGIC.startswith(magic):
                    self._damaged(0, "the file ends within its first bytes", cut=True)
                    return
                raise BadInput(f"{str(self.path)!r} is no MCAP file: give a recording's folder or a file from it")
            yield from self._records(file, wanted)

    def _records(self, file: BinaryIO, wanted: Callable[[str], bool] | None) -> Iterator[Message]:
        size = self.path.stat().st_size
        at = len(rec.MAGIC)
        while True:
            prefix = file.read(rec.PREFIX.size)
            if len(prefix) < rec.PREFIX.size:
                self._damaged(at, "the file was never finished or was cut off", cut=True)
                return
            opcode, length = rec.PREFIX.unpack(prefix)
            left = size - at - rec.PREFIX.size
            if opcode == rec.CHUNK:
                if min(length, left) > LARGEST:
                    self._damaged(at, f"a chunk of {length} bytes", cut=False)
                    return
                content = file.read(min(length, max(left, 0)))
                yield from self._chunk(content, length, at, wanted)
                if len(content) < length:
                    return
            elif length > left or not 0 < opcode < 0x80:
                cut = length > left and 0 < opcode <= rec.DATA_END
                self._damaged(at, f"a record of kind {opcode} and {length} bytes is not all there", cut=cut)
                return
            elif opcode == rec.DATA_END:
                file.seek(-len(rec.MAGIC), 2)
                self.whole = file.read() == rec.MAGIC
                if not self.whole:
                    self._damaged(size, "the summary at the end is incomplete", cut=True)
                return
            elif opcode in (rec.MESSAGE, rec.SCHEMA, rec.CHANNEL, rec.METADATA):
                message = self._record(opcode, memoryview(file.read(length)), at, wanted)
                if message is not None:
                    yield message
            else:
                file.seek(length, 1)
            at += rec.PREFIX.size + length

    def _chunk(self, content: bytes, length: int, at: int, wanted: Callable[[str], bool] | None) -> Iterator[Message]:
        fields = rec.Fields(content)
        try:
            _, _, size, crc = fields.take("<QQQI")
            compression = fields.text()
            fields.take("<Q")
        except ValueError:  # UnicodeDecodeError is one
            self._damaged(at, "a chunk without a beginning", cut=len(content) < length)
            return
        if compression:
            raise BadInput(f"{str(self.path)!r} is compressed with {compression!r}: decompress it with `mcap convert`")
        inner = fields.rest()
        if len(inner) < size and len(content) < length:
            self._damaged(at, f"a chunk of which {len(inner)} of {size} bytes are there", cut=True)
        else:
            inner = inner[:size]
            if len(inner) < size or (crc and zlib.crc32(inner) != crc):
                self._damaged(at, "a chunk with a wrong checksum was left out", cut=False)
                return
            if len(content) < length:
                self._damaged(at, f"a chunk that claims to have {length} bytes", cut=False)
        place = 0
        while place + rec.PREFIX.size <= len(inner):
            opcode, size = rec.PREFIX.unpack_from(inner, place)
            place += rec.PREFIX.size
            if place + size > len(inner):
                break  # the message that was cut
            message = self._record(opcode, inner[place : place + size], at, wanted)
            if message is not None:
                yield message
            place += size

    def _record(
        self, opcode: int, content: memoryview, at: int, wanted: Callable[[str], bool] | None
    ) -> Message | None:
        fields = rec.Fields(content)
        try:
            if opcode == rec.SCHEMA:
                (number,) = fields.take("<H")
                self._schemas[number] = fields.text()
            elif opcode == rec.CHANNEL:
                number, schema = fields.take("<HH")
                topic, encoding = fields.text(), fields.text()
                kept = fields.table().get("kept") == "true"
                self._channels[number] = _Channel(topic, self._schemas.get(schema, ""), kept, encoding)
            elif opcode == rec.METADATA and fields.text() == "rudel":
                self.about = fields.table()
            elif opcode == rec.MESSAGE:
                return self._message(fields, wanted)
        except (ValueError, KeyError) as error:
            self._damaged(at, f"a record of kind {opcode} that cannot be read: {error}", cut=False)
        return None

    def _message(self, fields: rec.Fields, wanted: Callable[[str], bool] | None) -> Message | None:
        number, sequence, log_ns, _ = fields.take("<HIQQ")
        channel = self._channels[number]
        if wanted is not None and not wanted(channel.topic):
            return None
        if channel.encoding != "json":
            raise BadInput(f"{str(self.path)!r}: channel {channel.topic!r} is {channel.encoding!r}; rudel reads json")
        data = bytes(fields.rest())
        return Message(channel.topic, _time_s(data, log_ns), channel.schema, data, sequence, channel.kept)

    def _damaged(self, offset: int, what: str, *, cut: bool) -> None:
        if self._tell is not None:
            self._tell(Damage(self.path, offset, what, cut))


def _time_s(data: bytes, log_ns: int) -> float:
    """The exact time, which our messages begin with."""
    start = b'{"time_s":'
    if data.startswith(start):
        number, comma, _ = data[len(start) : len(start) + 40].partition(b",")
        if comma:
            try:
                return float(number)
            except ValueError:
                pass  # a foreign file that happens to begin like ours
    return log_ns / 1e9
