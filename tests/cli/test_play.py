"""`rudel play`: films, figures, keys, refusals, interruptions."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rudel import robots
from rudel.cli import _film, _keyboard, _walk, _window, play
from rudel.cli.main import ONE_THREAD, main
from rudel.core.errors import GiveUp
from rudel.core.types import JointTargets, RobotState, Twist
from rudel.locomotion.policy import Policy, PolicyFault
from rudel.sim import graphics
from rudel.sim.driver import SimDriver
from rudel.sim.live import LiveSim
from tests.locomotion import samples

MAX = (1.0, 0.5, 0.8)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No display; main sets the other variables, and other tests get theirs back."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "1")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_film, "FPS", 5.0)


@pytest.fixture(scope="module")
def trot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that adds nothing to the reference trot, with gains at which the trot alone stays up."""
    gait = dataclasses.replace(samples.GAIT, swing_height_m=0.06, load_kp=50.0)
    made = samples.contract(kp=(50.0,) * 12, kd=(1.2,) * 12, gait=gait)
    k = made.observation_size
    silent = [(np.zeros((m, n), np.float32), np.zeros(m, np.float32)) for m, n in ((4, k), (12, 4))]
    return samples.write(tmp_path_factory.mktemp("policy") / "trot.onnx", made, silent)


@pytest.fixture
def films() -> None:
    """Leaves a test out where nothing can be drawn."""
    try:
        graphics.choose()
    except GiveUp as nothing:
        pytest.skip(str(nothing))


