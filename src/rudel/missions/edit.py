"""Changing a mission file without losing what people have written into it: comments, order, blank lines."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from rudel.core.errors import BadInput
from rudel.missions.mission import Mission, parse


class Document:
    """The text of a mission file, to be changed.

    Args:
        text: a mission that can be read.
        source: what to call it in messages.

    Raises:
        BadMission: the text is no mission.
    """

    def __init__(self, text: str, source: str = "mission") -> None:
        parse(text, source)  # bounded, and neither tags nor aliases
        self._source = source
        self._yaml = YAML(typ="rt")
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        self._data: Any = self._yaml.load(text)

    @property
    def text(self) -> str:
        """As it is now."""
        out = io.StringIO()
        self._yaml.dump(self._data, out)
        return out.getvalue()

    def mission(self) -> Mission:
        """As it is now; BadMission when it is none any more."""
        return parse(self.text, self._source)

    def set(self, path: Sequence[str], value: Any) -> None:
        """Give a key a value, for example ("battery", "reserve"), 25; tables on the way are made."""
        if not path:
            raise BadInput("which key? A path of one key at least is needed")
        table = self._data
        for key in path[:-1]:
            if not isinstance(table.get(key), Mapping):
                table[key] = {}
            table = table[key]
        table[path[-1]] = value

    def add_points(self, points: Mapping[str, Mapping[str, Any]]) -> None:
        """Add points of the mission's own; BadInput when one is there already."""
        twice = sorted(set(points) & set(self._data.get("points") or {}))
        if twice:
            raise BadInput(f"{self._source} has the points {', '.join(twice)} already: give the new ones other names")
        for name, point in points.items():
            self.set(("points", name), dict(point))

    def add_steps(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Add steps at the end; BadInput where the steps are the name of a block."""
        if not isinstance(self._data["steps"], list):
            raise BadInput(f"{self._source}: its steps are a block; add to that block by hand")
        self._data["steps"].extend(dict(step) for step in steps)
