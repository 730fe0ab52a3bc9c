"""How well detectors detect, in simulated places that they were not made with.

    python benchmarks/detect.py --runs 4 --seed 1000 --json

Every run is a tunnel or a plant hall with planted faults, a quarter of the things that can fail; each thing is looked
at once from about its viewpoint by the simulated senses of a Lite3, with errors of standing, believing and measuring.
Gas is walked through along the inspection round. ``change`` is asked about things that were taken away, put there or
moved between simulated rounds. Every planted fault is either found or named under ``missed``. Prints one JSON object.

``detectors`` are in places; ``pictures`` are the harder looks of benchmarks/inspection_cases.py at single things, with
poor light, dirt, odd dials and shaken cameras, for those detectors that read pictures.

By detector: ``cases`` and ``faulty`` of them, ``recall`` (found over faulty, abstaining counts as not found),
``precision``, ``abstained`` (share), ``wrong`` (false alarms); by round: ``false_alarms_per_round``. For dial gauges:
``answers`` (share) and ``within_2_percent`` of full scale among the answers.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import detect_changes  # beside this file
import detect_gas
import inspection_cases
from detect_cases import of_world

from rudel import worlds
from rudel.core import discovery
from rudel.core.findings import Capture, Inspection
from rudel.inspection import detector
from rudel.worlds.place import World

PLACES = ("tunnel", "plant")
FAULT_RATE = 0.25


@dataclass
class Tally:
    """What one detector said."""

    cases: int = 0
    faulty: int = 0
    found: int = 0
    wrong: int = 0
    abstained: int = 0
    failed: int = 0
    seconds: float = 0.0
    errors: list[float] = field(default_factory=list[float])  # of gauges, as a share of full scale
    missed: list[str] = field(default_factory=list[str])
    alarms: list[str] = field(default_factory=list[str])

    def add(self, name: str, faulty: bool, said: Inspection, seconds: float = 0.0) -> None:
        """One more answer."""
        self.cases += 1
        self.faulty += faulty
        self.seconds += seconds
        self.abstained += said.status == "abstained"
        self.failed += said.status == "failed"
        alarm = bool(said.findings)
        self.found += alarm and faulty
        self.wrong += alarm and not faulty
        if faulty and not alarm:
            self.missed.append(f"{name}: {said.status} {said.why or said.text}")
        if alarm and not faulty:
            self.alarms.append(f"{name}: {said.findings[0].kind} {said.text}")

    def plain(self) -> dict[str, Any]:
        """As JSON says it."""
        alarms = self.found + self.wrong
        out: dict[str, Any] = {
            "cases": self.cases,
            "faulty": self.faulty,
            "recall": share(self.found, self.faulty),
            "precision": share(self.found, alarms),
            "abstained": share(self.abstained, self.cases),
            "failed": self.failed,
            "wrong": self.wrong,
            "ms_per_look": round(1e3 * self.seconds / max(self.cases, 1), 1),
            "missed": self.missed,
            "false_alarms": self.alarms,
        }
        if self.errors:
            out["answers"] = share(len(self.errors), self.cases)
            out["within_2_percent"] = share(sum(e <= 0.02 for e in self.errors), len(self.errors))
        return out


def share(part: int, whole: int) -> float | None:
    """A share, or null where there is nothing to take it of."""
    return round(part / whole, 4) if whole else None


def look(
    name: str,
    eyes: dict[str, detector.Detector],
    capture: Capture,
    case: str,
    faulty: bool,
    truth: Mapping[str, Any],
    tallies: dict[str, Tally],
) -> Inspection:
    """Let one detector look, and count what it says."""
    start = time.process_time()
    said = detector.look(eyes[name], capture, (), timeout_s=120.0)
    tally = tallies.setdefault(name, Tally())
    tally.add(case, faulty, said, time.process_time() - start)
    if name == "dial_gauge" and said.measured is not None and math.isfinite(said.measured.value):
        span = float(truth["scale_high"]) - float(truth["scale_low"])
        tally.errors.append(abs(said.measured.value - float(truth["value"])) / span)
    return said


def of_pictures(args: argparse.Namespace, eyes: dict[str, detector.Detector]) -> dict[str, Any]:
    """Tallies for hard pictures of single things, by detector."""
    tallies: dict[str, Tally] = {}
    for kind in inspection_cases.KINDS if args.pictures else ():
        for case in inspection_cases.cases(kind, args.seed, args.pictures):
            names = [name for name in detector.for_kind(case.capture.target.kind) if name in eyes]
            for name in names:
                wrong = case.fault is not None or _otherwise(case.capture.target.expected, case.truth)
                look(name, eyes, case.capture, case.name, wrong, case.truth, tallies)
    return {name: tally.plain() for name, tally in sorted(tallies.items())}


def _otherwise(expected: Mapping[str, Any], truth: Mapping[str, Any]) -> bool:
    """Whether a mission expects another code than there is: codes themselves are never at fault."""
    return ("tag_id" in truth and expected.get("id") != truth["tag_id"]) or (
        truth.get("family") == "qr" and expected.get("text") != truth["text"]
    )


def kinds_of(name: str) -> tuple[str, ...]:
    """Of things that a detector is for."""
    return discovery.load(detector.PACKAGE, name, kind="detector").KINDS


def rounds(args: argparse.Namespace) -> Iterator[tuple[int, World]]:
    """Seeded places, tunnels and halls in turn."""
    for k in range(args.runs):
        seed = args.seed + k
        place = PLACES[k % len(PLACES)]
        size = {"length_m": 12.0 * args.things} if place == "tunnel" else {"bays": max(2, args.things // 4)}
        rng = np.random.default_rng(seed)
        yield seed, worlds.build_place(place, 0.5, rng, things=args.things, fault_rate=args.fault_rate, **size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4, help="places")
    parser.add_argument("--seed", type=int, default=1000, help="of the first place")
    parser.add_argument("--things", type=int, default=25, help="in each place")
    parser.add_argument("--fault-rate", type=float, default=FAULT_RATE, help="share of things that are faulty")
    parser.add_argument("--changes", type=int, default=6, help="changed and unchanged scenes of each kind and run")
    parser.add_argument(
        "--astray", type=float, default=0.06, help="how far from the viewpoint it stands [m], one sigma"
    )
    parser.add_argument("--pictures", type=int, default=40, help="hard pictures of each kind of thing that is read")
    parser.add_argument("--only", nargs="*", help="detectors to try; all if left out")
    parser.add_argument("--json", action="store_true", help="nothing but JSON on stdout (it always is)")
    args = parser.parse_args()
    start = time.perf_counter()
    eyes = {name: detector.make(name) for name in args.only or detector.names()}
    tallies: dict[str, Tally] = {}
    alarms = faulty = found = 0
    for seed, world in rounds(args):
        points: dict[str, list[Inspection]] = {}
        kinds = tuple({kind for name in eyes for kind in kinds_of(name) if name != "gas"})
        for case in of_world(world, seed, kinds, args.astray):
            for name in detector.for_kind(case.thing.kind):
                if name in eyes and name != "gas":  # see detect_gas
                    here = f"{seed}/{case.thing.id}"
                    said = look(name, eyes, case.capture, here, case.faulty, case.thing.truth, tallies)
                    points.setdefault(case.thing.id, []).append(said)
        for thing, said in detect_gas.walk(world, np.random.default_rng((seed, 3))) if "gas" in eyes else ():
            tallies.setdefault("gas", Tally()).add(f"{seed}/{thing.id}", thing.fault is not None, said)
            points.setdefault(thing.id, []).append(said)
        for name, changed, said in detect_changes.scenes(world, seed, args.changes if "change" in eyes else 0):
            tallies.setdefault("change", Tally()).add(f"{seed}/{name}", changed, said)
        looked = {kind for name in eyes for kind in kinds_of(name)}
        for thing in world.things:
            if thing.kind not in looked:
                continue
            alarm = any(one.findings for one in points.get(thing.id, []))
            faulty += thing.fault is not None
            found += alarm and thing.fault is not None
            alarms += alarm and thing.fault is None
        print(f"seed {seed}: {world.name}, {len(world.things)} things", file=sys.stderr)
    report = {
        "runs": args.runs,
        "seed": args.seed,
        "things": args.things,
        "fault_rate": args.fault_rate,
        "astray_m": args.astray,
        "faults": faulty,
        "fault_recall": share(found, faulty),
        "false_alarms_per_round": share(alarms, args.runs),
        "detectors": {name: tally.plain() for name, tally in sorted(tallies.items())},
        "pictures": of_pictures(args, eyes),
        "wall_s": round(time.perf_counter() - start, 1),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
