"""One way in for terrains, built-in places and folders."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from rudel import worlds
from rudel.core.errors import BadInput, UnknownName
from rudel.worlds import open_place
from rudel.worlds.place import World, save
from tests.worlds.place.places import level


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_a_name_is_a_terrain_and_a_folder_a_world(tmp_path: Path) -> None:
    save(level(half_m=4.0), tmp_path / "w")
    assert isinstance(worlds.open_world("stairs", 0.5, rng()), worlds.Terrain)
    world = worlds.open_world(tmp_path / "w", 0.5, rng())
    assert isinstance(world, World)
    assert world.size_m == (8.0, 8.0)


def test_a_place_that_is_not_there_is_named_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'stairs'"):
        worlds.open_world("stair", 0.5, rng())
    with pytest.raises(BadInput, match="rudel world import"):
        worlds.open_world(tmp_path, 0.5, rng())
    with pytest.raises(UnknownName, match="Unknown place"):
        worlds.build_place("nowhere", 0.5, rng())


@pytest.mark.parametrize("difficulty", [-0.1, 1.1, float("nan")])
def test_difficulty_is_a_share(difficulty: float) -> None:
    for name in worlds.place_names()[:1]:
        with pytest.raises(BadInput, match="outside"):
            worlds.build_place(name, difficulty, rng())


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/worlds.md", "exec"), {})


def test_bare_ground_is_no_place() -> None:
    with pytest.raises(BadInput, match="'flat' is bare ground"):
        open_place("flat", 0.5, np.random.default_rng(0))
