"""A sense that can be switched off, because what nobody looks at need not be computed."""

from __future__ import annotations

from rudel.sim.senses.sense import Sense, Span, Taken


class Switched:
    """Says nothing while it is off; a camera head moves on all the same.

    Args:
        sense: that is switched.
        on: at the start.

    Attributes:
        sense: the one inside.
        on: whether it measures.
        clock: of the sense inside.
    """

    def __init__(self, sense: Sense, on: bool = False) -> None:
        self.sense, self.on, self.clock = sense, on, sense.clock

    def advance(self, span: Span) -> list[Taken]:
        if self.on:
            return self.sense.advance(span)
        head = getattr(self.sense, "head", None)
        if head is not None:
            head.keep_up(span.start_s, span.end_s)
        return []
