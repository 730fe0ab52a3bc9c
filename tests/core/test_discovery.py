"""Discovery: what lies in the folder is there, nothing else is, and no list has to be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from rudel.core import discovery
from rudel.core.errors import UnknownName


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A package of its own name per test, with two modules, two subpackages and a private one of each."""
    package = f"zoo_{abs(hash(request.node.name))}"
    root = tmp_path / package
    for folder in ("", "wolf", "dingo", "_den"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "__init__.py").write_text("")
    for module in ("walk", "trot", "_shared"):
        (root / f"{module}.py").write_text(f"who = {module!r}")
    (root / "notes.md").write_text("not a module")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package


def test_modules_and_folders_are_told_apart_and_private_ones_left_out(zoo: str) -> None:
    assert discovery.names(zoo) == ("trot", "walk")
    assert discovery.names(zoo, subpackages=True) == ("dingo", "wolf")


def test_adding_a_file_registers_it(zoo: str, tmp_path: Path) -> None:
    assert "bound" not in discovery.names(zoo)
    (tmp_path / zoo / "bound.py").write_text("who = 'bound'")
    assert discovery.load(zoo, "bound", kind="skill").who == "bound"


def test_every_name_found_can_be_loaded(zoo: str) -> None:
    for name in discovery.names(zoo):
        assert discovery.load(zoo, name, kind="skill").who == name
    for name in discovery.names(zoo, subpackages=True):
        assert discovery.load(zoo, name, kind="animal", subpackages=True).__name__ == f"{zoo}.{name}"


@pytest.mark.parametrize("name", ["walt", "_shared", "wolf", "walk.x", "", "../walk"])
def test_what_is_not_found_is_refused_with_the_choices(zoo: str, name: str) -> None:
    with pytest.raises(UnknownName, match=r"Unknown skill .*Choices: trot, walk\."):
        discovery.load(zoo, name, kind="skill")
