"""A ride is the same byte by byte wherever the pilot and the LiDAR run, and ends clearly when the pilot dies."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from rudel.cli import _stack
from rudel.cli.main import ONE_THREAD, main
from rudel.core.types import RobotState, Twist
from rudel.navigation.pilot import Order, PilotAside
from rudel.runtime.safety import Safety
from tests.scenarios.rooms import GOAL, ride, saved

X, Y = map(str, GOAL)
SMALL = """\
rudel_mission: 1
name: small round
world: {name: tunnel, difficulty: 0.25, seed: 3, with: {length_m: 20, things: 9, level: true, fault_rate: 0.5}}
return: stay
steps:
  - inspect: {points: [G-103, C-109]}
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("worlds") / "room")


@pytest.mark.slow
def test_a_ride_is_the_same_wherever_pilot_and_lidar_run(folder: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    """Past a sensor that breaks on the way: orders, estimates and events."""
    told: list[list[dict[str, Any]]] = []
    results: list[dict[str, Any]] = []
    for aside in (False, True):
        monkeypatch.setattr(_stack, "worthwhile", lambda aside=aside: aside)
        out = tmp_path / str(aside)
        argv = ("goto", X, Y, "--world", str(folder), "--out", str(out), "--seed", "3", "--fault", "lidar:nan:4:5")
        status, figures = ride(capsys, *argv)
        assert (status, figures["reason"]) == (0, "arrived")
        told.append([json.loads(line) for line in (out / "ride.jsonl").read_text().splitlines()][1:])
        results.append(figures)
    here, there = told
    assert {"route", "trouble", "outcome"} <= {line["event"] for line in here if line["kind"] == "event"}
    assert here == there
    assert results[0]["true"] == results[1]["true"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "why"), [(signal.SIGKILL, "is gone"), (signal.SIGSTOP, "sender silent")])
def test_a_round_ends_safely_when_its_pilot_dies_or_hangs(number: int, why: str, tmp_path: Path, capsys, monkeypatch):
    """In real time, as on a robot: it stands at once, and sits down."""
    told: list[tuple[float, Order]] = []
    struck: list[float] = []
    step, look = PilotAside.step, Safety.filter

    def deadly(self: PilotAside, state: RobotState, *args: Any) -> Order:
        order = step(self, state, *args)
        if not struck and order.twist.vx > 0.2 and self.pid is not None:
            os.kill(self.pid, number)
            struck.append(state.time_s)
        return order

    def safe(self: Safety, order: Order, state: RobotState, now_s: float, **more: Any) -> Order:
        told.append((now_s, look(self, order, state, now_s, **more)))
        return told[-1][1]

    monkeypatch.setattr(_stack, "worthwhile", lambda: True)
    monkeypatch.setattr(PilotAside, "step", deadly)
    monkeypatch.setattr(Safety, "filter", safe)
    mission = tmp_path / "small.yaml"
    mission.write_text(SMALL)
    assert main(["patrol", str(mission), "--speed", "1", "--out", str(tmp_path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["outcome"] == "ended_safely"
    assert why in result["why"]
    late = [order for at_s, order in told if at_s > struck[0] + 0.2]
    assert late
    assert all(order.twist == Twist() for order in late)
    assert late[-1].posture == "sit"


@pytest.mark.slow
@pytest.mark.parametrize("speed", ["max", "1"])
def test_a_pilot_that_is_killed_ends_the_ride_and_says_so(
    speed: str, folder: Path, tmp_path: Path, capsys, monkeypatch
):
    """At full speed with an error; in real time, as on a robot, it stands, sits down and gives up."""
    killed: list[int] = []
    step = PilotAside.step

    def deadly(self: PilotAside, *args: Any) -> Any:
        if self.number == 100 and self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            killed.append(self.pid)
        return step(self, *args)

    monkeypatch.setattr(_stack, "worthwhile", lambda: True)
    monkeypatch.setattr(PilotAside, "step", deadly)
    argv = ["goto", X, Y, "--world", str(folder), "--out", str(tmp_path), "--speed", speed, "--json"]
    assert main(argv) == 1
    told = capsys.readouterr()
    assert len(killed) == 1
    if speed == "max":
        assert "the pilot in a process of its own is gone (exit code -9)" in told.err
    else:
        result = json.loads(told.out)
        assert result["reason"] == "pilot"
        assert "gone" in result["message"]
        assert result["contacts"] == 0
