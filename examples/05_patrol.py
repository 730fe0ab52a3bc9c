"""05: a short patrol, with its report.

You learn how the parts come together: a mission file is written, checked and reckoned without a robot (`rudel mission
dry-run`), then walked (`rudel patrol`) in a small simulated tunnel. What remains is a folder with a recording,
pictures, findings as CSV and JSON, and a report for people. Takes about a minute.

    python examples/05_patrol.py
"""

from __future__ import annotations

import json
from pathlib import Path

from rudel import api
from rudel.core.findings import round_of

MISSION = """\
# Two things in a tunnel of 20 m without steps.
rudel_mission: 1
name: short
world: {name: tunnel, difficulty: 0.25, seed: 3, with: {length_m: 20, things: 9, level: true, fault_rate: 0.5}}
battery: {reserve: 20}
return: start
steps:
  - inspect: {points: [G-103, C-109]}  # a gauge, and a cover that is missing
"""


def main(out: Path = Path("runs/examples/patrol")) -> Path:
    """Walk the round; returns the path of the report, which is also the last line that is printed."""
    out.mkdir(parents=True, exist_ok=True)
    mission = out / "short.yaml"
    mission.write_text(MISSION)
    before = api.mission("dry-run", mission)
    print(f"{before.command}\n  says {before['distance_m']:.0f} m in {before['time_s']:.0f} s")
    result = api.patrol(mission, out=out)
    if not result.ok:
        raise SystemExit(f"that did not end well: {result['why']}")
    print(f"{result.command}\n  walked {result['distance_m']:.0f} m in {result['duration_s']:.0f} s")
    report = Path(result["report"])
    done = round_of(json.loads((report.parent / "round.json").read_text()))
    print(f"{done.id}: {done.outcome}, {len(done.inspections)} inspections, {len(done.all_findings)} findings")
    print(report)
    return report


if __name__ == "__main__":
    main()
