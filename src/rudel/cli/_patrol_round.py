"""A round as a folder: recording, journal, pictures, map, round.json and report; and the store of all rounds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from rudel.cli._patrol_look import file_name
from rudel.cli._patrol_task import Ran, Task
from rudel.core.errors import BadInput
from rudel.core.findings import Finding, Round, Target, to_plain
from rudel.core.types import Event
from rudel.inspection.detectors.change import Change
from rudel.missions import Progress
from rudel.navigation.types import Costs
from rudel.recording.report import MapPicture, ReportPaths, write_report
from rudel.recording.store import Store
from rudel.runtime.journal import Journal

_FREE, _HARD, _BLOCKED, _UNKNOWN = (242, 246, 244), (200, 214, 222), (80, 66, 61), (255, 255, 255)  # BGR
_HARD_FROM = 0.5  # of a cost of 1, which is blocked
MAP_PIXELS = 3000  # of the longer edge at most
NOTE = "event"
SOURCE_STD_M = 2.0  # of a source of gas: less sure than that, nobody could go and look


def name_of(started_utc: float, mission: str, seed: int) -> str:
    """A folder's name: sortable by time."""
    stamp = datetime.fromtimestamp(started_utc, UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{file_name(mission)}-{seed}"


def fresh(folder: Path) -> Path:
    """The folder, or one with a number behind when it is there."""
    for k in range(1000):
        tried = folder if k == 0 else folder.with_name(f"{folder.name}-{k}")
        try:
            tried.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise BadInput(f"--out: {str(tried)!r} cannot be made: {error}") from error
        return tried
    raise BadInput(f"--out: {str(folder)!r} and 999 more are there already: name another folder")


def keep(journal: Journal, event: Event) -> None:
    """An event of the mission into the journal: the beginning and the end of a step are on the disk at once."""
    data = {"kind": event.kind, "source": event.source, "data": dict(event.data)}
    if event.kind == "step_begins":
        journal.began(f"{event.data.get('id')}#{event.data.get('attempt', 1)}", event.time_s)
    journal.note(NOTE, event.time_s, event=data)
    if event.kind == "step_ends":
        journal.ended(f"{event.data.get('id')}#{event.data.get('attempts', 1)}", event.data["outcome"], event.time_s)


def events_of(journal: Journal) -> list[Event]:
    """What an earlier attempt kept."""
    kept = [(note.time_s, note.fields["data"]["event"]) for note in journal.progress.notes(NOTE)]
    return [Event(data["kind"], time_s, data["data"], data["source"]) for time_s, data in kept]


def left_off(events: list[Event]) -> tuple[Progress, tuple[float, float, float] | None, float]:
    """How far it came, where the robot stood last (x, y, yaw), and its charge.

    A round that was ended early goes on where it was ended.

    Raises:
        BadInput: it was completed.
    """
    progress = Progress.of(events)
    if progress.outcome is not None and progress.outcome[0] == "completed":
        raise BadInput(
            "--resume: that round was completed, nothing is left to do: leave --resume out to begin a new one"
        )
    progress.ending = progress.outcome = None
    at = [event for event in events if event.kind == "at" and event.source == "patrol"]
    if not at:
        return progress, None, 1.0
    last = at[-1].data
    return progress, (float(last["x"]), float(last["y"]), float(last["yaw"])), float(last["charge"])


def draw_map(costs: Costs, path: Path) -> MapPicture:
    """What can be walked on, as a picture, one pixel a cell, north up."""
    unknown = np.isnan(costs.cost)
    picture = np.full((*costs.shape, 3), _FREE, np.uint8)
    picture[costs.cost >= _HARD_FROM] = _HARD
    picture[costs.obstacle] = _BLOCKED
    picture[unknown & ~costs.obstacle] = _UNKNOWN
    height, width = costs.shape
    known = np.argwhere(~unknown)
    low, high = (known.min(axis=0), known.max(axis=0) + 1) if len(known) else (np.zeros(2, int), np.array([1, 1]))
    low, high = np.maximum(low - 4, 0), np.minimum(high + 4, (height, width))
    cut = np.ascontiguousarray(picture[low[0] : high[0], low[1] : high[1]][::-1])
    scale = max(1, min(4, MAP_PIXELS // max(cut.shape[:2])))
    cut = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    if not cv2.imwrite(str(path), cut):
        raise BadInput(f"the map cannot be written to {str(path)!r}")
    edge, (x0, y0) = costs.resolution_m, costs.origin
    (j0, i0), (j1, i1) = low.tolist(), high.tolist()
    extent = (x0 + i0 * edge, x0 + i1 * edge, y0 + j0 * edge, y0 + j1 * edge)
    return MapPicture(path, extent)


def believable(smelt: Sequence[Finding], others: Sequence[Finding], costs: Costs) -> list[Finding]:
    """Sources of gas smelt on the way that lie in the place, are known to a few metres, and were not found at a point.

    Args:
        smelt: what the gas detector thinks.
        others: findings at points; a species that one of them explains is not told twice.
        costs: of the place.
    """
    explained = {finding.data.get("gas") for finding in others if finding.kind == "gas"}
    kept: list[Finding] = []
    for finding in smelt:
        if finding.data.get("gas") in explained or finding.position is None:
            continue
        (j, i), inside = costs.cell_of(np.array(finding.position[:2]))
        std_m = float(finding.data.get("source_std_m", 0.0))
        if inside and not np.isnan(costs.cost[j, i]) and std_m <= SOURCE_STD_M:
            kept.append(finding)
    return kept


def round_of(
    name: str,
    task: Task,
    ran: Ran,
    findings: tuple[Finding, ...],
    started_utc: float,
    ended_utc: float,
    data: Mapping[str, Any],
) -> Round:
    """The round as everybody else sees it."""
    executor = ran.executor
    targets = [
        to_plain(Target(point, kind.kind, kind.gaze, dict(kind.expected)))
        for point in executor.points
        for kind in (task.places.points.get(point) or task.mission.points.get(point),)
        if kind is not None
    ]
    walked = np.array([(x, y) for _, x, y in ran.path]).reshape(-1, 2)
    distance = float(np.linalg.norm(np.diff(walked, axis=0), axis=1).sum()) if len(walked) > 1 else 0.0
    return Round(
        id=name,
        mission=task.mission.name,
        world=task.world.name,
        robot=task.site.spec.name,
        started_utc=started_utc,
        ended_utc=ended_utc,
        duration_s=ran.ended_s - ran.started_s,
        outcome=ran.outcome.outcome,
        why=ran.outcome.why,
        distance_m=distance,
        points=executor.points,
        inspections=executor.inspections,
        findings=findings,
        unvisited=executor.unvisited,
        path=tuple(ran.path),
        simulated=True,
        data={"started_s": ran.started_s, "targets": targets, **data},
    )


def close_round(
    done: Round, folder: Path, store: Store, change: Change, chart: MapPicture, language: str
) -> ReportPaths:
    """Write round.json and the report, and put the round into the store."""
    (folder / "round.json").write_text(json.dumps(to_plain(done), ensure_ascii=False, indent=1))
    store.put_round(done)
    earlier = [r for r in store.rounds(mission=done.mission, world=done.world) if r.id != done.id]
    save_change(change, change_path(folder.parent, done))
    return write_report([*earlier, done], folder, language, pictures=folder, map_picture=chart)


def change_path(parent: Path, done: Round | None = None, mission: str = "", world: str = "") -> Path:
    """Where it is kept what earlier rounds of a mission saw."""
    mission, world = (done.mission, done.world) if done is not None else (mission, world)
    return parent / f"seen-{file_name(mission)}-{file_name(world)}.json"


def load_change(path: Path) -> Change:
    """What earlier rounds saw; nothing when there were none."""
    if not path.exists():
        return Change()
    try:
        return Change.of_plain(json.loads(path.read_text()))
    except ValueError as error:
        raise BadInput(f"{path} cannot be read: {error}; move it away, and changes are learnt anew") from error


def save_change(change: Change, path: Path) -> None:
    """Whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(change.to_plain()))
    beside.replace(path)


def thinned(events: list[Event], most: int = 2000) -> list[dict[str, Any]]:
    """Events for JSON output, without what is only for going on after a restart."""
    told = [dataclasses.asdict(event) for event in events if event.kind != "at"]
    return told[-most:]
