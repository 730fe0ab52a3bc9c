"""A world, its folder, and a copy of it to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rudel.worlds.place import World, save
from tests.worlds.place.places import rich


@pytest.fixture(scope="module")
def world() -> World:
    return rich()


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(world, tmp_path_factory.mktemp("worlds") / "rich")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))
