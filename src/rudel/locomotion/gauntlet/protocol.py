"""How much the gauntlet measures."""

from __future__ import annotations

from dataclasses import dataclass

from rudel.core.errors import BadInput
from rudel.locomotion.gauntlet.crossing import Condition
from rudel.locomotion.gauntlet.families import FAMILIES, family

PAYLOAD_RANGE_KG = (-1.0, 3.0)
FRICTION_RANGE = (0.05, 2.0)


@dataclass(frozen=True)
class Protocol:
    """How much is measured.

    Attributes:
        frictions, payloads_kg: conditions are all pairs.
        search_seeds: robots that try a level under each condition and direction; 80 % have to arrive.
        drill_seeds: robots that follow each sequence of commands there.
        push_seeds: robots that are pushed in each direction.
        flat_robots: robots of the flat evaluation.
        families: names.
        seed: of everything random.
    """

    frictions: tuple[float, ...]
    payloads_kg: tuple[float, ...] = (0.0,)
    search_seeds: int = 5
    drill_seeds: int = 3
    push_seeds: int = 10
    flat_robots: int = 256
    families: tuple[str, ...] = tuple(FAMILIES)
    seed: int = 0

    def validate(self) -> None:
        """BadInput for what cannot be measured."""
        for name, values, (low, high) in (
            ("friction", self.frictions, FRICTION_RANGE),
            ("payload_kg", self.payloads_kg, PAYLOAD_RANGE_KG),
        ):
            if not values:
                raise BadInput(f"the gauntlet needs at least one {name}")
            for value in values:
                if not low <= value <= high:
                    raise BadInput(f"{name} {value:g} is outside {low:g} to {high:g}")
        for name in self.families:
            family(name)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(Condition(friction, payload) for payload in self.payloads_kg for friction in self.frictions)


def published(seed: int = 0) -> Protocol:
    """The published protocol: frictions 0.2 to 1.0 in steps of 0.1, five seeds to pass a level, three to measure."""
    return Protocol(tuple(round(0.1 * i, 1) for i in range(2, 11)), seed=seed)


def quick(seed: int = 0) -> Protocol:
    """The same with three frictions and fewer seeds."""
    return Protocol((0.4, 0.7, 1.0), search_seeds=3, drill_seeds=1, push_seeds=5, flat_robots=64, seed=seed)
