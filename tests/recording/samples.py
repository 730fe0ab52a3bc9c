"""One of everything that can be published."""

from __future__ import annotations

import numpy as np

from rudel.core.findings import Capture, Evidence, Finding, Inspection, Measurement, Round, Target
from rudel.core.readings import (
    CameraPose,
    DepthImage,
    GasReading,
    Image,
    Intrinsics,
    Odometry,
    Scan,
    ThermalImage,
)
from rudel.core.types import Event, JointTargets, Pose, RobotState, Twist
from rudel.recording.messages import GridMap, Log, Message

SMALL = Intrinsics(32, 24, 30.5, 30.25, 15.5, 11.5)
HEAD = CameraPose(np.array([0.3, 0.0, 0.1]), np.array([0.5, -0.5, 0.5, -0.5]), 0.25, -0.1, 4.0)


def image(rng: np.random.Generator, time_s: float = 1.25) -> Image:
    """Noise: the hardest thing to keep without loss."""
    return Image(time_s, "wide", rng.integers(0, 256, (24, 32, 3), dtype=np.uint8), SMALL, HEAD)


def thermal(rng: np.random.Generator) -> ThermalImage:
    celsius = rng.normal(20, 5, (24, 32)).astype(np.float32)
    celsius[3, 4] = np.nan
    return ThermalImage(1.3, "thermal", celsius, SMALL, HEAD)


def scan(rng: np.random.Generator, n: int = 50) -> Scan:
    offsets = np.sort(rng.uniform(0, 0.1, n))
    return Scan(2.0, "base", rng.normal(0, 5, (n, 3)), offsets, rng.integers(0, 16, n), rng.uniform(0, 1, n))


def state(rng: np.random.Generator, time_s: float = 0.02) -> RobotState:
    q, dq, tau = rng.normal(0, 1, (3, 12))
    return RobotState(time_s, q, dq, tau, np.array([1.0, 0, 0, 0]), np.zeros(3), np.full(3, np.nan), np.ones(4))


def everything(rng: np.random.Generator) -> dict[str, object]:
    """By channel."""
    depth = DepthImage(1.4, "depth", rng.uniform(0, 9, (24, 32)).astype(np.float32), SMALL, HEAD)
    pose = Pose(np.array([1.0, 2, 3]), np.array([0.5, 0.5, 0.5, 0.5]), "map")
    joints = rng.normal(0, 1, 12)
    return {
        "thermal": thermal(rng),
        "depth": depth,
        "scan": scan(rng),
        "gas": GasReading(3.0, "base", "CH4", float("nan")),
        "state/odometry": Odometry(1 / 3, "odom", pose.position, pose.quat, np.array([0.1, 0, 0]), np.zeros(3)),
        "state/pose": pose,
        "state/robot": state(rng),
        "state/targets": JointTargets.hold(joints, 30.0, 1.0),
        "state/twist": Twist(0.5, -0.25, 1 / 3),
        "event": Event("arrived", 4.5, {"goal": [1.0, 2.0], "by": "foot"}, "pilot"),
        "log": Log("warning", 'the lamp flickers "again"\n', "mission"),
        "map": GridMap(rng.integers(0, 256, (4, 7), dtype=np.uint8), (-1.0, -2.0), 0.25),
        "map/height": GridMap(rng.normal(0, 1, (3, 5)).astype(np.float32), (0.0, 0.5), 0.5, "odom", "height"),
        "finding": finding("f1", 5.0),
        "inspection": inspection("P-1", 5.0, 3.5),
        "round": a_round("r1", 1.7e9),
        "state/order": {"posture": "walk", "limit": [1, None, 2.5]},
    }


def finding(name: str, time_s: float, point: str = "P-1") -> Finding:
    return Finding(
        name,
        point,
        "out_of_range",
        "major",
        0.9,
        time_s,
        "dial_gauge",
        (Evidence("camera/zoom", time_s, "p1.png", (1, 2, 3, 4)),),
        (1.0, 2.0, 0.5),
        Measurement(7.5, "bar", 0.1),
        {"low": 2, "high": 6},
    )


def inspection(point: str, time_s: float, value: float, findings: tuple[Finding, ...] = ()) -> Inspection:
    status = "abnormal" if findings else "normal"
    seen = (Evidence("camera/zoom", time_s),)
    measured = Measurement(value, "bar", 0.1)
    return Inspection(point, "dial_gauge", "dial_gauge", status, time_s, "", measured, "", 0.8, seen, findings)


def a_round(name: str, started_utc: float, value: float = 3.5, mission: str = "m1") -> Round:
    found = finding(f"{name}-1", 12.0)
    on_the_way = Finding(f"{name}-2", "", "blocked_way", "minor", 0.7, 13.0, "way", (Evidence("camera/wide", 13.0),))
    return Round(
        name,
        mission,
        "tunnel",
        "lite3",
        started_utc,
        started_utc + 100,
        99.5,
        "completed",
        321.0,
        ("P-1", "P-2", "P-3"),
        "",
        (inspection("P-1", 12.0, value, (found,)), inspection("P-2", 20.0, 1.0)),
        (on_the_way,),
        {"P-3": "door was shut"},
        ((0.0, 1.0, 2.0), (1.0, 1.5, 2.0)),
        True,
        {"seed": 3},
    )


def capture(rng: np.random.Generator, point: str = "P-1", time_s: float = 7.0) -> Capture:
    target = Target(point, "dial_gauge", (1.0, 2.0, 0.5), {"low": 2.0, "unit": "bar"})
    pose = Pose(np.array([1.0, 1.0, 0.3]), np.array([1.0, 0, 0, 0]), "map")
    readings = {
        "wide": image(rng, time_s),
        "zoom": image(rng, time_s + 0.1),
        "thermal": thermal(rng),
        "scan": scan(rng),
        "gas/CH4": GasReading(time_s, "base", "CH4", 12.5),
        "gas/CO": GasReading(time_s, "base", "CO", 0.0),
    }
    return Capture(target, time_s, pose, 0.05, float("inf"), readings)


def message(number: int, channel: str = "event", *, kept: bool = True, size: int = 20) -> Message:
    data = b'{"time_s":%r,"rudel":"Mapping","data":{"n":%d,"pad":"%s"}}' % (number * 0.1, number, b"x" * size)
    return Message(channel, number * 0.1, "rudel.Plain", data, number, kept)


class Basket:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def put(self, message: Message) -> None:
        self.messages.append(message)

    def flush(self, timeout_s: float) -> None:
        """Nothing waits here."""
