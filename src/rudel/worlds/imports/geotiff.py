"""Height models as GeoTIFF: one band, stripped or tiled; plain, LZW, Deflate or PackBits; BigTIFF too.

Format: TIFF 6.0, Adobe Technical Note 3 (floating-point predictor), OGC GeoTIFF 1.1, GDAL's tag 42113 for NODATA.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rudel.worlds.imports import _geokeys, _tiff
from rudel.worlds.imports._binary import Bytes
from rudel.worlds.imports._source import Elevation, Facts

WHAT = "GeoTIFF height model"
SUFFIXES = (".tif", ".tiff")

_MOST_CELLS = 64_000_000
_SCALE, _TIEPOINT, _MATRIX, _KEYS, _KEY_DOUBLES, _KEY_TEXT, _NODATA = 33550, 33922, 34264, 34735, 34736, 34737, 42113
_PIXEL_IS_POINT_KEY, _POINT = 1025, 2


@dataclass(frozen=True)
class _Frame:
    cell: float
    corner: tuple[float, float]  # of the upper left pixel's centre
    repairs: tuple[str, ...]


def read(path: Path) -> Elevation:
    """Heights of the first band, southernmost row first, NODATA as NaN."""
    with Bytes(path, "TIFF file") as file:
        tags = _tiff.Tags(file)
        raster = _tiff.Raster.of(tags)
        if raster.width * raster.height > _MOST_CELLS or min(raster.width, raster.height) < 2:
            raise file.bad(
                f"it has {raster.width} x {raster.height} pixels, 2 x 2 to {_MOST_CELLS} in all can be imported: cut "
                "out the part that matters"
            )
        keys = _geokeys.parse(np.array(tags.numbers(_KEYS), "<u2").tobytes(), tuple(tags.numbers(_KEY_DOUBLES)))
        unit, unit_z, why = _geokeys.units(keys)
        frame = _frame(file, tags, keys)
        if why == "degree":
            raise file.bad(
                f"its cells are {frame.cell:g} degrees of longitude and latitude: project it to metres first, for "
                f"example to the UTM zone {int((frame.corner[0] + 180) // 6) % 60 + 1}"
            )
        heights = raster.pixels().astype(np.float64)
        nodata = tags.text(_NODATA).strip("\0 ")
        try:
            value = float(nodata)
        except ValueError:
            value = math.nan
        # a float32 picture stores -3.4e38 in another last digit than the text does
        heights[~np.isfinite(heights) | np.isclose(heights, value, rtol=1e-6, atol=0.0)] = np.nan
    x, y = frame.corner
    flipped = heights[::-1].copy()
    facts = Facts(unit, unit_z, why, "z", "it is a height model", plumb=True, repairs=frame.repairs)
    return Elevation(flipped, frame.cell, (x, y - (len(heights) - 1) * frame.cell), facts)


def _frame(file: Bytes, tags: _tiff.Tags, keys: _geokeys.Keys) -> _Frame:
    scale, tie, matrix = tags.numbers(_SCALE), tags.numbers(_TIEPOINT), tags.numbers(_MATRIX)
    if len(scale) >= 2 and len(tie) >= 6:
        sx, sy = scale[0], scale[1]
        x, y = tie[3] - tie[0] * sx, tie[4] + tie[1] * sy
    elif len(matrix) == 16:
        sx, sy, x, y = matrix[0], -matrix[5], matrix[3], matrix[7]
        if abs(matrix[1]) + abs(matrix[4]) > 1e-9 * (abs(sx) + abs(sy)):
            raise file.bad("its grid is turned against north: resample it to a north-up grid first")
    else:
        return _Frame(
            1.0, (0.5, 0.5), ("the picture says nothing about its scale: one pixel is taken to be one metre",)
        )
    if not (all(map(math.isfinite, (sx, sy, x, y))) and 0 < sx < 1e7 and 0 < sy < 1e7):
        raise file.bad(f"its cells are {sx:g} x {sy:g}")
    if abs(sx - sy) > 1e-3 * sx:
        raise file.bad(f"its cells are {sx:g} x {sy:g}, not square: resample it first")
    half = 0.0 if keys.short.get(_PIXEL_IS_POINT_KEY) == _POINT else 0.5
    return _Frame(sx, (x + half * sx, y - half * sx), ())
