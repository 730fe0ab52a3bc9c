"""The project names no package registry: where packages come from is the business of whoever installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# In halves, so that this file does not name them either.
HOSTS = [
    a + b
    for a, b in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("download.py", "torch.org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("yarnpkg", ".com"),
        ("anaconda", ".org"),
        ("deb.deb", "ian.org"),
        ("archive.ub", "untu.com"),
        ("proxy.go", "lang.org"),
        ("crates", ".io"),
    )
]
# An index option or setting at the start of a line would name one as well, whatever its host.
OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "index-url" + " =", "PIP_INDEX" + "_URL"]
SELF = Path(__file__).relative_to(ROOT).as_posix()


def named(text: str) -> list[str]:
    return [word for word in (*HOSTS, *OPTIONS) if word in text]


def tracked() -> list[Path]:
    """Files that git tracks or would add; in an unpacked archive, every file that is not made by make."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    made = {".venv", ".git", "build", "runs"}
    return [path for path in ROOT.rglob("*") if path.is_file() and path.relative_to(ROOT).parts[0] not in made]


def test_no_tracked_text_file_names_a_registry() -> None:
    files = tracked()
    assert ROOT / SELF in files
    found: dict[str, list[str]] = {}
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content and (names := named(content.decode(errors="replace"))):
            found[str(path.relative_to(ROOT))] = names
    assert found == {}


@pytest.mark.parametrize("word", [*HOSTS, *OPTIONS])
def test_the_check_bites(word: str) -> None:
    assert named(f"see https://{word}/simple") == [word]
