"""Worlds on disk: what goes in comes out, and what is damaged is refused."""

from __future__ import annotations

import filecmp
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.worlds.place import World, load, save
from rudel.worlds.place._files import read_json, write_json
from rudel.worlds.place.store import FILE, MIGRATIONS, SCHEMA, migrate
from rudel.worlds.place.world import SCHEMA_VERSION
from tests.worlds.place.places import level, rich
from tests.worlds.place.stored import files, same

# --- round trips -----------------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(world: World, folder: Path) -> None:
    assert same(load(folder), world)


def test_saving_again_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save(load(folder), tmp_path / "again")
    assert files(folder) == files(tmp_path / "again")
    assert filecmp.cmpfiles(folder, tmp_path / "again", files(folder), shallow=False)[1:] == ([], [])


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(folder: Path, tmp_path: Path) -> None:
    save(rich(0), tmp_path / "a")
    save(rich(1), tmp_path / "b")
    assert filecmp.cmpfiles(folder, tmp_path / "a", files(folder), shallow=False)[1:] == ([], [])
    assert not filecmp.cmp(folder / FILE, tmp_path / "b" / FILE, shallow=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_survives_our_layout(tmp_path: Path, data: Any) -> None:
    write_json(tmp_path / "x.json", data)
    assert read_json(tmp_path / "x.json") == data


def test_saving_replaces_a_world_and_nothing_else(tmp_path: Path) -> None:
    save(rich(), tmp_path / "w")
    save(level(), tmp_path / "w")
    assert files(tmp_path / "w") == [FILE]
    assert os.listdir(tmp_path) == ["w"]  # no leftovers
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "link").symlink_to(tmp_path / "w")
    for taken in ("mine", "link", "mine/thesis.txt"):
        with pytest.raises(BadInput, match="is no world"):
            save(level(), tmp_path / taken)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_failed_save_leaves_the_old_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(level(), tmp_path / "w")
    before = (tmp_path / "w" / FILE).read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("rudel.worlds.place._files.write_json", fail)
    with pytest.raises(OSError, match="disk full"):
        save(rich(), tmp_path / "w")
    assert (tmp_path / "w" / FILE).read_bytes() == before
    assert os.listdir(tmp_path) == ["w"]


# --- versions --------------------------------------------------------------------------------------------------------


def test_older_versions_are_brought_up_step_by_step() -> None:
    def two(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "title": data.get("label", "")}

    def three(data: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in data.items() if k != "label"}

    old = {"schema": SCHEMA, "version": 1, "world": {"name": "a", "label": "A"}}
    assert migrate(old, "x", (two, three)) == {"name": "a", "title": "A"}
    assert migrate({**old, "version": 2}, "x", (two, three)) == {"name": "a"}
    assert old["world"] == {"name": "a", "label": "A"}


def test_every_version_but_the_last_has_a_migration() -> None:
    assert len(MIGRATIONS) == SCHEMA_VERSION - 1


@pytest.mark.parametrize("version", [2, 10**9, 0, -1, 1.0, True, "1", None])
def test_other_versions_are_refused(copy: Path, version: object) -> None:
    data = json.loads((copy / FILE).read_text())
    (copy / FILE).write_text(json.dumps({**data, "version": version}))
    with pytest.raises(BadInput, match="version"):
        load(copy)


def test_a_newer_version_says_what_to_do(copy: Path) -> None:
    data = json.loads((copy / FILE).read_text())
    (copy / FILE).write_text(json.dumps({**data, "version": 99}))
    with pytest.raises(BadInput, match=r"version 99; this rudel reads up to 1: update rudel"):
        load(copy)
