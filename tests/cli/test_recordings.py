"""`rudel recordings`: list, show, check and export."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from rudel.cli.main import main
from rudel.core.types import Event
from rudel.recording import Recorder, Store, Stream, record_capture
from tests.recording import samples


@pytest.fixture
def runs(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Two recordings and a store."""
    for name in ("one", "two"):
        with (
            Recorder(tmp_path / "runs" / name / "recording", {"mission": name, "world": "tunnel"}) as recorder,
            Stream([recorder]) as stream,
        ):
            stream.publish("event", 0.5, Event("begun", 0.5, {"n": 1}))
            record_capture(stream, samples.capture(rng))
            stream.publish("finding", 2.0, samples.finding("f", 2.0))
    with Store(tmp_path / "runs" / "rounds.sqlite") as store:
        store.put_round(samples.a_round("r1", 1000.0))
        store.put_round(samples.a_round("r2", 2000.0))
    return tmp_path / "runs"


def ask(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    status = main(["recordings", *map(str, words)])
    told = capsys.readouterr()
    return status, told.out, told.err


def test_list_and_show(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = ask(capsys, "--dir", runs, "--json")
    found = json.loads(out)
    assert status == 0
    assert [one["meta"]["mission"] for one in found] == ["two", "one"]  # newest first
    assert {one["state"] for one in found} == {"whole"}
    assert "two/recording" in ask(capsys, "list", "--dir", runs)[1]
    shown = json.loads(ask(capsys, "show", "one/recording", "--dir", runs, "--json")[1])
    assert shown["channels"]["camera/zoom"]["schema"] == "foxglove.CompressedImage"
    assert "camera/zoom" in ask(capsys, "show", runs / "one" / "recording")[1]
    lines = ask(capsys, "show", runs / "one" / "recording", "--channel", "event")[1].splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["begun"]
    assert json.loads(ask(capsys, "--dir", runs / "nowhere", "--json")[1]) == []


def test_check_says_what_is_cut(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = runs / "one" / "recording"
    assert ask(capsys, "check", folder)[0] == 0
    file = next(folder.glob("*.mcap"))
    file.write_bytes(file.read_bytes()[:-200])
    status, out, _ = ask(capsys, "check", folder, "--json")
    told = json.loads(out)
    assert (status, told["state"], len(told["problems"])) == (1, "cut", 1)
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    status, out, _ = ask(capsys, "check", folder)
    assert (status, "damaged" in out, "checksum" in out) == (1, True, True)


def test_export_writes_parquet_that_can_be_read(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("arro3.io")
    from arro3.io import read_parquet

    status, out, _ = ask(capsys, "export", runs / "rounds.sqlite", "--out", tmp_path / "p", "--json")
    assert status == 0
    files = {Path(path).stem: Path(path) for path in json.loads(out)}
    tables = {name: read_parquet(path).read_all() for name, path in files.items()}
    assert {name: table.num_rows for name, table in tables.items()} == {
        "rounds": 2,
        "inspections": 4,
        "findings": 4,
        "unvisited": 2,
        "paths": 4,
    }
    assert tables["rounds"].column("id").to_pylist() == ["r1", "r2"]
    assert tables["inspections"].column("value").to_pylist() == [3.5, 1.0, 3.5, 1.0]
    assert tables["findings"].column("x_m").to_pylist() == [1.0, None, 1.0, None]
    status, out, _ = ask(capsys, "export", "one/recording", "--dir", runs, "--json")
    (path,) = json.loads(out)
    channels = read_parquet(Path(path)).read_all().column("channel").to_pylist()
    assert channels == ["event", "capture", "finding"]


def test_export_without_the_library_says_what_to_install(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "arro3.io", None)
    status, _, err = ask(capsys, "export", runs / "rounds.sqlite")
    assert status == 2
    assert "rudel[export]" in err


def test_bad_input(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, why in (
        (["shwo"], "Did you mean 'show'"),
        (["show"], "needs a recording"),
        (["list", "x"], "did you mean show x"),
        (["show", "one/recordin", "--dir", str(runs)], "one/recording"),
        (["export", str(runs / "one")], "neither"),
    ):
        status, _, err = ask(capsys, *words)
        assert status == 2
        assert why in err
    assert not (runs / "one" / "parquet").exists()
