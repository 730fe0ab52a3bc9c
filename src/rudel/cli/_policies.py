"""Shipped policies: rudel/locomotion/policies/<robot>/<stem>.onnx is the policy "<robot>/<stem>".

Beside each lies <stem>.json: the command that made it, seed, commit, versions, and its figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rudel
from rudel.core import discovery
from rudel.core.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from rudel.locomotion.held import Held

FOLDER = Path(rudel.__file__).parent / "locomotion" / "policies"


@dataclass(frozen=True)
class ShippedPolicy:
    """A policy that comes with rudel.

    Attributes:
        name: "<robot>/<stem>".
        robot, skill: what it was trained for.
        path: the ONNX file.
        record: what lies beside it as JSON; empty where nothing does.
    """

    name: str
    robot: str
    skill: str
    path: Path
    record: Mapping[str, Any]


def shipped() -> tuple[ShippedPolicy, ...]:
    """All shipped policies, sorted by name."""
    return tuple(_describe(path) for path in sorted(FOLDER.glob("*/*.onnx")))


def resolve(text: str) -> str:
    """The path of a shipped policy ("lite3/walk", or "walk" where only one has that name); a file stays as it is.

    Args:
        text: a shipped name, an existing FILE, or FILE:CONTRACT.yaml with an existing FILE.

    Raises:
        UnknownName: none of these.
    """
    if Path(text).is_file() or any(Path(text[:i]).is_file() for i, char in enumerate(text) if char == ":"):
        return text
    found = {f"{path.parent.name}/{path.stem}": path for path in FOLDER.glob("*/*.onnx")}
    stems = [path.stem for path in found.values()]
    named = found | {path.stem: path for path in found.values() if stems.count(path.stem) == 1}
    if text not in named:
        raise UnknownName("policy file or shipped policy", text, named)
    return str(named[text])


def getup(robot: str, period_s: float) -> Held | None:
    """What ships to bring a robot back onto its feet, in a loop of ``period_s`` [s]; None: nothing that fits."""
    from rudel.locomotion import held, policy

    path = FOLDER / robot / "getup.onnx"
    if not path.is_file():
        return None
    found = policy.load(path)
    return held.Held(found, period_s) if held.asked_every(found, period_s) else None


def _describe(path: Path) -> ShippedPolicy:
    beside = path.with_suffix(".json")
    record = _read(beside) if beside.exists() else {}
    robot = path.parent.name
    return ShippedPolicy(f"{robot}/{path.stem}", robot, str(record.get("skill") or _skill(path.stem)), path, record)


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise BadInput(f"{path} is not a JSON object")
    return record


def _skill(stem: str) -> str:
    """The skill that a name such as walk_flat begins with, else the name itself."""
    skills = discovery.names("rudel.locomotion.skills")
    return max((skill for skill in skills if f"{stem}_".startswith(f"{skill}_")), key=len, default=stem)
