"""What an executor runs: tasks with ids of their own and forks, every name resolved, every repetition written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rudel.missions.fields import Values
from rudel.missions.mission import Mission
from rudel.missions.ports import Look, Stand
from rudel.missions.problem import Mark, Problem
from rudel.missions.site import Site

RETRIES, ON_FAILURE = 1, "skip"
PATIENCE, PATIENCE_S = 4.0, 60.0  # a time-out that nobody has given: so many times as long as planned, and so much more
HOME_ID = "home"


@dataclass(frozen=True)
class Wait:
    """Stand there."""

    nominal_s: float


@dataclass(frozen=True)
class Explore:
    """See what is not on the map, for at most so long."""

    nominal_s: float


@dataclass(frozen=True)
class Dock:
    """Onto the charger; charge up to a share, 0: dock and stay."""

    charge_to: float
    nominal_s: float = 20.0  # docking itself


Act = Look | Wait | Explore | Dock


@dataclass(frozen=True)
class Task:
    """Walk somewhere, and do something there.

    Attributes:
        id: unique in the program, the same whenever it is laid out anew.
        step: its kind, as the file calls it.
        title: for people.
        mark: where the file asks for it.
        stand: where to walk first; None: stay.
        act: what to do there; None: nothing more.
        timeout_s: for all of it; None: as planned, with patience.
        retries, on_failure: see steplist.COMMON.
        barred: why it cannot be done at all, known beforehand; "" otherwise.
    """

    id: str
    step: str
    title: str
    mark: Mark
    stand: Stand | None = None
    act: Act | None = None
    timeout_s: float | None = None
    retries: int = RETRIES
    on_failure: str = ON_FAILURE
    barred: str = ""

    @property
    def point(self) -> str:
        """The inspection point, or ""."""
        return self.act.target.point if isinstance(self.act, Look) else ""

    def patience_s(self, walk_s: float) -> float:
        """When to give up, for a walk that should take so long [s]."""
        planned = walk_s + (0.0 if self.act is None else self.act.nominal_s)
        return PATIENCE_S + PATIENCE * planned if self.timeout_s is None else self.timeout_s


@dataclass(frozen=True)
class Fork:
    """Go on with ``then`` if a finding was made, otherwise with ``otherwise``.

    Attributes:
        when: kinds (empty: any), point ("": anywhere), severity and confidence at least.
    """

    id: str
    mark: Mark
    when: Values
    then: tuple[Task | Fork, ...]
    otherwise: tuple[Task | Fork, ...]


Part = Task | Fork


@dataclass(frozen=True, eq=False)
class Program:
    """What an executor runs.

    Attributes:
        mission, site: that it was made of.
        parts: in order.
        home: how it ends; None: where it is.
        points: inspection points, each once, in order.
        notes: what people should know although it can be done.
    """

    mission: Mission
    site: Site
    parts: tuple[Part, ...]
    home: Task | None
    points: tuple[str, ...]
    notes: tuple[Problem, ...]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them, those of both branches of every fork."""
        return tuple(tasks_in(self.parts))


def tasks_in(parts: tuple[Part, ...]) -> Iterator[Task]:
    """All tasks of some parts, those of both branches of every fork."""
    for part in parts:
        if isinstance(part, Task):
            yield part
        else:
            yield from tasks_in(part.then)
            yield from tasks_in(part.otherwise)