def play_json(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, dict[str, Any]]:
    status = main(["play", *map(str, argv), "--size", "64x48", "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("films")
def test_a_walk_is_filmed_and_measured(trot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = play_json(capsys, trot, "--seconds", "3", "--command", "0.6", "0", "0", "--out", tmp_path)
    assert (status, told["trouble"]) == (0, None)
    (segment,) = told["segments"]
    assert segment["command"] == [0.6, 0.0, 0.0]
    assert 0.05 < segment["velocity"][0] < 0.7  # the trot alone walks, if not well
    files = [Path(file) for file in told["files"]]
    assert [file.name for file in files] == ["lite3_flat.mp4", "lite3_flat.gif"]
    assert sorted(os.listdir(tmp_path)) == sorted(file.name for file in files)
    capture = cv2.VideoCapture(str(files[0]))
    shown_s = capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS)
    assert shown_s == pytest.approx(3 + _walk.UP_S + _walk.DOWN_S, abs=0.5)
    assert "DISPLAY" in told["no_window"]


@pytest.mark.slow
@pytest.mark.usefixtures("films")
def test_the_same_seed_walks_the_same(trot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = (trot, "--seconds", "1", "--out", tmp_path, "--world", "blocks", "--difficulty", "0.1", "--seed")
    one, same, other = (play_json(capsys, *argv, seed)[1]["segments"] for seed in (1, 1, 2))
    assert [s["name"] for s in one] == ["forward", "turn", "sideways", "back", "stop"]
    assert one == same
    assert one != other


@pytest.mark.usefixtures("films")
def test_an_interrupted_walk_keeps_its_films(
    trot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, calls = Policy.step, []

    def ctrl_c(policy: Policy, state: RobotState, command: Twist) -> JointTargets:
        calls.append(command)
        if len(calls) > 30:
            raise KeyboardInterrupt
        return step(policy, state, command)

    monkeypatch.setattr(Policy, "step", ctrl_c)
    status, told = play_json(capsys, trot, "--out", tmp_path)
    assert (status, told["trouble"]) == (130, "interrupted")
    assert [Path(file).exists() for file in told["files"]] == [True, True]


@pytest.mark.usefixtures("films")
def test_a_fault_of_the_policy_ends_in_damping_and_says_so(
    trot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(policy: Policy, state: RobotState, command: Twist) -> JointTargets:
        raise PolicyFault("network output is not finite")

    monkeypatch.setattr(Policy, "step", broken)
    assert main(["play", str(trot), "--out", str(tmp_path), "--size", "64x48"]) == 1
    assert "network output is not finite: damping" in capsys.readouterr().out


def walking(policy_file: Path) -> tuple[_walk.Walk, SimDriver]:
    from rudel.locomotion import policy

    driver = SimDriver(LiveSim(robots.load("lite3"), realtime_factor=None))
    return _walk.Walk(driver, policy.load(policy_file), lambda name, command: None), driver


def test_a_fall_ends_in_damping_and_reset_mends_it(trot: Path) -> None:
    walk, driver = walking(trot)
    live = driver.live
    with driver:
        walk.stand()
        walk.step("walk", Twist())
        assert driver.active.kp.any()
        live.data.qpos[2:7] = (0.4, 0.0, 1.0, 0.0, 0.0)  # somebody turned it over
        walk.step("walk", Twist())
        assert "fell" in str(walk.trouble)
        for _ in range(11):
            walk.step("walk", Twist())
        assert not driver.active.kp.any()
        realised = walk.walk(_walk.Segment("walk", Twist(), 5.0))
        assert realised.seconds < 1.0
        assert realised.velocity is None
        walk.again()
        walk.stand()
        start_s = driver.clock.now_s()
        walk.walk(_walk.Segment("walk", Twist(), 0.5))
        assert driver.clock.now_s() - start_s == pytest.approx(0.5)
        assert walk.trouble is None
        assert driver.active.kp.any()
        assert live.true_state().pose.position[2] > 0.25


def test_the_runtime_loop_keeps_its_rate(trot: Path) -> None:
    walk, driver = walking(trot)
    times: list[float] = []
    walk.show = lambda name, command: times.append(driver.clock.now_s())
    with driver:
        walk.stand()
        walk.walk(_walk.Segment("walk", Twist(), 1.0))
    np.testing.assert_allclose(np.diff(times), driver.period_s, atol=1e-9)


@pytest.mark.parametrize("seconds", [1.0, 12.0, 60.0])
@pytest.mark.parametrize("top", [MAX, (0.2, 0.1, 0.0)])
def test_a_tour_goes_everywhere_that_the_policy_can(seconds: float, top: tuple[float, float, float]) -> None:
    segments = _walk.tour(seconds, top)
    assert sum(segment.seconds for segment in segments) == pytest.approx(seconds)
    commands = np.array([segment.command.array() for segment in segments])
    assert (np.abs(commands) <= np.array(top) + 1e-12).all()
    assert commands[:, 0].max() > 0 > commands[:, 0].min()
    assert (np.abs(commands).max(axis=0) > 0).tolist() == [t > 0 for t in top]
    assert not commands[-1].any()


@pytest.mark.parametrize(
    ("keys", "axis", "sign"), [("W", 0, 1), ("S", 0, -1), ("A", 1, 1), ("D", 1, -1), ("Q", 2, 1), ("E", 2, -1)]
)
def test_a_key_goes_up_to_the_largest_command_and_back(keys: str, axis: int, sign: int) -> None:
    keyboard = _keyboard.Keyboard(MAX)
    seen = [keyboard.twist.array()]
    for _ in range(3 * _keyboard.PRESSES_TO_MAX):
        keyboard.press(ord(keys))
        seen.append(keyboard.twist.array())
    along = sign * np.array(seen)[:, axis]
    assert (np.diff(along) >= 0).all()
    assert along[1] == pytest.approx(MAX[axis] / _keyboard.PRESSES_TO_MAX)
    assert along[-1] == pytest.approx(MAX[axis])
    assert np.count_nonzero(np.array(seen)[-1]) == 1
    keyboard.press(ord(" "))
    assert keyboard.twist == Twist()


@pytest.mark.parametrize(("arrow", "letter"), [(265, "W"), (264, "S"), (263, "A"), (262, "D")])
def test_arrows_do_what_letters_do(arrow: int, letter: str) -> None:
    by_arrow, by_letter = _keyboard.Keyboard(MAX), _keyboard.Keyboard(MAX)
    by_arrow.press(arrow)
    by_letter.press(ord(letter))
    assert by_arrow.twist == by_letter.twist != Twist()


@pytest.mark.parametrize(("key", "word"), [("1", "sit"), ("2", "stand"), ("3", "walk"), ("X", "stop")])
def test_a_word_is_told_once_and_starts_from_rest(key: str, word: str) -> None:
    keyboard = _keyboard.Keyboard(MAX)
    keyboard.press(ord("W"))
    keyboard.press(ord(key))
    assert keyboard.twist == Twist()
    assert [keyboard.take_word(), keyboard.take_word()] == [word, None]


def test_no_key_overtakes_a_stop() -> None:
    keyboard = _keyboard.Keyboard(MAX)
    for key in "X3W2":
        keyboard.press(ord(key))
    assert keyboard.take_word() == "stop"


def test_up_walk_down_and_up_again(trot: Path) -> None:
    walk, driver = walking(trot)
    with driver:
        walk.stand()
        assert walk.label == "walk"
        walk.sit()
        assert walk.trouble is None
        assert not driver.active.kp.any()
        assert driver.live.true_state().pose.position[2] < 0.12
        walk.stand()
        assert driver.live.true_state().pose.position[2] > 0.3


def test_reset_is_told_once_and_stops_and_escape_quits() -> None:
    keyboard = _keyboard.Keyboard(MAX)
    keyboard.press(ord("W"))
    keyboard.press(ord("R"))
    assert keyboard.twist == Twist()
    assert [keyboard.take_reset(), keyboard.take_reset()] == [True, False]
    keyboard.press(ord("X"))  # no key of ours
    assert keyboard.twist == Twist()
    assert not keyboard.quit
    keyboard.press(256)
    assert keyboard.quit


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--world", "flet"], ["'flet'", "flat"]),
        (["--robot", "light3"], ["'light3'", "lite3"]),
        (["--command", "1", "x", "0"], ["1 x 0", "--command 0.5 0 0.3"]),
        (["--command", "nan", "0", "0"], ["nan"]),
        (["--seconds", "0"], ["'0'", "150s"]),
        (["--size", "641x480"], ["641x480", "640x480"]),
        (["--size", "huge"], ["huge", "640x480"]),
        (["--window"], ["--window", "$DISPLAY"]),
        (["--robot", "x30"], ["default pose", "x30"]),
    ],
)
def test_bad_input_is_refused_with_the_next_step(
    argv: list[str], words: list[str], trot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", str(trot), "--out", str(tmp_path / "out"), *argv]) == 2
    message = capsys.readouterr().err
    assert all(word in message for word in words), message
    assert not (tmp_path / "out").exists()


def test_a_display_that_cannot_be_opened_is_a_reason_for_a_film(monkeypatch: pytest.MonkeyPatch) -> None:
    import glfw

    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setattr(glfw, "init", lambda: False)
    assert ":4711" in str(_window.missing())
    assert play._why_no_window(None) == _window.missing()


def test_where_nothing_can_be_drawn_the_next_step_is_told(
    trot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUJOCO_GL", "")
    monkeypatch.setattr(graphics.choose, "__defaults__", (lambda backend: False,))
    assert main(["play", str(trot), "--out", str(tmp_path)]) == 1
    assert "make setup" in capsys.readouterr().err
