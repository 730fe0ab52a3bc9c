"""Discovery by folder: a module (or subpackage) in the right folder is registered by being there."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from rudel.core.errors import UnknownName


def names(package: str, *, subpackages: bool = False) -> tuple[str, ...]:
    """Sorted public names found in ``package``.

    Args:
        package: dotted name, for example ``"rudel.worlds"``.
        subpackages: True lists folders (robots), False lists modules (worlds, skills). Names that begin
            with an underscore are private and are left out.
    """
    path = importlib.import_module(package).__path__
    found = pkgutil.iter_modules(path)
    return tuple(sorted(m.name for m in found if m.ispkg == subpackages and not m.name.startswith("_")))


def load(package: str, name: str, *, kind: str, subpackages: bool = False) -> ModuleType:
    """Import ``package.name``; an unknown name raises UnknownName with the nearest choices."""
    choices = names(package, subpackages=subpackages)
    if name not in choices:
        raise UnknownName(kind, name, choices)
    return importlib.import_module(f"{package}.{name}")
