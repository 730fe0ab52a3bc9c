"""Height models as ESRI ASCII grids (.asc)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rudel.core.errors import BadInput
from rudel.worlds.imports import _text
from rudel.worlds.imports._source import Elevation

WHAT = "ESRI ASCII height model"
SUFFIXES = (".asc",)

_KEYS = ("ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "nodata_value")
_HEADER_BYTES = 4096
_MOST_CELLS = 64_000_000
_DEFAULT_NODATA = -9999.0


def read(path: Path) -> Elevation:
    """Heights, southernmost row first, NODATA as NaN. The file does not say units."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    values: dict[str, float] = {}
    start = 0
    for line in head.splitlines(keepends=True):
        words = line.split()
        if not words or not words[0][:1].isalpha():
            break
        key = words[0].lower().decode("latin-1")
        number = _text.numbers(words[1]) if len(words) == 2 else None
        if key not in _KEYS or number is None or number.size != 1 or not (np.isfinite(number[0]) or key[0] == "n"):
            raise BadInput(f"{path} is no ESRI grid: its header has the line {line[:60].decode('latin-1').strip()!r}")
        values[key] = float(number[0])
        start += len(line)
    missing = [key for key in ("ncols", "nrows", "cellsize") if key not in values]
    if missing:
        raise BadInput(f"{path} is no ESRI grid: its header lacks {', '.join(missing)}")
    nx, ny, cell = values["ncols"], values["nrows"], values["cellsize"]
    if not (nx == int(nx) and ny == int(ny) and min(nx, ny) >= 2 and nx * ny <= _MOST_CELLS and 0 < cell < 1e6):
        raise BadInput(f"{path} has {nx:g} x {ny:g} cells of {cell:g}: 2 x 2 to {_MOST_CELLS} cells can be imported")
    nx, ny = int(nx), int(ny)
    if 2 * nx * ny - 1 > size - start:
        raise BadInput(f"{path} promises {nx} x {ny} cells and has {size} bytes. Fetch it again")
    found = [_text.numbers(block) for block in _text.blocks(path, start)]
    good = [block for block in found if block is not None]
    if len(good) != len(found) or sum(block.size for block in good) != nx * ny:
        raise BadInput(
            f"{path} promises {nx} x {ny} numbers and has {sum(b.size for b in good)} or other text among them"
        )
    heights = np.concatenate(good).reshape(ny, nx)[::-1].copy()
    heights[(heights == values.get("nodata_value", _DEFAULT_NODATA)) | ~np.isfinite(heights)] = np.nan
    half = cell / 2
    x = values.get("xllcenter", values.get("xllcorner", 0.0) + half)
    y = values.get("yllcenter", values.get("yllcorner", 0.0) + half)
    return Elevation(heights, cell, (x, y))
