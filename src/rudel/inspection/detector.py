"""What a detector is, which ones there are, and a safe way to run one: it may neither throw nor hang."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from rudel.core import discovery
from rudel.core.errors import RudelError
from rudel.core.findings import Capture, Inspection

PACKAGE = "rudel.inspection.detectors"
TIMEOUT_S = 20.0

History = Sequence[Inspection]
"""Earlier inspections of the same point in earlier rounds, by all detectors, newest last."""


class Detector(Protocol):
    """Looks at one capture and says what it sees; it never learns a world's truth.

    Attributes:
        name: of its module.
        kinds: of targets that it is for (``Target.kind``); () means any.
        limits: what it cannot do, in a few sentences for people.
    """

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> tuple[str, ...]: ...

    @property
    def limits(self) -> str: ...

    def look(self, capture: Capture, history: History) -> Inspection:
        """What is seen. Where that cannot be told the status is "abstained" with the reason in ``why``.

        The same capture and history give the same inspection. Data that makes no sense (black, NaN, missing) are a
        reason to abstain, not to throw. Boxes of evidence are in pixels of the reading that its channel names.
        """
        ...


def names() -> tuple[str, ...]:
    """Sorted names of the detectors."""
    return discovery.names(PACKAGE)


def make(name: str) -> Detector:
    """The detector of that name; UnknownName when there is none. May load a model: make it once and keep it."""
    return discovery.load(PACKAGE, name, kind="detector").make()


def for_kind(kind: str) -> tuple[str, ...]:
    """Names of the detectors that are for this very kind of target (not those that look at any), sorted."""
    return tuple(name for name in names() if kind in discovery.load(PACKAGE, name, kind="detector").KINDS)


def kinds_of(name: str) -> tuple[str, ...]:
    """Kinds of targets that a detector is for; () means any. Does not make it."""
    return tuple(discovery.load(PACKAGE, name, kind="detector").KINDS)


def look(detector: Detector, capture: Capture, history: History = (), timeout_s: float = TIMEOUT_S) -> Inspection:
    """``detector.look`` that always comes back: what throws or takes too long costs its own inspection, no more.

    Args:
        detector: what looks.
        capture: what it looks at.
        history: see History.
        timeout_s: wall-clock time after which its answer is not waited for any longer [s].

    Returns:
        Its inspection, or one with the status "failed" that says why. A detector that hangs keeps its (daemon) thread.
    """
    answer: list[Inspection | BaseException] = []

    def run() -> None:
        try:
            answer.append(detector.look(capture, history))
        except Exception as error:  # whatever a detector throws becomes a failed inspection that says so
            answer.append(error)

    worker = threading.Thread(target=run, name=f"detector {detector.name}", daemon=True)
    worker.start()
    worker.join(timeout_s)
    if not answer:
        return failed(detector.name, capture, f"no answer within {timeout_s:g} s")
    found = answer[0]
    if isinstance(found, BaseException):
        reason = str(found) if isinstance(found, RudelError) else f"{type(found).__name__}: {found}"
        return failed(detector.name, capture, reason)
    return found


def failed(name: str, capture: Capture, why: str) -> Inspection:
    """The inspection of a detector that broke."""
    return Inspection(capture.target.point, capture.target.kind, name, "failed", capture.time_s, why=why)
