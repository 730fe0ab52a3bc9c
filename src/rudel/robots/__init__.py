"""Robots: what they are (RobotSpec), how they are talked to (Driver). A folder here is a registered robot."""

from __future__ import annotations

import importlib
from pathlib import Path

from rudel.core import discovery
from rudel.core.errors import BadInput
from rudel.robots.spec import RobotSpec

__all__ = ["RobotSpec", "load", "names", "tuning"]


def names() -> tuple[str, ...]:
    """Names of the registered robots, sorted."""
    return discovery.names(__name__, subpackages=True)


def load(name_or_path: str) -> RobotSpec:
    """The robot of that name, or a robot of one's own from its ``.yaml`` spec file.

    Raises:
        UnknownName: no robot of that name; the message lists the choices.
        BadInput: the spec file or the model that it points to cannot be used; the message says what and where.
    """
    suffix = Path(name_or_path).suffix.lower()
    if suffix in (".yaml", ".yml"):
        from rudel.robots import _custom  # only needed here, and it needs a YAML parser

        return _custom.load(Path(name_or_path))
    if suffix in (".xml", ".urdf", ".mjcf"):
        raise BadInput(
            f"{name_or_path!r} is a model, not a robot: write a .yaml spec file beside it that names its base, legs "
            "and limits (see rudel.robots._custom), and give the path of that file"
        )
    discovery.load(__name__, name_or_path, kind="robot", subpackages=True)
    return importlib.import_module(f"{__name__}.{name_or_path}.spec").spec()


def tuning(name_or_path: str, skill: str) -> dict[str, object]:
    """A registered robot's exceptions for one skill (``robots/<name>/tuning.py``); none for a robot of one's own."""
    if name_or_path not in names():
        return {}
    return dict(importlib.import_module(f"{__name__}.{name_or_path}.tuning").TUNING.get(skill, {}))
