"""Read a dial gauge or a digital display."""

from __future__ import annotations

from collections.abc import Iterator

from rudel.missions import looking
from rudel.missions.looking import FIELDS as FIELDS
from rudel.missions.looking import ONE_OF as ONE_OF
from rudel.missions.looking import Aim
from rudel.missions.program import Task
from rudel.missions.scope import Scope
from rudel.missions.steplist import Step

SHORT = "point"
AIM = Aim(("wide", "zoom"), ("dial_gauge", "display"), ("dial_gauge", "digital_display"))


def lay_out(step: Step, scope: Scope, id: str) -> Iterator[Task]:
    """One task for each place."""
    return looking.tasks(step, scope, id, AIM)
