"""What a gauntlet found, and the score that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rudel.locomotion.evaluate import Evaluation
from rudel.locomotion.gauntlet import quality
from rudel.locomotion.gauntlet.drill import DrillFigures
from rudel.locomotion.gauntlet.load import LoadFigures
from rudel.locomotion.gauntlet.push import PushFigures


def condition_score(level: int | None, quality_there: float) -> float:
    """Score in [0, 1] of one terrain under one condition.

    RoboGauge (gauge/base_gauge.py, terrain_quality_score): 0.09 (level - 1) + 0.19 quality, so that level 10 with
    perfect quality gives 1; 0 where no level was passed; on level ground (``level`` None) the quality itself. Ours:
    level ground counts 0 where its goal is not reached.
    """
    if level is None:
        return quality_there
    return 0.09 * (level - 1) + 0.19 * quality_there if level >= 1 else 0.0


@dataclass(frozen=True)
class Outcome:
    """One condition of one course.

    Attributes:
        friction, payload_kg: the condition.
        level: highest level passed, 0 for none; None on level ground, which has no levels.
        drill: what was measured there; None where nothing was passed.
        score: see condition_score.
    """

    friction: float
    payload_kg: float
    level: int | None
    drill: DrillFigures | None
    score: float


@dataclass(frozen=True)
class Course:
    """One family in one direction (or level ground).

    Attributes:
        name: for example "slope_forwards", "flat".
        scored: whether it counts in the overall score.
        outcomes: one per condition.
    """

    name: str
    scored: bool
    outcomes: tuple[Outcome, ...]

    @property
    def levels(self) -> tuple[int | None, ...]:
        return tuple(o.level for o in self.outcomes)

    @property
    def mean_level(self) -> float | None:
        """Mean over the conditions; None on level ground."""
        known = [level for level in self.levels if level is not None]
        return float(np.mean(known)) if known else None

    @property
    def score(self) -> float:
        """Mean over the conditions, those that were not passed with 0."""
        return float(np.mean([o.score for o in self.outcomes]))

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over the conditions, with 0 where no level was passed."""
        measured = [o.drill.metrics if o.drill is not None else {} for o in self.outcomes]
        return {name: float(np.mean([m.get(name, 0.0) for m in measured])) for name in quality.METRICS}


@dataclass(frozen=True)
class GauntletResult:
    """One policy's gauntlet.

    Attributes:
        policy: what it was called.
        robot, period_s: from its contract.
        courses: level ground first, then the families.
        push, flat, load: see there.
        faults: where the policy gave numbers that are not finite, or the physics broke; each counted as a fall.
        seconds: wall-clock.
    """

    policy: str
    robot: str
    period_s: float
    courses: tuple[Course, ...]
    push: PushFigures
    flat: Evaluation
    load: LoadFigures
    faults: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def score(self) -> float:
        """Overall score in [0, 1]: the mean of the scored courses (the published seven)."""
        return overall(self.courses)

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's mean over the scored courses."""
        scored = [c.metrics for c in self.courses if c.scored]
        return {name: float(np.mean([m[name] for m in scored])) for name in quality.METRICS}

    def course(self, name: str) -> Course:
        """A course by name."""
        return next(c for c in self.courses if c.name == name)


def overall(courses: Sequence[Course]) -> float:
    """Mean score of the scored courses; 0 where there is none."""
    scores = [c.score for c in courses if c.scored]
    return float(np.mean(scores)) if scores else 0.0


def make_course(
    name: str,
    scored: bool,
    conditions: Sequence[tuple[float, float]],
    levels: Sequence[int | None],
    drills: Mapping[int, DrillFigures],
) -> Course:
    """A course from its conditions (friction, payload), levels and what was measured, by index of the condition."""
    outcomes: list[Outcome] = []
    for i, ((friction, payload), level) in enumerate(zip(conditions, levels, strict=True)):
        figures = drills.get(i)
        points = condition_score(level, figures.quality if figures is not None else 0.0)
        outcomes.append(Outcome(friction, payload, level, figures, points))
    return Course(name, scored, tuple(outcomes))
