"""A made-up mission: six rounds past 50 points; the last one has 14 findings of 8 kinds, and pictures of them."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import cv2
import numpy as np

from rudel.core.findings import Evidence, Finding, Inspection, Measurement, Round

CORNERS = ((1.0, 0.0), (62.0, 0.0), (62.0, 24.0), (18.0, 24.0), (18.0, 1.0))
KINDS = ("dial_gauge", "valve", "cable_joint", "digital_display", "nameplate", "leak", "gas_bottle", "cover")
EXTENT_M = (-3.0, 66.0, -4.0, 28.0)
LIMITS = {
    "dial_gauge": (3.0, 7.0, "bar"),
    "digital_display": (20.0, 80.0, "l/min"),
    "cable_joint": (None, 70.0, "degC"),
}
START_UTC = 1_795_300_000.0  # 22 November 2026
DAY_S = 86_400.0
SPEED_MPS = 0.8

# point number -> kind of finding, severity, confidence, value, further facts
FOUND: dict[int, tuple[str, str, float, Measurement | None, dict]] = {
    6: (
        "gas",
        "critical",
        0.93,
        Measurement(1240.0, "ppm", 60.0),
        {"species": "CH4", "limit": 500.0, "source": [9.2, 1.1, 0.3]},
    ),
    7: ("missing_object", "critical", 0.88, None, {"what": "cover", "seen_depth_m": 0.61}),
    2: ("hot_spot", "major", 0.97, Measurement(93.4, "degC", 1.8), {"limit_c": 70.0, "ambient": 17.2}),
    10: ("hot_spot", "minor", 0.81, Measurement(74.1, "degC", 1.8), {"limit_c": 70.0, "ambient": 16.8}),
    0: ("out_of_range", "major", 0.99, Measurement(8.42, "bar", 0.06), {"low": 3.0, "high": 7.0}),
    8: ("out_of_range", "major", 0.91, Measurement(2.31, "bar", 0.07), {"low": 3.0, "high": 7.0}),
    3: ("out_of_range", "minor", 0.62, Measurement(81.6, "l/min", 1.1), {"low": 20.0, "high": 80.0}),
    1: ("wrong_position", "major", 0.9, None, {"read": "closed", "expected": "open"}),
    17: ("wrong_position", "minor", 0.58, None, {"read": "open", "expected": "closed"}),
    5: ("leak", "major", 0.84, Measurement(0.31, "m2", 0.05), {}),
    21: ("leak", "minor", 0.47, Measurement(0.04, "m2", 0.03), {}),
    4: ("wrong_text", "info", 0.95, None, {"read": "P-110", "expected": "P-101"}),
    28: ("wrong_text", "info", 0.77, None, {"read": "K-12", "expected": "K-21"}),
}
UNVISITED = {
    "gas_bottle_47": "way blocked by a crate at x 18.2 m, y 8.4 m",
    "cover_48": "way blocked by a crate at x 18.2 m, y 8.4 m",
}
ABSTAINED, FAILED = 24, 30


def points() -> list[str]:
    """Names of the 50 points."""
    return [f"{KINDS[i % len(KINDS)]}_{i + 1:02}" for i in range(50)]


def along(metres: float) -> tuple[float, float]:
    """A place on the way."""
    for (x0, y0), (x1, y1) in itertools.pairwise(CORNERS):
        length = math.hypot(x1 - x0, y1 - y0)
        if metres <= length:
            return x0 + (x1 - x0) * metres / length, y0 + (y1 - y0) * metres / length
        metres -= length
    return CORNERS[-1]


LENGTH_M = sum(math.dist(a, b) for a, b in itertools.pairwise(CORNERS))


def place(i: int) -> tuple[float, float, float]:
    """Where thing i is: beside the way."""
    x, y = along(LENGTH_M * (i + 0.5) / 50)
    return x, y + (0.9 if i % 2 else -0.9), 1.1


def targets() -> list[dict]:
    """What the mission says of its points."""
    rows = []
    for i, point in enumerate(points()):
        kind = KINDS[i % len(KINDS)]
        low, high, unit = LIMITS.get(kind, (None, None, ""))
        expected = {k: v for k, v in (("low", low), ("high", high), ("unit", unit)) if v not in (None, "")}
        rows.append({"point": point, "kind": kind, "look_at": list(place(i)), "expected": expected})
    return rows


def picture(path: Path, kind: str, rng: np.random.Generator) -> None:
    """A wall, something round on it, noise."""
    image = np.full((540, 960, 3), (116, 122, 128), np.uint8)
    cv2.rectangle(image, (0, 400), (960, 540), (84, 88, 92), -1)
    cv2.line(image, (0, 150), (960, 130), (60, 90, 150), 34)
    cv2.circle(image, (520, 270), 74, (235, 238, 240), -1)
    cv2.circle(image, (520, 270), 74, (30, 30, 30), 5)
    turn = rng.uniform(0, 2 * math.pi)
    cv2.line(image, (520, 270), (int(520 + 58 * math.cos(turn)), int(270 + 58 * math.sin(turn))), (20, 20, 200), 6)
    cv2.putText(image, kind, (300, 470), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (230, 230, 210), 2)
    noise = rng.integers(0, 14, image.shape, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image + noise)


def map_picture(path: Path) -> None:
    """The corridors from above."""
    image = np.full((640, 1380, 3), (70, 64, 60), np.uint8)
    corners = [(int((x - EXTENT_M[0]) * 20), int((EXTENT_M[3] - y) * 20)) for x, y in CORNERS]
    for a, b in itertools.pairwise(corners):
        cv2.line(image, a, b, (240, 244, 243), 56)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def _inspection(k: int, i: int, point: str, rng: np.random.Generator, found: Finding | None) -> Inspection:
    kind, time_s = KINDS[i % len(KINDS)], _time_s(i)
    if k == 5 and i in (ABSTAINED, FAILED):
        status, why = ("abstained", "glare on the glass") if i == ABSTAINED else ("failed", "time-out after 20 s")
        return Inspection(point, kind, kind, status, time_s, why=why)
    measured = found.measured if found else None
    if measured is None and kind in LIMITS:
        low, high, unit = LIMITS[kind]
        middle = (low + high) / 2 if low is not None else 41.0
        measured = Measurement(float(middle * (1 + 0.04 * rng.standard_normal())), unit, 0.02 * middle)
        if i in FOUND:  # it has been coming for some rounds
            last = FOUND[i][3]
            assert last is not None
            measured = Measurement(middle + (last.value - middle) * (0.1 + 0.13 * k), unit, last.std)
    text = str(found.data.get("read", "")) if found else "open" if kind == "valve" else ""
    evidence = found.evidence if found else (Evidence("camera/zoom", time_s),)
    return Inspection(
        point, kind, kind, "abnormal" if found else "normal", time_s, measured=measured, text=text,
        confidence=found.confidence if found else 0.96, evidence=evidence, findings=(found,) if found else (),
    )  # fmt: skip


def _time_s(i: int) -> float:
    return 100.0 + 12.0 + (LENGTH_M * (i + 0.5) / 50) / SPEED_MPS + 4.0 * i


def made(folder: Path, seed: int = 5) -> list[Round]:
    """Six rounds, newest last; the pictures of the last one and its map are in ``folder``."""
    rng = np.random.default_rng(seed)
    map_picture(folder / "map.png")
    return [_round(k, folder, rng) for k in range(6)]


def _round(k: int, folder: Path, rng: np.random.Generator) -> Round:
    last = k == 5
    skipped = UNVISITED if last else {}
    inspections = []
    for i, point in enumerate(points()):
        found = None
        seen_before = i in (1, 4, 5) or (i in (2, 0) and k >= 4) or (i == 28 and k == 2)
        if i in FOUND and (last or seen_before):
            found = _finding(k, i, point, folder if last else None, rng)
        if not last and i in (11, 19) and k == 4:  # gone by now
            evidence = (Evidence("camera/zoom", _time_s(i)),)
            found = Finding(f"{point}/x", point, "out_of_range", "minor", 0.8, _time_s(i), KINDS[i % 8], evidence)
        if point not in skipped:
            inspections.append(_inspection(k, i, point, rng, found))
    path = [(100.0 + s, *along(s * SPEED_MPS)) for s in np.arange(0.0, LENGTH_M / SPEED_MPS, 2.0).tolist()]
    onway: tuple[Finding, ...] = ()
    if last:
        picture(folder / "pictures" / "way.png", "crate", rng)
        seen = Evidence("camera/wide", 290.0, "pictures/way.png", (430, 190, 180, 165))
        facts = {"what": "crate", "passage_m": 0.42}
        onway = (
            Finding(
                "way/1", "", "blocked_way", "major", 0.92, 290.0, "blocked_way", (seen,), (18.2, 8.4, 0.2), None, facts
            ),
        )
    start = START_UTC + (k - 5) * DAY_S
    seconds = LENGTH_M / SPEED_MPS + 50 * 4.0
    return Round(
        f"round-{k + 1:03}", "Tunnel Nord, evening round", "tunnel", "lite3", start, start + seconds, seconds,
        "completed", LENGTH_M * 2.1, tuple(points()), inspections=tuple(inspections), findings=onway,
        unvisited=skipped, path=tuple(path), simulated=True,
        data={
            "started_s": 100.0, "zone": "Europe/Berlin", "targets": targets(), "seed": 11, "policy": "walk",
            "map_picture": {"path": "map.png", "extent_m": list(EXTENT_M)}, "battery": {"start": 0.98, "end": 0.71},
            "recording": "recording", "versions": {"rudel": "0.1.0"},
            "detectors": {"dial_gauge": "One pointer, within 50 degrees of its axis.", "leak": "Not water from oil."},
        },
    )  # fmt: skip


def _finding(k: int, i: int, point: str, folder: Path | None, rng: np.random.Generator) -> Finding:
    kind, severity, confidence, measured, data = FOUND[i]
    path = ""
    if folder is not None:
        path = f"pictures/{point}.png"
        picture(folder / path, kind, rng)
    elif measured is not None:
        measured = Measurement(measured.value * (0.8 + 0.03 * k), measured.unit, measured.std)
    evidence = Evidence("camera/zoom", _time_s(i), path, (440, 190, 160, 160))
    return Finding(
        f"{point}/{kind}", point, kind, severity, confidence, _time_s(i), KINDS[i % len(KINDS)], (evidence,), place(i),
        measured, data,
    )  # fmt: skip
