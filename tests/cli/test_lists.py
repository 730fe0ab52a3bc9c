"""`rudel robots`, `worlds`, `policies`: lists of what discovery finds; and the JSON and tables that all verbs print."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel import robots, worlds
from rudel.cli import _output, _policies
from rudel.cli.main import ONE_THREAD, main
from rudel.core.errors import BadInput, UnknownName


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


def strict(text: str) -> Any:
    """Parse JSON that has no NaN and no infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "names"), [("robots", robots.names()), ("worlds", worlds.names())])
def test_lists_have_all_that_there_is(
    verb: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--json"]) == 0
    listed = strict(capsys.readouterr().out)
    assert [one["name"] for one in listed] == list(names)
    assert all(one["summary"] for one in listed)
    monkeypatch.setenv("COLUMNS", "400")
    assert main([verb]) == 0
    out = capsys.readouterr().out
    assert all(one["name"] in out and one["summary"] in out for one in listed)


def test_robots_tell_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robots", "--json"]) == 0
    for one in strict(capsys.readouterr().out):
        spec = robots.load(one["name"])
        assert (one["mass_kg"], one["nominal_height_m"]) == (spec.mass_kg, spec.nominal_height_m)
        assert one["max_twist"] == list(spec.max_twist)
        assert one["joints"] == list(spec.joints)


def test_worlds_tell_what_difficulty_does(capsys: pytest.CaptureFixture[str]) -> None:
    """No effect is claimed exactly where the ground of both ends is the same."""
    assert main(["worlds", "--json"]) == 0
    for one in strict(capsys.readouterr().out):
        easy, hard = (worlds.build(one["name"], d, np.random.default_rng(1)) for d in (0.0, 1.0))
        points = np.random.default_rng(2).uniform(-4, 4, (2000, 2))
        same = np.array_equal(easy.height(points), hard.height(points))
        assert (one["difficulty"] == "no effect") is same


# --- shipped policies ------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shipped policies: two robots that share a walk, one of them with a second one."""
    for name in ("lite3/walk", "x30/walk", "lite3/walk_flat", "lite3/sit"):
        path = tmp_path / "policies" / f"{name}.onnx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    record = {"command": "rudel train walk", "seed": 11, "figures": {"vel_error_mps": 0.05, "drift_pct": math.nan}}
    (tmp_path / "policies/lite3/walk.json").write_text(json.dumps(record | {"name": "not this", "path": "nor this"}))
    (tmp_path / "policies/lite3/sit.json").write_text(json.dumps({"skill": "rest", "command": "[red]by hand"}))
    monkeypatch.setattr(_policies, "FOLDER", tmp_path / "policies")
    return tmp_path / "policies"


def test_policies_are_listed_with_where_they_come_from(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "--json"]) == 0
    listed = {one["name"]: one for one in strict(capsys.readouterr().out)}
    assert sorted(listed) == ["lite3/sit", "lite3/walk", "lite3/walk_flat", "x30/walk"]
    for name, one in listed.items():
        assert Path(one["path"]) == shipped / f"{name}.onnx"
        assert one["robot"] == name.split("/")[0]
        assert {"figures", "command"} <= set(one)
    assert {name: one["skill"] for name, one in listed.items()} == {
        "lite3/sit": "rest",  # its record says so
        "lite3/walk": "walk",
        "lite3/walk_flat": "walk",
        "x30/walk": "walk",
    }
    walk = listed["lite3/walk"]
    assert (walk["command"], walk["seed"]) == ("rudel train walk", 11)
    assert walk["figures"] == {"vel_error_mps": 0.05, "drift_pct": None}


def test_the_table_of_policies_shows_figures_and_no_markup(
    shipped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    assert main(["policies"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("lite3/walk " in line and "0.05" in line and "rudel train walk" in line for line in lines)
    assert any("lite3/sit" in line and "[red]by hand" in line for line in lines)


def test_without_policies_the_next_step_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_policies, "FOLDER", tmp_path)
    assert main(["policies"]) == 0
    assert "rudel train walk" in capsys.readouterr().out
    assert main(["policies", "--json"]) == 0
    assert strict(capsys.readouterr().out) == []


@pytest.mark.parametrize("content", ["{", "[1]", "null"])
def test_a_damaged_record_is_named(shipped: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (shipped / "lite3/walk.json").write_text(content)
    assert main(["policies", "--json"]) == 2
    assert str(shipped / "lite3/walk.json") in capsys.readouterr().err


def test_names_resolve_to_files(shipped: Path) -> None:
    for name in ("lite3/walk", "x30/walk", "lite3/walk_flat"):
        assert _policies.resolve(name) == str(shipped / f"{name}.onnx")
    assert _policies.resolve("walk_flat") == str(shipped / "lite3/walk_flat.onnx")
    for one in _policies.shipped():
        assert _policies.resolve(one.name) == str(one.path)
        assert _policies.resolve(str(one.path)) == str(one.path)


def test_files_resolve_to_themselves(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine.onnx", "odd:name.onnx", "sit"):  # a file is meant even where a policy has its name
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    for text in ("mine.onnx", "mine.onnx:contract.yaml", "odd:name.onnx", "odd:name.onnx:c.yaml", "sit"):
        assert _policies.resolve(text) == text


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("lite3/wlak", "'lite3/walk'"),
        ("walk_flt", "'walk_flat'"),
        ("walk", "'lite3/walk'"),  # two have it: choose
        ("none.onnx", ""),
        ("none.onnx:c.yaml", ""),
        ("", ""),
        ("lite3", ""),
        ("../lite3/walk", "'lite3/walk'"),
    ],
)
def test_what_is_neither_is_unknown(
    text: str, nearest: str, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownName) as error:
        _policies.resolve(text)
    assert isinstance(error.value, BadInput)
    assert repr(text) in str(error.value)
    assert nearest in str(error.value)


# --- output ----------------------------------------------------------------------------------------------------------


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return {key: without_nan(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(anything)
def test_json_comes_back_but_for_what_it_cannot_hold(value: Any) -> None:
    assert strict(json.dumps(_output.plain(value), allow_nan=False)) == without_nan(value)


def test_json_of_our_own_types() -> None:
    @dataclasses.dataclass(frozen=True)
    class Run:
        out: Path
        seeds: tuple[int, ...]
        figures: dict[str, float]

    made = _output.plain({"run": Run(Path("a") / "b", (1, 2), {"x": 0.1}), "kinds": set("hgfedcba")})
    assert made == {"run": {"out": "a/b", "seeds": [1, 2], "figures": {"x": 0.1}}, "kinds": list("abcdefgh")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.float32("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), [[1.0, None], [2.0, 3.0]]),
    ],
)
def test_json_of_numpys_types(value: Any, expected: Any) -> None:
    made = _output.plain(value)
    assert made == expected
    assert type(made) is type(expected)


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        _output.plain({"x": object()})


def test_a_table_shows_text_as_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _output.print_table("[b]title[/b]", ["[i]name"], [["[red]x[/red]"], [":smile:"]])
    out = capsys.readouterr().out
    for text in ("[b]title[/b]", "[i]name", "[red]x[/red]", ":smile:"):
        assert text in out
