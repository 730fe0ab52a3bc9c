"""MCAP files: the reference reader opens them, ours reads them, and what a cut leaves whole is given."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap.stream_reader import StreamReader

from rudel.core.errors import BadInput
from rudel.recording.messages import Message
from rudel.recording.reader import Damage, McapFile
from rudel.recording.writer import McapWriter
from tests.recording.samples import message


def written(path: Path, chunks: int = 3, each: int = 4, *, finish: bool = True) -> list[Message]:
    """A file of several chunks; what is in it."""
    writer = McapWriter(path, {"session": "s", "part": "1"})
    sent: list[Message] = []
    for chunk in range(chunks):
        for i in range(each):
            n = chunk * each + i
            sent.append(message(n, "event" if n % 3 else "state/robot", kept=bool(n % 3)))
            writer.add(sent[-1])
        writer.flush()
    if finish:
        writer.finish()
    else:
        writer.abandon()
    return sent


def read(path: Path) -> tuple[list[Message], list[Damage]]:
    damages: list[Damage] = []
    return list(McapFile(path, damages.append).messages()), damages


def test_our_reader_reads_what_our_writer_wrote(tmp_path: Path) -> None:
    sent = written(tmp_path / "a.mcap")
    file = McapFile(tmp_path / "a.mcap")
    assert list(file.messages()) == sent
    assert file.whole
    assert file.about == {"session": "s", "part": "1"}
    assert [m.channel for m in file.messages(lambda name: name == "event")] == ["event"] * 8


def test_the_reference_reader_opens_our_files(tmp_path: Path) -> None:
    """With every checksum checked, by index and in sequence; schemas and statistics included."""
    sent = written(tmp_path / "a.mcap")
    with (tmp_path / "a.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        found = [
            (channel.topic, schema.name if schema else "", m.sequence, m.log_time, m.data)
            for schema, channel, m in reader.iter_messages(log_time_order=False)
        ]
        summary = reader.get_summary()
        metadata = list(reader.iter_metadata())
    assert found == [(m.channel, m.schema, m.sequence, m.time_ns, m.data) for m in sent]
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(sent)
    assert summary.statistics.chunk_count == 3
    assert summary.statistics.message_end_time == sent[-1].time_ns
    assert sum(summary.statistics.channel_message_counts.values()) == len(sent)
    assert all(json.loads(schema.data)["title"] == schema.name for schema in summary.schemas.values())
    assert all(channel.message_encoding == "json" for channel in summary.channels.values())
    assert metadata[0].metadata == {"session": "s", "part": "1"}
    with (tmp_path / "a.mcap").open("rb") as file:
        assert len(list(StreamReader(file, validate_crcs=True).records)) > len(sent)


def test_the_reference_reader_finds_messages_by_time_and_topic(tmp_path: Path) -> None:
    sent = written(tmp_path / "a.mcap")
    with (tmp_path / "a.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        found = [
            m.sequence
            for _, _, m in reader.iter_messages(topics=["event"], starting_at=300_000_000, ending_before=900_000_000)
        ]
    assert found == [m.sequence for m in sent if m.channel == "event" and 0.3 <= m.time_s < 0.9]


def test_a_file_cut_anywhere_gives_its_beginning(tmp_path: Path) -> None:
    """Every 7th byte and about every message's end: exactly what is whole, in the last chunk too; the cut is named."""
    whole, cut = tmp_path / "a.mcap", tmp_path / "cut.mcap"
    sent = written(whole, 2, 2)
    raw = whole.read_bytes()
    ends = [raw.index(m.data) + len(m.data) for m in sent]
    for size in sorted({*range(0, len(raw), 7), *ends, *(end - 1 for end in ends)}):
        cut.write_bytes(raw[:size])
        found, damages = read(cut)
        assert found == sent[: sum(end <= size for end in ends)]
        assert len(damages) == 1
        assert damages[0].cut, damages
    cut.write_bytes(raw)
    assert read(cut) == (sent, [])


@given(data=st.data())
def test_flipped_bytes_never_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever comes out was sent, in its order: a chunk that was touched is left out, an index is none of ours."""
    folder = tmp_path_factory.mktemp("flip")
    sent = [m.data for m in written(folder / "a.mcap", 2, 3)]
    raw = bytearray((folder / "a.mcap").read_bytes())
    for _ in range(data.draw(st.integers(1, 2))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / "a.mcap").write_bytes(raw)
    try:
        found, damages = read(folder / "a.mcap")
    except BadInput:
        return  # its first bytes, or a name that says that it is compressed
    places = [sent.index(one.data) for one in found]
    assert places == sorted(set(places))
    assert len(places) == len(sent) or damages


@given(st.binary(max_size=300))
def test_rubbish_is_no_recording(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("rubbish") / "a.mcap"
    path.write_bytes(raw)
    for start in (b"", b"\x89MCAP0\r\n"):
        path.write_bytes(start + raw)
        with contextlib.suppress(BadInput):
            assert read(path)[0] == []


def test_a_wrong_checksum_leaves_the_chunk_out(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    sent = written(path)
    raw = path.read_bytes()
    at = raw.index(sent[5].data)
    path.write_bytes(raw[:at] + b"\x00" + raw[at + 1 :])
    found, damages = read(path)
    assert found == sent[:4] + sent[8:]
    assert ["checksum" in damage.what and not damage.cut for damage in damages] == [True]


@pytest.mark.parametrize("action", [McapWriter.flush, McapWriter.finish])
def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: Callable[[McapWriter], None]
) -> None:
    """And the same call succeeds once there is room."""
    path = tmp_path / "a.mcap"
    writer = McapWriter(path, {})
    sent = [message(n) for n in range(4)]
    writer.add(sent[0])
    writer.flush()
    before = path.read_bytes()
    writer.add(sent[1])
    fill_the_disk_after(monkeypatch, 30)
    with pytest.raises(OSError, match="No space left"):
        action(writer)
    assert path.read_bytes() == before
    monkeypatch.undo()
    action(writer)
    if action is McapWriter.flush:
        for one in sent[2:]:
            writer.add(one)
        writer.finish()
    found, damages = read(path)
    assert damages == []
    assert found == (sent if action is McapWriter.flush else sent[:2])


def fill_the_disk_after(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """os.pwrite takes ``room`` bytes more, as a disk does: part of a write first, then nothing."""
    import errno
    import os

    real, left = os.pwrite, [room]

    def pwrite(fd: int, data: memoryview, offset: int) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(fd, data[: left[0]], offset)
        left[0] -= done
        return done

    monkeypatch.setattr(os, "pwrite", pwrite)
