"""Detectors over a recording: the same ones again, or others on old rounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rudel.core.errors import BadInput, UnknownName
from rudel.core.findings import Capture, Evidence, Inspection, to_plain
from rudel.core.readings import GasReading
from rudel.inspection import detector
from rudel.inspection.detector import Detector, History
from rudel.inspection.detectors.gas import Gas
from rudel.recording import Store, captures, read

SMELT = "smelt"  # channel of gas readings on the way, each with where it was taken
STORE = "rounds.sqlite"


def replay(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """Look at every capture of a round again, and compare with what was said then.

    Args:
        folder: of a round, or of its recording.
        names: detectors that look; none: those that looked then.

    Raises:
        BadInput: there is no recording, or no such detector.
    """
    for name in names:
        if name not in detector.names():
            raise UnknownName("detector", name, detector.names())
    recording = folder / "recording" if (folder / "recording").is_dir() else folder
    then = [e.message for e in read(recording, channels=["inspection"]) if isinstance(e.message, Inspection)]
    smelt = [e.message for e in read(recording, channels=[SMELT])]
    made: dict[str, Detector] = {}
    gas = Gas()
    same, different, fresh = 0, list[dict[str, Any]](), list[dict[str, Any]]()
    for capture in captures(recording):
        smelt = _feed(gas, smelt, capture.time_s)
        said = {one.detector: one for one in then if one.point == capture.target.point and one.time_s == capture.time_s}
        for name in names or sorted(said):
            if name == "change":
                continue  # it compares with what earlier rounds saw, which the recording does not hold
            if name not in made:
                made[name] = gas if name == gas.name else detector.make(name)
            now = detector.look(made[name], capture, _history(folder, capture))
            if name not in said:
                fresh.append(to_plain(now))
            elif _bare(now) == _bare(said[name]):
                same += 1
            else:
                different.append({"then": to_plain(said[name]), "now": to_plain(now)})
    return {"recording": str(recording), "same": same, "different": different, "new": fresh}


def _feed(gas: Gas, smelt: Sequence[Any], until_s: float) -> list[Any]:
    """Hand over what was smelt until then; returns the rest."""
    rest: list[Any] = []
    for one in smelt:
        if one["time_s"] <= until_s:
            x, y, z = one["at"]
            gas.feed((x, y, z), GasReading(one["time_s"], "gas", one["gas"], one["ppm"]))
        else:
            rest.append(one)
    return rest


def _history(folder: Path, capture: Capture) -> History:
    """Earlier inspections, as the store beside the round has them."""
    path = folder.parent / STORE
    if not path.is_file():
        return ()
    with Store(path, read_only=True) as store:
        done = next((r for r in store.rounds() if r.id == folder.name), None)
        if done is None:
            return ()
        return store.history(capture.target.point, mission=done.mission, before_utc=done.started_utc)


def _bare(one: Inspection) -> dict[str, Any]:
    """Without the paths of pictures, which were given afterwards."""

    def bare(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        return tuple(dataclasses.replace(e, path="") for e in evidence)

    findings = tuple(dataclasses.replace(f, evidence=bare(f.evidence)) for f in one.findings)
    return to_plain(dataclasses.replace(one, evidence=bare(one.evidence), findings=findings))


def seed_of(text: str) -> int | None:
    """The number that a ride of the navigation benchmark has; None: it is something else.

    Raises:
        BadInput: a negative number.
    """
    try:
        seed = int(text)
    except ValueError:
        return None
    if seed < 0:
        raise BadInput(f"SEED is {seed}, must not be negative")
    return seed
