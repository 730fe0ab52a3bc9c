"""Detectors on rendered places: the benchmark runs, finds what is planted, and names what it misses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "detect.py"
ONLY = ("hot_spot", "missing", "blocked_way", "leak", "gas")


@pytest.mark.slow
def test_every_planted_fault_is_found_or_named_as_missed() -> None:
    command = [sys.executable, str(SCRIPT), "--runs", "1", "--seed", "77", "--things", "12", "--fault-rate", "0.7"]
    done = subprocess.run([*command, "--pictures", "0", "--json", "--only", *ONLY], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    faulty = 0
    for name, tally in report["detectors"].items():
        assert tally["failed"] == 0, name
        found = round((tally["recall"] or 0.0) * tally["faulty"])
        assert found + len(tally["missed"]) == tally["faulty"]
        faulty += tally["faulty"]
    assert report["faults"] == faulty >= 3
    assert report["fault_recall"] >= 0.85
    assert report["false_alarms_per_round"] <= 1
