"""Who may import whom in src/rudel; imports in functions count, and so do module names in strings ("rudel.worlds")."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"

FRONTS = ("cli", "api", "__main__")  # may import everything, and nobody else imports them
# A room may import itself and these (docs/CONVENTIONS.md says why).
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    **{room: {"core"} for room in ("robots", "worlds", "recording", "navigation", "inspection")},
    "sim": {"core", "robots", "worlds"},
    "locomotion": {"core", "robots", "worlds", "sim"},
    "missions": {"core", "navigation", "inspection"},
    "runtime": {"core", "robots", "locomotion.policy", "navigation", "inspection", "missions", "recording"},
    "fleet": {"core", "missions"},
    "console": {"core", "recording"},
}
# What runs a policy must run on a robot, without a simulator and without a training framework.
ON_ROBOT = {"numpy", "onnx", "onnxruntime", "yaml"}


def file_of(module: str) -> Path | None:
    stem = SRC.joinpath(*module.split("."))
    return next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.exists()), None)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def imports(source: str, package: str) -> Iterator[str]:
    """Dotted names that ``source``, a module in ``package``, imports anywhere or names in a string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield from (".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^rudel(?:\.\w+)+$", node.value)


def violations(source: str, module: str, package: str) -> list[str]:
    """What ``module`` imports of ours and must not."""
    room = module.split(".")[1] if "." in module else ""
    if room in FRONTS:
        return []
    allowed = {room} | MAY_IMPORT.get(room, set())
    found: list[str] = []
    for name in imports(source, package):
        parts = name.split(".")
        if parts[0] == "rudel" and len(parts) > 1 and parts[1] in {*MAY_IMPORT, *FRONTS}:
            prefixes = {".".join(parts[1:n]) for n in range(2, len(parts) + 1)}
            found += [] if prefixes & allowed else [f"{module} imports {name}, may import {sorted(allowed)}"]
    return found


def package_of(path: Path) -> str:
    return module_of(path.parent / "__init__.py")


def reached_from(module: str) -> set[str]:
    """Everything that importing ``module`` may load: ours as module names, others as top-level names."""
    found: set[str] = set()
    queue = [module]
    while queue:
        name = queue.pop()
        while name.startswith("rudel") and file_of(name) is None:
            name = name.rpartition(".")[0]  # an attribute of a module
        name = name if name.startswith("rudel") else name.partition(".")[0]
        path = file_of(name)
        if name not in found and path is not None:
            queue += [name.rpartition(".")[0] or "rudel", *imports(path.read_text(), package_of(path))]
        found.add(name)
    return found


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=module_of)
def test_a_room_imports_only_what_the_house_allows(path: Path) -> None:
    assert violations(path.read_text(), module_of(path), package_of(path)) == []


def test_every_room_is_in_the_table() -> None:
    rooms = {p.name for p in (SRC / "rudel").iterdir() if any(p.rglob("*.py"))}
    assert rooms - {"cli"} <= set(MAY_IMPORT)


def test_policy_reaches_neither_simulator_nor_training_framework() -> None:
    reached = reached_from("rudel.locomotion.policy")
    ours = {name for name in reached if name.startswith("rudel")}
    assert "rudel.locomotion.contract" in ours  # the walk gets somewhere
    assert {name.split(".")[1] for name in ours - {"rudel"}} <= {"core", "locomotion"}
    assert reached - ours - sys.stdlib_module_names <= ON_ROBOT


def test_policy_loads_neither_simulator_nor_training_framework() -> None:
    """The same by running it: what Python has loaded after the import."""
    code = "import rudel.locomotion.policy, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "onnxruntime" in loaded
    assert not loaded & {"mujoco", "gymnasium", "torch", "jax", "tensorboardX", "cv2", "matplotlib"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rudel.core.types", "import rudel.robots.spec"),
        ("rudel.core.types", "def f():\n    from rudel import sim"),
        ("rudel.worlds.flat", "from ..robots import spec"),
        ("rudel.worlds.flat", "load('rudel.locomotion.skills')"),
        ("rudel.runtime.loop", "from rudel.sim import batch"),
        ("rudel.runtime.loop", "from rudel.locomotion import env"),
        ("rudel.sim.batch", "from rudel.cli.main import main"),
        ("rudel.missions.run", "from rudel import api"),
    ],
)
def test_the_check_bites(module: str, source: str) -> None:
    assert len(violations(source, module, module.rpartition(".")[0])) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rudel.core.types", "from . import errors; from .errors import BadInput"),
        ("rudel.runtime.loop", "from rudel.locomotion.policy import Policy; from rudel.locomotion import policy"),
        ("rudel.sim.batch", "import rudel; from rudel import __version__; from ..core.types import Twist"),
        ("rudel.cli.train", "from rudel.sim import batch"),
    ],
)
def test_the_check_lets_pass(module: str, source: str) -> None:
    assert violations(source, module, module.rpartition(".")[0]) == []
