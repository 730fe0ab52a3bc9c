"""`rudel play POLICY`: watch a policy walk, in a window or on film."""

from __future__ import annotations

import argparse
import math
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rudel.cli import _options, _output, _policies
from rudel.core.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rudel.cli._walk import Realised, Segment, Show, Walk
    from rudel.locomotion.policy import Policy
    from rudel.runtime.machine import Controller
    from rudel.sim.driver import SimDriver

HELP = "watch a policy walk: in a window with keys to steer it, or as MP4 and GIF"
WORLD_M = 12.0  # edge of the terrain: a tour stays on it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("policy", metavar="POLICY", help="a shipped policy (see rudel policies), FILE.onnx, or FILE.onnx:CONTRACT.yaml")
    add("--world", default="flat", help="where to walk: a name, see rudel worlds, or DIR (default: flat)")
    add("--difficulty", type=_options.difficulty, default=0.5, help="of the world, 0 to 1 (default: 0.5)")
    add("--robot", help="name or spec file of the robot (default: the one that the policy names)")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of the world and of sensor noise (default: 0)")
    add("--seconds", type=_options.duration_s, default=12.0, help="length of the walk that is filmed (default: 12)")
    add(
        "--command",
        dest="twist",
        nargs=3,
        metavar=("VX", "VY", "WZ"),
        help="one command, m/s and rad/s, in place of the tour (forward, turn, sideways, back, stop)",
    )
    add("--size", type=_size, default=(640, 480), metavar="WxH", help="of the films in pixels (default: 640x480)")
    add("--out", metavar="DIR", type=Path, default=Path("runs/play"), help="folder of the films (default: runs/play)")
    add(
        "--window",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="steer it in a window; without: film it (default: a window where there is a display)",
    )
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show the policy; 0 when the robot still walks at the end, 1 when it fell or the policy failed."""
    from rudel import robots
    from rudel.locomotion import deploy, policy

    twist = _numbers(args.twist) if args.twist else None
    loaded = policy.load(_policies.resolve(args.policy))
    spec = robots.load(args.robot or loaded.contract.robot)
    deploy.check_robot(loaded.contract, spec)
    no_window = _why_no_window(args.window)

    import numpy as np

    from rudel import worlds
    from rudel.sim.driver import SimDriver
    from rudel.sim.live import LiveSim
    from rudel.sim.sensors import SensorNoise

    place_rng, noise_rng = np.random.default_rng(args.seed).spawn(2)
    terrain = worlds.open_world(args.world, args.difficulty, place_rng, WORLD_M)
    live = LiveSim(spec, terrain, realtime_factor=None if no_window else 1.0)
    driver = SimDriver(live, SensorNoise(), noise_rng, period_s=loaded.contract.period_s)
    getup = _policies.getup(spec.name, loaded.contract.period_s)
    if no_window is None:
        return _steer(driver, loaded, getup)
    from rudel.cli import _walk

    segments = _walk.tour(args.seconds, loaded.contract.max_twist)
    if twist is not None:
        segments = [_walk.Segment("command", _walk.Twist(*twist), args.seconds)]
    return _film(args, driver, loaded, getup, segments, no_window)


def _steer(driver: SimDriver, policy: Policy, getup: Controller | None) -> int:
    """Walk in a window until it is closed."""
    from rudel.cli import _keyboard, _walk, _window

    print("\n".join(f"{keys:<20}  {what}" for keys, what in _keyboard.HELP))
    keyboard = _keyboard.Keyboard(policy.contract.max_twist)
    with _window.Window(driver.live, keyboard) as window, driver:
        walk = _walk.Walk(driver, policy, window.show, getup)
        walk.ask("walk")
        told: str | None = None
        while window.open:
            if keyboard.take_reset():
                walk.again()
                walk.ask("walk")
            word = keyboard.take_word()
            if word is not None:
                walk.ask(word)
            walk.step("walk", keyboard.twist)
            if walk.trouble not in (None, told):
                print(f"{walk.trouble}: {walk.label}. 3 walks again, R begins again at the start")
            told = walk.trouble
    return 0


def _film(
    args: argparse.Namespace,
    driver: SimDriver,
    policy: Policy,
    getup: Controller | None,
    segments: list[Segment],
    no_window: str,
) -> int:
    """Walk the tour on film, print what it came to and where the films are."""
    from rudel.cli import _film, _walk
    from rudel.cli.main import FAILED, INTERRUPTED

    robot, world = driver.spec.name, Path(args.world).resolve().name  # of a folder: its last part
    path = args.out / f"{robot}_{world}.mp4"
    realised: list[Realised] = []
    interrupted = False
    total_s = sum(segment.seconds for segment in segments) + _walk.UP_S + _walk.DOWN_S
    film = _film.Film(driver.live, path, f"{robot}, {world}", args.size)
    with _progress(film.show, driver, total_s, quiet=args.json) as show, film, driver:
        walk = _walk.Walk(driver, policy, show, getup)
        try:
            walk.stand()
            realised += _tour(walk, segments)
            if walk.trouble is None:
                walk.sit()
        except KeyboardInterrupt:
            interrupted = True
    trouble = "interrupted" if interrupted else walk.trouble
    if args.json:
        _output.print_json(
            {
                "policy": args.policy,
                "robot": robot,
                "world": args.world,
                "difficulty": args.difficulty,
                "seed": args.seed,
                "no_window": no_window,
                "segments": realised,
                "trouble": trouble,
                "files": [str(file) for file in film.files],
            }
        )
    else:
        _report(realised, trouble, [str(file) for file in film.files], no_window)
    return INTERRUPTED if interrupted else FAILED if trouble else 0


def _tour(walk: Walk, segments: list[Segment]) -> Iterator[Realised]:
    for segment in segments:
        if walk.trouble is None:
            yield walk.walk(segment)


def _report(realised: list[Realised], trouble: str | None, files: list[str], no_window: str) -> None:
    def text(v: tuple[float, float, float] | None) -> str:
        return "-" if v is None else "  ".join(f"{x:+.2f}" for x in v)

    rows = [[r.name, f"{r.seconds:.1f}", text(r.command), text(r.velocity)] for r in realised]
    _output.print_table(
        "mean velocity: vx, vy [m/s], wz [rad/s]", ("", "seconds", "command", "realised"), rows, numbers_from=1
    )
    if trouble:
        print(f"{trouble}: damping" if trouble != "interrupted" else trouble)
    print(f"filmed, because {no_window}:")
    print("\n".join(files))


@contextmanager
def _progress(show: Show, driver: SimDriver, total_s: float, *, quiet: bool) -> Iterator[Show]:
    """``show``, with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=quiet, transient=True) as bar:
        task = bar.add_task("filming", total=total_s)
        start_s = driver.clock.now_s()

        def shown(name: str, command: Any) -> None:
            show(name, command)
            bar.update(task, completed=driver.clock.now_s() - start_s, description=f"filming: {name}")

        yield shown


def _why_no_window(wanted: bool | None) -> str | None:
    """None: a window. Otherwise why there is none; BadInput when one was asked for."""
    if wanted is False:
        return "--no-window was given"
    from rudel.cli import _window

    reason = _window.missing()
    if reason and wanted:
        raise BadInput(f"--window: {reason}. Leave it out to get films instead")
    return reason


def _size(text: str) -> tuple[int, int]:
    """Even width and height in pixels from "640x480"."""
    match = re.fullmatch(r"([0-9]{2,4})x([0-9]{2,4})", text)
    width, height = (int(match[1]), int(match[2])) if match else (1, 1)
    if width % 2 or height % 2:
        raise BadInput(f"--size {text!r} is no size in even numbers of pixels: write for example 640x480")
    return width, height


def _numbers(texts: list[str]) -> list[float]:
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise BadInput(f"--command {' '.join(texts)!r}: write three numbers, for example --command 0.5 0 0.3")
    return values
