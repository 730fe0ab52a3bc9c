"""How fast a recording can be written without losing a message, and what a kill costs.

Usage: python benchmarks/recording.py [--seconds 10] [--kills 5] [--seed 0] [--dir FOLDER]. Prints one JSON object.
Sizes are bytes of JSON messages on disk. Every run is read back and its messages are counted; a run that lost one says
so. ``lost_s`` is the age of the newest event on disk at the moment of the SIGKILL. Run it on a quiet machine, in a
folder on the disk that matters.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from rudel.core.readings import CameraPose, Image, Intrinsics, Scan
from rudel.core.types import Event, RobotState
from rudel.recording import Message, Recorder, Settings, Stream, read, read_messages
from rudel.recording.summary import summarise

PERIOD_S = 0.02
AHEAD_S = 1.0  # of stream time between two flushes: the back-pressure of a simulation
MESSAGE_BYTES = 50_000  # about a camera picture


def recorder_rate(folder: Path, seconds: float) -> dict[str, Any]:
    """Encoded messages that must all be kept, as fast as the recorder takes them."""
    body = b'{"time_s":0.0,"rudel":"Mapping","data":"' + b"x" * MESSAGE_BYTES + b'"}'
    began = time.monotonic()
    n = 0
    with Recorder(folder, settings=Settings(low_bytes=0)) as recorder:
        while time.monotonic() - began < seconds:
            for _ in range(400):  # 20 MB
                recorder.put(Message("event", 0.0, "rudel.Plain", body, n, True))
                n += 1
            recorder.flush(60)
    took_s = time.monotonic() - began
    found = sum(1 for _ in read_messages(folder))
    return {"mb_per_s": n * len(body) / took_s / 1e6, "messages": n, "lost": n - found}


def stream_rate(folder: Path, seconds: float, rng: np.random.Generator) -> dict[str, Any]:
    """A patrol: states and events at 50 Hz, scans at 10 Hz, pictures at 5 Hz, encoded and written as fast as can be."""
    q = rng.normal(0, 1, 12)
    state = RobotState(0.0, q, q, q, np.array([1.0, 0, 0, 0]), np.zeros(3), np.zeros(3), np.ones(4))
    points = rng.normal(0, 9, (28_800, 3)).astype(np.float32)
    flat = np.zeros(len(points), np.float32)
    scan = Scan(0.0, "base", points, flat, flat.astype(np.uint16), flat)
    coarse = rng.integers(0, 256, (45, 80, 3), dtype=np.uint8)
    pixels = np.kron(coarse, np.ones((16, 16, 1), np.uint8))  # 1280 x 720 with edges, as rendered pictures have
    camera = CameraPose(np.zeros(3), np.array([1.0, 0, 0, 0]))
    image = Image(0.0, "wide", pixels, Intrinsics.of_view(1280, 720, 1.2), camera)
    published, slowest_s, n = 0, 0.0, 0
    began = time.monotonic()
    with Recorder(folder, settings=Settings(low_bytes=0)) as recorder, Stream([recorder]) as stream:
        while time.monotonic() - began < seconds:
            for _ in range(round(AHEAD_S / PERIOD_S)):
                at_s = n * PERIOD_S
                tick = time.perf_counter()
                stream.publish("state/robot", at_s, state)
                stream.publish("event", at_s, Event("step", at_s, {"n": n}))
                if n % 5 == 0:
                    stream.publish("scan", at_s, scan)
                if n % 10 == 0:
                    stream.publish("camera/wide", at_s, image)
                slowest_s = max(slowest_s, time.perf_counter() - tick)
                published += 2 + (n % 5 == 0) + (n % 10 == 0)
                n += 1
            stream.flush(60)
        dropped = sum(stream.dropped.values()) + sum(recorder.status().dropped.values())
    took_s = time.monotonic() - began
    told = summarise(folder)
    return {
        "mb_per_s": sum(channel.bytes for channel in told.channels.values()) / took_s / 1e6,
        "times_real": n * PERIOD_S / took_s,
        "messages": published,
        "lost": published - told.messages,
        "dropped": dropped,
        "slowest_publish_ms": slowest_s * 1e3,
    }


CHILD = """
import sys, time
from rudel.core.types import Event
from rudel.recording import Recorder, Stream
recorder = Recorder(sys.argv[1])
stream = Stream([recorder])
n, began = 0, time.monotonic()
pad = "x" * 20_000
while True:
    now = time.monotonic()
    stream.publish("event", now, Event("step", now, {"n": n}))
    stream.publish("state/load", now, {"pad": pad})
    if n == 500:
        print("go", flush=True)
    n += 1
    time.sleep(max(began + n / 500 - time.monotonic(), 0))
"""


def kill(folder: Path, wait_s: float) -> dict[str, Any]:
    """An event every 2 ms and 10 MB/s of state beside it, until the process is killed."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(wait_s)
    killed_s = time.monotonic()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    events = [entry.message for entry in read(folder, ["event"])]
    in_order = [event.data["n"] for event in events] == list(range(len(events)))
    return {"lost_s": killed_s - events[-1].time_s, "in_order": in_order}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each rate (default: 10)")
    parser.add_argument("--kills", type=int, default=5, help="processes to kill (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="of pictures, points and moments of the kills")
    parser.add_argument("--dir", type=Path, help="where to write (default: the system's folder for such)")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    root = Path(tempfile.mkdtemp(prefix="rudel-recording-", dir=args.dir))
    try:
        recorder = recorder_rate(root / "recorder", args.seconds)
        shutil.rmtree(root / "recorder")
        stream = stream_rate(root / "stream", args.seconds, np.random.default_rng(args.seed))
        shutil.rmtree(root / "stream")
        kills = [kill(root / f"kill{i}", chance.uniform(0.2, 1.0)) for i in range(args.kills)]
    finally:
        shutil.rmtree(root)
    print(
        json.dumps(
            {
                "recorder": recorder,
                "stream": stream,
                "lost_s": max((one["lost_s"] for one in kills), default=None),
                "kills": kills,
                "load_average": os.getloadavg()[0],
                "cores": os.cpu_count(),
            }
        )
    )


if __name__ == "__main__":
    main()
