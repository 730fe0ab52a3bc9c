"""Writes one MCAP file so that whatever was flushed can be read, however the process ends.

The reference libraries close a chunk when it is full; here whoever writes says when, so that a bound on what a crash
costs can be kept. Chunks are not compressed: pictures are already, and of a chunk that was cut off every whole message
can still be read.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rudel import __version__
from rudel.recording import _records as rec
from rudel.recording import schemas
from rudel.recording.messages import Message


@dataclass
class _Chunk:
    """Messages that are not written yet."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    first_ns: int = 2**64 - 1
    last_ns: int = 0
    index: dict[int, list[int]] = field(default_factory=dict)  # channel -> time, offset, time, offset, ...

    def append(self, part: bytes) -> None:
        self.parts.append(part)
        self.size += len(part)


class McapWriter:
    """One new file.

    Args:
        path: must not exist.
        about: goes into a metadata record "rudel" at the beginning.

    Raises:
        OSError: it cannot be written; the same from flush and finish, after which the file is as it was before the
            call and the call can be repeated.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._end = 0
        self._chunk = _Chunk()
        self._schemas: dict[str, int] = {}
        self._channels: dict[tuple[str, str, bool], int] = {}
        self._repeated: list[bytes] = []  # schema and channel records, again in the summary
        self._counts: Counter[int] = Counter()
        self._chunks: list[bytes] = []  # their index records
        self._first_ns, self._last_ns = 2**64 - 1, 0
        header = rec.record(rec.HEADER, rec.text(""), rec.text(f"rudel {__version__}"))
        metadata = rec.record(rec.METADATA, rec.text("rudel"), rec.table(about))
        at = len(rec.MAGIC) + len(header)
        self._metadata_index = rec.record(rec.METADATA_INDEX, struct.pack("<QQ", at, len(metadata)), rec.text("rudel"))
        try:
            self._write(rec.MAGIC + header + metadata)
        except OSError:
            os.close(self._fd)
            path.unlink(missing_ok=True)
            raise

    @property
    def size(self) -> int:
        """Bytes that are in the file."""
        return self._end

    @property
    def pending(self) -> int:
        """Bytes of messages that wait for a flush."""
        return self._chunk.size

    def add(self, message: Message) -> None:
        """Take ``message`` into the chunk; nothing is written yet."""
        number = self._channel(message)
        head = rec.MESSAGE_HEAD.pack(number, message.sequence & 0xFFFFFFFF, message.time_ns, message.time_ns)
        chunk = self._chunk
        chunk.index.setdefault(number, []).extend((message.time_ns, chunk.size))
        chunk.first_ns, chunk.last_ns = min(chunk.first_ns, message.time_ns), max(chunk.last_ns, message.time_ns)
        chunk.append(rec.PREFIX.pack(rec.MESSAGE, len(head) + len(message.data)) + head)
        chunk.append(message.data)

    def _channel(self, message: Message) -> int:
        key = message.channel, message.schema, message.kept
        if key not in self._channels:
            if message.schema not in self._schemas:
                number = self._schemas[message.schema] = len(self._schemas) + 1
                self._repeat(rec.schema(number, message.schema, schemas.text(message.schema).encode()))
            self._channels[key] = len(self._channels) + 1
            about = {"kept": str(message.kept).lower()}
            self._repeat(rec.channel(self._channels[key], self._schemas[message.schema], message.channel, about))
        return self._channels[key]

    def _repeat(self, record: bytes) -> None:
        self._chunk.append(record)
        self._repeated.append(record)

    def flush(self) -> None:
        """Write the chunk; from then on the end of this process costs nothing of it."""
        chunk = self._chunk
        if not chunk.size:
            return
        crc = 0
        for part in chunk.parts:
            crc = zlib.crc32(part, crc)
        first_ns = min(chunk.first_ns, chunk.last_ns)
        head = rec.CHUNK_HEAD.pack(first_ns, chunk.last_ns, chunk.size, crc) + rec.text("")
        head += struct.pack("<Q", chunk.size)
        prefix = rec.PREFIX.pack(rec.CHUNK, len(head) + chunk.size)
        length = len(prefix) + len(head) + chunk.size
        indexes, offsets, at = [], [], self._end + length
        for number, pairs in chunk.index.items():
            raw = struct.pack(f"<{len(pairs)}Q", *pairs)
            index = rec.record(rec.MESSAGE_INDEX, struct.pack("<HI", number, len(raw)), raw)
            offsets.append(struct.pack("<HQ", number, at))
            indexes.append(index)
            at += len(index)
        start = self._end
        self._write(b"".join((prefix, head, *chunk.parts, *indexes)))
        self._chunks.append(
            rec.record(
                rec.CHUNK_INDEX,
                struct.pack("<QQQQ", first_ns, chunk.last_ns, start, length),
                struct.pack("<I", 10 * len(offsets)),
                *offsets,
                struct.pack("<Q", sum(map(len, indexes))),
                rec.text(""),
                struct.pack("<QQ", chunk.size, chunk.size),
            )
        )
        for number, pairs in chunk.index.items():
            self._counts[number] += len(pairs) // 2
        if chunk.index:
            self._first_ns, self._last_ns = min(self._first_ns, first_ns), max(self._last_ns, chunk.last_ns)
        self._chunk = _Chunk()

    def duplicate(self) -> int:
        """Another descriptor of the file, for somebody else to sync and close."""
        return os.dup(self._fd)

    def finish(self) -> None:
        """Flush, write the summary and close."""
        self.flush()
        before = self._end
        end = rec.record(rec.DATA_END, struct.pack("<I", 0))
        summary_at = before + len(end)
        counts = b"".join(struct.pack("<HQ", number, count) for number, count in self._counts.items())
        statistics = rec.record(
            rec.STATISTICS,
            struct.pack(
                "<QHIIII", self._counts.total(), len(self._schemas), len(self._channels), 0, 1, len(self._chunks)
            ),
            struct.pack("<QQ", min(self._first_ns, self._last_ns), self._last_ns),
            struct.pack("<I", len(counts)),
            counts,
        )
        summary = b"".join((*self._repeated, statistics, *self._chunks, self._metadata_index))
        places = struct.pack("<QQ", summary_at, 0)
        crc = zlib.crc32(rec.PREFIX.pack(rec.FOOTER, 20) + places, zlib.crc32(summary))
        footer = rec.record(rec.FOOTER, places, struct.pack("<I", crc))
        self._write(b"".join((end, summary, footer, rec.MAGIC)))
        os.close(self._fd)

    def abandon(self) -> None:
        """Close the file as it is, without a summary."""
        os.close(self._fd)

    def _write(self, raw: bytes) -> None:
        """All of ``raw`` at the end, or none of it."""
        view = memoryview(raw)
        done = 0
        try:
            while done < len(view):
                done += os.pwrite(self._fd, view[done:], self._end + done)
        except OSError:
            os.ftruncate(self._fd, self._end)  # what a full disk took of it would look like a cut
            raise
        self._end += len(view)
