"""A sense that is switched off says nothing, costs nothing, and its camera head moves on all the same."""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.readings import GasReading
from rudel.core.types import Pose
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.head import Head
from rudel.sim.senses.sense import Span, Taken
from rudel.sim.senses.switched import Switched

POSE = Pose(np.zeros(3), np.array([1.0, 0, 0, 0]))
DATA = mujoco.MjData(mujoco.MjModel.from_xml_string("<mujoco/>"))


def span(k: int) -> Span:
    return Span(0.02 * k, 0.02 * (k + 1), POSE, POSE, DATA, np.zeros(3))


class Counting:
    """Says the end of every span that it is shown."""

    def __init__(self, head: Head | None = None) -> None:
        self.clock, self.shown = ClockError(0.5), 0
        if head is not None:
            self.head = head

    def advance(self, span: Span) -> list[Taken]:
        self.shown += 1
        head: Any = getattr(self, "head", None)
        if head is not None:
            head.advance(span.end_s - span.start_s)
        return [Taken(span.end_s, GasReading(span.end_s, "base", "CH4", 0.0))]


@given(st.lists(st.booleans(), max_size=30))
def test_it_says_what_the_sense_says_while_it_is_on_and_nothing_else(switches):
    inside = Counting()
    sense = Switched(inside)
    assert not sense.on
    assert sense.clock is inside.clock
    said = []
    for k, on in enumerate(switches):
        sense.on = on
        said += [taken.true_s for taken in sense.advance(span(k))]
    assert said == [span(k).end_s for k, on in enumerate(switches) if on]
    assert inside.shown == sum(switches)  # what nobody asks for is not computed


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_head_moves_as_if_it_were_always_on(switches):
    switched, always = Head(), Head()
    sense, other = Switched(Counting(switched)), Counting(always)
    for head in (switched, always):
        head.aim(math.radians(80), math.radians(-30), 4.0)
    for k, on in enumerate(switches):
        sense.on = on
        sense.advance(span(k))
        other.advance(span(k))
        assert (switched.pan_rad, switched.tilt_rad, switched.zoom) == (always.pan_rad, always.tilt_rad, always.zoom)
