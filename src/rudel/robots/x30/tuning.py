"""Exceptions to a skill's own settings for this robot, as data keyed by skill. Empty: the skill's values hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TUNING: Mapping[str, Mapping[str, float]] = MappingProxyType({"walk": MappingProxyType({})})
