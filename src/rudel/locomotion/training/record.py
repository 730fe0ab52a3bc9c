"""What a run leaves behind: where it came from, its curves, its log."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from rudel import __version__
from rudel.core.errors import BadInput
from rudel.locomotion.training import process
from rudel.locomotion.training.trainer import Progress

LIBRARIES = ("numpy", "mujoco-core", "mujoco", "gymnasium", "onnx", "onnxruntime")


def process_age_s() -> float:
    """Seconds since this process started (Linux: from the kernel, so that imports count; elsewhere since now)."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return 0.0


def _git(*words: str) -> str:
    here = Path(__file__).parent
    try:
        done = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def versions() -> dict[str, str]:
    """Versions of rudel, Python and the libraries that shape a result."""
    found = {"rudel": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def provenance(command: str, seed: int) -> dict[str, Any]:
    """Command, seed, commit and versions: what makes a policy again."""
    return {"command": command, "seed": seed, "commit": _git("rev-parse", "HEAD").strip(), "versions": versions()}


def machine() -> dict[str, Any]:
    """The machine, as far as it shapes speed."""
    model = ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor()
    return {"cpu": model, "cores": os.cpu_count(), "system": platform.platform(), "load": os.getloadavg()}


def to_plain(value: Any) -> Any:
    """Dataclasses, mappings, tuples and paths as JSON can hold them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return value


def first_request(path: Path) -> dict[str, Any]:
    """What was asked for when the run began that ``path`` (its run.json) tells of: a resumed one keeps it.

    Raises:
        BadInput: nothing readable there.
    """
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        return made.get("began_as") or made["request"]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{path} does not say how its run began ({error}): remove it to go on without") from error


def write_json(path: Path, value: Any) -> None:
    """Write whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    try:
        part.write_text(json.dumps(to_plain(value), indent=1, sort_keys=True) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class RunLog:
    """Metrics of every iteration: a CSV for people and scripts, TensorBoard events, a picture of the curves."""

    def __init__(self, out: Path, resume: bool) -> None:
        from tensorboardX import SummaryWriter

        self.path = out / "metrics.csv"
        self.rows: list[dict[str, float]] = []
        if resume and self.path.exists():
            with self.path.open(newline="") as file:
                self.rows = [{k: float(v or "nan") for k, v in row.items()} for row in csv.DictReader(file)]
        self.events = SummaryWriter(str(out / "events"))

    def truncate(self, iteration: int) -> None:
        """Forget what came after ``iteration`` (a resumed run goes over it again)."""
        self.rows = [row for row in self.rows if row["iteration"] <= iteration]

    def add(self, p: Progress, elapsed_s: float, steps_per_s: float) -> None:
        """One iteration."""
        row = {
            "iteration": float(p.iteration),
            "env_steps": float(p.env_steps),
            "elapsed_s": elapsed_s,
            "steps_per_s": steps_per_s,
            "reward": p.reward,
            "vel_error_mps": p.vel_error_mps,
            "yaw_error_radps": p.yaw_error_radps,
            "falls": float(p.falls),
        }
        parts = (("reward", p.rewards), ("learner", p.learner), ("level", p.levels))
        row |= {f"{part}/{k}": v for part, values in parts for k, v in values.items()}
        self.rows.append(row)
        for name, value in row.items():
            if name not in ("iteration", "env_steps"):
                self.events.add_scalar(name, value, p.env_steps)

    def close(self) -> None:
        """Write the CSV and finish the event file."""
        self.events.close()
        self.write()

    def write(self) -> None:
        """Write the CSV as it stands, so that a run that is looked at, or killed, has its curves."""
        if not self.rows:
            return
        names = list(dict.fromkeys(k for row in self.rows for k in row))
        part = self.path.with_suffix(".part")
        try:
            with part.open("w", newline="") as file:
                writer = csv.DictWriter(file, names)
                writer.writeheader()
                writer.writerows(self.rows)
            part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)


def run_identity() -> dict[str, Any]:
    """Command line, commit, uncommitted diff, when and in which process it began: so that a run explains itself."""
    source = {"commit": _git("rev-parse", "HEAD").strip(), "diff": _git("diff", "HEAD")[:200_000]}
    return source | {"argv": sys.argv, "began_s": time.time(), "process": process.this()}
