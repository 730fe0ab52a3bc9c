"""Worlds on disk that are damaged, or made to do harm, are refused."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.worlds.place import World, load
from rudel.worlds.place._files import read_json
from rudel.worlds.place.store import FILE
from tests.worlds.place.stored import edit, files


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 100_000,
        '{"schema": NaN}',
        '{"a": 1e999}',
        '{"a": 1, "a": 2}',
        "9" * 5000,
        "\xff",
    ],
)
def test_no_json_no_world(copy: Path, text: str) -> None:
    (copy / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput):
        load(copy)


@pytest.mark.parametrize(
    ("text", "why"), [('{"a": 1e999}', "finite"), ('{"a": -Infinity}', "finite"), ('{"a": 1, "a": 2}', "twice")]
)
def test_json_that_readers_understand_differently_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadInput, match=why):
        read_json(tmp_path / "x.json")


def test_no_folder_no_world(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadInput, match=r"world\.json"):
            load(path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda w: w.update(colour="red"), "Unknown key of the world 'colour'"),
        (lambda w: w.pop("name"), "lacks 'name'"),
        (lambda w: w.update(bounds=[0, 1, 0]), "needs 4 numbers"),
        (lambda w: w.update(bounds=[1, 0, 0, 1]), "x_min < x_max"),
        (lambda w: w["start"].update(xy=[99, 0]), "outside of its bounds"),
        (lambda w: w["start"].update(xy="ab"), "needs 2 numbers"),
        (lambda w: w.update(seed=10**400), "finite"),
        (lambda w: w.update(name="../x"), "is no name"),
        (lambda w: w.update(ground_seen="no"), "true or false"),
        (lambda w: w.update(ground_material="mud"), "names the material 'mud'"),
        (lambda w: w["shapes"][0].update(type="blob"), "Unknown type of shape"),
        (lambda w: w["shapes"][0].update(type=[]), "Unknown type of shape"),
        (lambda w: w["shapes"][0].update(half=[1, -1, 1]), "greater than 0"),
        (lambda w: w["shapes"][0].update(quat=[1, 1, 0, 0]), "length 1"),
        (lambda w: w["shapes"][0].update(solid=1), "true or false"),
        (lambda w: w["shapes"][0].update(material="mud"), "names the material 'mud'"),
        (lambda w: w["things"][1].update(id="gauge-1"), "share a name"),
        (lambda w: w["things"][0]["parts"][0].update(texture="no"), "names the texture"),
        (lambda w: w["things"][0]["truth"].update(value=[1]), "needs text, a number"),
        (lambda w: w["heat"][0].update(temperature_c=-300), "temperature_c"),
        (lambda w: w["heat"][0].update(thing="nobody"), "names the thing"),
        (lambda w: w["routes"].update(round=["nowhere"]), "names the point or thing"),
        (lambda w: w.update(things={}), "needs a list"),
        (lambda w: w["ground"].update(resolution_m=0), "resolution_m is 0"),
        (lambda w: w["ground"].pop("origin"), "lacks 'origin'"),
        (lambda w: w["layers"].update(resolution_m=-1), "greater than 0"),
        (lambda w: w["ground"]["heights"].update(shape=[9, 12]), "world.json says"),
        (lambda w: w["ground"]["heights"].update(shape=[2**40, 2**40]), "MiB"),
        (lambda w: w["ground"]["heights"].update(shape=[-1, 11]), "whole numbers"),
        (lambda w: w["ground"]["heights"].update(dtype="object"), "needs one of"),
        (lambda w: w["ground"]["heights"].update(dtype="float64"), "world.json says"),
        (lambda w: w["ground"]["heights"].update(file="arrays/../../x.npy"), "in the folder"),
        (lambda w: w["ground"]["heights"].update(file="/etc/passwd"), "in the folder"),
        (lambda w: w["ground"]["heights"].update(file="arrays/none.npy"), "is not in the folder"),
        (lambda w: w["textures"]["dial"].update(shape=[17, 34, 3]), "needs"),
    ],
)
def test_what_is_wrong_is_named(copy: Path, change: Any, why: str) -> None:
    edit(copy, change)
    with pytest.raises(BadInput, match=why):
        load(copy)


def test_links_out_of_the_folder_are_not_followed(copy: Path, tmp_path: Path) -> None:
    ground = copy / "arrays" / "ground.npy"
    shutil.move(ground, tmp_path / "elsewhere.npy")
    ground.symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(BadInput, match="is not in the folder"):
        load(copy)


def test_pickles_are_not_opened(copy: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "boom"),)

    np.save(copy / "arrays" / "ground.npy", np.array([[Bomb()] * 11] * 9, dtype=object), allow_pickle=True)
    with pytest.raises(BadInput):
        load(copy)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    "header", [b"{'descr': (", b"{" * 100, b"", b"{'descr': '<f4', 'shape': (9, 11), }", b"\xff" * 60]
)
def test_arrays_with_an_odd_header_are_refused(copy: Path, header: bytes) -> None:
    path = copy / "arrays" / "ground.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 396)
    with pytest.raises(BadInput, match=r"is no \.npy file"):
        load(copy)


@pytest.mark.parametrize(("width", "why"), [(34, "needs"), (60_000, "needs"), (2**31 - 1, "needs")])
def test_pictures_that_claim_to_be_larger_are_not_unpacked(copy: Path, width: int, why: str) -> None:
    path = copy / "textures" / "dial.png"
    data = bytearray(path.read_bytes())
    data[16:20] = struct.pack(">I", width)  # in the IHDR chunk, which is at 8
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)
    with pytest.raises(BadInput, match=why):
        load(copy)


def test_pictures_of_which_one_bit_is_wrong_are_refused(copy: Path) -> None:
    path = copy / "textures" / "dial.png"
    good = path.read_bytes()
    for at in range(0, len(good), 7):
        data = bytearray(good)
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises(BadInput, match=r"no PNG, or damaged|needs"):
            load(copy)


def test_many_references_to_one_large_file_are_counted(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def point_at_it(world: dict[str, Any]) -> None:
        stated = {"file": "arrays/big.npy", "shape": [2_000, 300], "dtype": "float32"}
        world["textures"] = {f"t{k}": stated for k in range(8)}

    with (copy / "arrays" / "big.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (2_000, 300)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 2_400_000)  # a hole: it takes no room on disk
    edit(copy, point_at_it)
    monkeypatch.setattr("rudel.worlds.place._files.MAX_ARRAYS_BYTES", 8 * 2**20)
    with pytest.raises(BadInput, match="more than 8 MiB"):
        load(copy)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_or_garbled_files_are_refused_or_harmless(folder: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever is changed in any file: BadInput, or a world that passed every check; no other error."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    path = copy / data.draw(st.sampled_from(files(folder)))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
    with contextlib.suppress(BadInput):
        assert isinstance(load(copy), World)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_anywhere_is_refused_or_harmless(folder: Path, tmp_path: Path, data: st.DataObject) -> None:
    copy = tmp_path / "copy"
    if not copy.exists():
        shutil.copytree(folder, copy)
    document = json.loads((folder / FILE).read_text())
    odd = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5)
    )
    odd = odd | st.lists(odd, max_size=4) | st.dictionaries(st.text(max_size=3), odd, max_size=2)
    at: Any = document["world"]
    while True:
        key = data.draw(st.sampled_from(sorted(at)) if isinstance(at, dict) else st.integers(0, len(at) - 1))
        if isinstance(at[key], dict | list) and at[key] and data.draw(st.integers(0, 3)):
            at = at[key]
            continue
        at[key] = data.draw(odd)
        break
    (copy / FILE).write_text(json.dumps(document))
    with contextlib.suppress(BadInput):
        assert isinstance(load(copy), World)
