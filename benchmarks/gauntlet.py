"""Our walking policy against another one, usually the vendor's, on the gauntlet: same protocol, same seeds.

    python benchmarks/gauntlet.py --vendor policy.onnx --json

FILE may be a plain network without a contract: the vendor's contract (src/rudel/robots/lite3/vendor_policy.yaml) is
then used at both periods that the vendor uses, 20 ms (trained) and 12 ms (deployed), and the better score counts. A
FILE with a contract (inside, or FILE:CONTRACT.yaml) is measured as it is. Ratios are ours over theirs; above 1 is
better for score and push, below 1 for errors and cost of transport.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rudel.cli import _policies
from rudel.cli._output import plain
from rudel.cli.gauntlet import as_json
from rudel.core.errors import BadInput, RudelError
from rudel.locomotion import policy as policies
from rudel.locomotion import policy_file
from rudel.locomotion.gauntlet import protocol as protocols
from rudel.locomotion.gauntlet.protocol import Protocol
from rudel.locomotion.gauntlet.result import GauntletResult
from rudel.locomotion.gauntlet.run import run_gauntlet
from rudel.locomotion.policy import Policy
from rudel.locomotion.training import record

CONTRACT = Path(__file__).resolve().parent.parent / "src" / "rudel" / "robots" / "lite3" / "vendor_policy.yaml"
PERIODS_S = (0.02, 0.012)


def vendor_policies(text: str) -> list[Policy]:
    """The vendor's policy once per period, or once as its own contract says."""
    try:
        return [policies.load(text)]
    except BadInput as error:
        if "carries no rudel contract" not in str(error):
            raise
    session, contract, source = policy_file.read(f"{text}:{CONTRACT}")
    return [Policy(session, dataclasses.replace(contract, period_s=period_s), source) for period_s in PERIODS_S]


def ratio(ours: float, theirs: float) -> float | None:
    """ours / theirs, None where there is no such number."""
    return ours / theirs if theirs else None


def compare(
    ours: GauntletResult, theirs: GauntletResult, others: list[GauntletResult], protocol: Protocol
) -> dict[str, Any]:
    """Headline figures first; everything else below ``policy``, ``vendor`` and ``vendor_other``."""
    families = {
        course.name: {
            "levels": course.levels,
            "vendor_levels": theirs.course(course.name).levels,
            "score": course.score,
            "vendor_score": theirs.course(course.name).score,
            "scored": course.scored,
        }
        for course in ours.courses
    }
    return {
        "score": ours.score,
        "vendor_score": theirs.score,
        "score_ratio": ratio(ours.score, theirs.score),
        "vendor_period_s": theirs.period_s,
        "frictions": protocol.frictions,
        "families": families,
        "push_ns": ours.push.mean_ns,
        "vendor_push_ns": theirs.push.mean_ns,
        "push_ratio": ratio(ours.push.mean_ns, theirs.push.mean_ns),
        "flat_error_mps": ours.flat.vel_error_mps,
        "vendor_flat_error_mps": theirs.flat.vel_error_mps,
        "flat_error_ratio": ratio(ours.flat.vel_error_mps, theirs.flat.vel_error_mps),
        "cost_of_transport": ours.flat.cost_of_transport,
        "vendor_cost_of_transport": theirs.flat.cost_of_transport,
        "cost_of_transport_ratio": ratio(ours.flat.cost_of_transport, theirs.flat.cost_of_transport),
        "torque_within_line": ours.load.within_line,
        "torque_p99_share": ours.load.torque_p99,
        "faults": len(ours.faults),
        "vendor_faults": len(theirs.faults),
        "seconds": ours.seconds,
        "policy": as_json(ours, protocol),
        "vendor": as_json(theirs, protocol),
        "vendor_other": [as_json(other, protocol) for other in others],
    }


def telling(what: str) -> Callable[[str, float], None]:
    """Progress in tenths on standard error."""
    told = -1

    def watch(part: str, share: float) -> None:
        nonlocal told
        if int(10 * share) > told:
            told = int(10 * share)
            print(f"{what}: {10 * told} % ({part})", file=sys.stderr)

    return watch


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", metavar="FILE", required=True, help="the policy to compare with")
    parser.add_argument("--policy", default="lite3/walk", help="ours (default: lite3/walk)")
    parser.add_argument("--quick", action="store_true", help="three frictions, fewer seeds")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one line instead of indented")
    args = parser.parse_args()
    load_before = os.getloadavg()
    protocol = protocols.quick(args.seed) if args.quick else protocols.published(args.seed)
    try:
        mine = policies.load(_policies.resolve(args.policy))
        vendors = vendor_policies(args.vendor)
        ours = run_gauntlet(mine, protocol, name=args.policy, watch=telling(args.policy))
        measured = [
            run_gauntlet(v, protocol, name=args.vendor, watch=telling(f"vendor, {1000 * v.contract.period_s:g} ms"))
            for v in vendors
        ]
    except RudelError as error:
        raise SystemExit(f"gauntlet: {error}") from error
    best = max(measured, key=lambda result: result.score)
    report = compare(ours, best, [other for other in measured if other is not best], protocol)
    report |= {"machine": record.machine(), "versions": record.versions(), "load_before": load_before}
    report["load_after"] = os.getloadavg()
    print(json.dumps(plain(report), indent=None if args.json else 2, allow_nan=False))


if __name__ == "__main__":
    main()
