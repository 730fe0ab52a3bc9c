"""All senses of one simulated robot: asked once a control period, they answer with what has arrived by then."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import mujoco

from rudel.core.errors import BadInput, UnknownName
from rudel.core.readings import Reading
from rudel.core.types import Pose, RobotState
from rudel.sim.live import LiveSim
from rudel.sim.senses.aside import Aside
from rudel.sim.senses.fault import Fault, Faults
from rudel.sim.senses.sense import Sense, Span
from rudel.sim.senses.studio import Studio


@dataclass(frozen=True, eq=False)
class Channel:
    """A sense and its way to the reader.

    Attributes:
        sense: what measures.
        latency_s: from the end of measuring to the arrival [s].
        faults: what goes wrong, and when; more can be added later.
    """

    sense: Sense
    latency_s: float = 0.0
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.latency_s) and self.latency_s >= 0):
            raise BadInput(f"latency_s is {self.latency_s}, must be a number >= 0")


@dataclass(frozen=True, eq=False)
class Arrival:
    """What arrives: from which sense, when it arrived (true time [s]), and what it says."""

    name: str
    true_s: float
    reading: Reading


class SenseSuite:
    """The senses of a live simulation; a context manager, because cameras hold graphics memory.

    Call ``update`` after every control period. What one sense does, draws or breaks changes nothing for the others. A
    suite without senses does nothing at all.

    Args:
        live: the robot in its world.
        channels: by name.
        studio: the one that cameras draw in, to be closed with the suite.
    """

    def __init__(self, live: LiveSim, channels: Mapping[str, Channel], studio: Studio | None = None) -> None:
        self.live, self._channels, self._studio = live, dict(channels), studio
        self._faults = {name: Faults(channel.faults) for name, channel in self._channels.items()}
        self._underway: list[tuple[float, int, Arrival]] = []
        self._sent = 0
        self._last = self._here()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give graphics memory back, and end the processes of senses that have one."""
        if self._studio is not None:
            self._studio.close()
        for channel in self._channels.values():
            if isinstance(channel.sense, Aside):
                channel.sense.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the senses."""
        return tuple(self._channels)

    def sense(self, name: str) -> Sense:
        """A sense by its name, for example to steer its head."""
        return self._channels[self._known(name)].sense

    def inject(self, name: str, fault: Fault) -> None:
        """Break a sense. A fault that sends the past knows it only from here on: inject it ``age_s`` early."""
        self._faults[self._known(name)].add(fault)

    def repair(self, name: str) -> None:
        """Take all faults from a sense."""
        self._faults[self._known(name)].clear()

    def update(self, state: RobotState | None = None) -> list[Arrival]:
        """What has arrived since the last call, in the order of arrival.

        Args:
            state: what the robot itself measures now; odometry needs it.
        """
        if not self._channels:
            return []
        (start_s, start), (end_s, end) = self._last, self._here()
        if end_s > start_s:
            self._last = end_s, end
            mujoco.mj_kinematics(self.live.model, self.live.data)  # a step leaves bodies where they were at its start
            gyro = self.live.data.qvel[3:6].copy()
            span = Span(start_s, end_s, start, end, self.live.data, gyro, state)
            for name, channel in self._channels.items():
                self._send(name, channel, span)
        arrived: list[Arrival] = []
        while self._underway and self._underway[0][0] <= end_s + 1e-9:
            arrived.append(heapq.heappop(self._underway)[2])
        return arrived

    def _send(self, name: str, channel: Channel, span: Span) -> None:
        for taken in channel.sense.advance(span):
            reading = self._faults[name](taken.true_s, taken.reading)
            if reading is not None:
                true_s = taken.true_s + channel.latency_s
                heapq.heappush(self._underway, (true_s, self._sent, Arrival(name, true_s, reading)))
                self._sent += 1

    def _here(self) -> tuple[float, Pose]:
        qpos = self.live.data.qpos
        return self.live.now_s(), Pose(qpos[:3], qpos[3:7])

    def _known(self, name: str) -> str:
        if name not in self._channels:
            raise UnknownName("sense", name, self._channels)
        return name
