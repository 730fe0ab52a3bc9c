"""What an import says of its result: for the person who started it and, as JSON, for programs."""

from __future__ import annotations

from dataclasses import dataclass

from rudel.worlds.imports._frame import Finding

SURE, LIKELY = 0.9, 0.6


@dataclass(frozen=True)
class Report:
    """Of one import.

    Attributes:
        source, format: file and kind of file.
        points: points or cells that were read.
        size_m: (x, y) extent of the known ground and what stands on it.
        height_range_m: (lowest, highest) ground, relative to the start.
        resolution_m: edge of a cell.
        known_m2, walkable_m2, walkable_share, parts_m2: area of known ground and obstacles; where the robot can be; its
            share of the former; areas of its connected parts, largest first.
        robot: for which robot.
        unit, up, level, floor: what was found, how sure (0 to 1), why.
        start: (x, y, yaw).
        origin: (x, y, z) subtracted from the file's coordinates in metres (after turning).
        repairs: what was put right or left out.
        files: what was written.
    """

    source: str
    format: str
    points: int
    size_m: tuple[float, float]
    height_range_m: tuple[float, float]
    resolution_m: float
    known_m2: float
    walkable_m2: float
    walkable_share: float
    parts_m2: tuple[float, ...]
    robot: str
    unit: Finding
    up: Finding
    level: Finding
    floor: Finding
    start: tuple[float, float, float]
    origin: tuple[float, float, float]
    repairs: tuple[str, ...]
    files: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report as text, one fact a line."""
        low, high = self.height_range_m
        parts = ", ".join(f"{area:.3g}" for area in self.parts_m2[:4])
        more = f" and {len(self.parts_m2) - 4} smaller ones" if len(self.parts_m2) > 4 else ""
        found = [
            f"{self.source}: {self.format}, {self.points} points or cells",
            f"extent      {self.size_m[0]:.4g} x {self.size_m[1]:.4g} m in cells of {self.resolution_m:g} m",
            f"height      {low:+.2f} to {high:+.2f} m from the start",
            f"known       {self.known_m2:.4g} m2 of ground and obstacles",
            f"walkable    {self.walkable_m2:.4g} m2 for a {self.robot} ({self.walkable_share:.0%} of what is known)",
            f"connected   {len(self.parts_m2)} part{'s' * (len(self.parts_m2) != 1)}: {parts} m2{more}",
        ]
        for name, finding in (("unit", self.unit), ("up", self.up), ("level", self.level), ("floor", self.floor)):
            found.append(f"{name:<11} {finding.value} ({confidence(finding.sure)}: {finding.why})")
        found += [f"repaired    {text}" for text in self.repairs]
        if self.unit.sure < LIKELY or self.up.sure < LIKELY:
            found.append("check       unit and up axis with the preview; if one is wrong, state it: --units mm, --up y")
        return found


def confidence(sure: float) -> str:
    """How sure, in words and per cent."""
    word = "sure" if sure >= SURE else "likely" if sure >= LIKELY else "a guess"
    return f"{word}, {min(sure, 1.0):.0%}"
