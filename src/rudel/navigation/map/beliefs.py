"""What a scan changes in what is believed of the cells of a window."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from rudel.navigation.map.columns import STANDS_M, Columns
from rudel.navigation.map.prior import Prior
from rudel.navigation.map.sight import Sight
from rudel.navigation.map.terrain import lowest_near
from rudel.navigation.map.window import Window

SEEN, MISSED, PASSED, HANGS = 2, 1, 2, 3  # by how much trust changes: seen again, seen lower, seen through, it hangs
MOST = 20  # trust: ten scans through something are enough to take it away
TRUSTED = 6  # seen three times
SPECK = 2  # cells: no more than that next to each other are a speck
GUESSED = 1  # assumed, seen by nobody
MOVES_M = (
    0.3  # what moves is higher than this: on slopes, ground just come into view is nearly as high above the lowest
)
OPEN_S = 3.0  # what turns up where a ray passed so recently has moved there
SIGMAS = 3.0
THIN_M = 0.02  # rays as near as this to a thin thing would have met it
FEW, AGAIN_S = 3, 0.35  # points in a cell that are too few to be believed at once, and how soon a second look has to be
GUESS_M2 = 0.03**2  # variance of ground that is remembered rather than seen
SAME_CEILING_M = 0.1


def near_ground(window: Window, cells: int, prior: Prior | None = None) -> NDArray[np.float32]:
    """(n, n) lowest height that is known within a square of ``cells`` around each cell [m]; inf: none.

    Where nothing has been seen, what a survey knows counts.
    """
    found = lowest_near(np.fmin(window["height"], window["floor"]), cells)
    return found if prior is None else np.where(np.isinf(found), prior.under(window), found)


def variance(window: Window, added: float) -> NDArray[np.float32]:
    """(n, n) of the heights now [m^2]."""
    return (window["variance"] + (added - window["aged"])).astype(np.float32)


def fuse(
    window: Window,
    seen: Columns,
    measured_m2: NDArray[np.float64],
    added: float,
    time_s: float,
    gate_m: float,
    ground: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Take in heights; (n * n,) cells whose height was confirmed or raised.

    A height within the gate is averaged in with the inverse of its variance. A higher one replaces what was believed,
    since a scan sees as much of a thing as its few lines meet; a lower one only counts against it. One or two points in
    the air where rays passed a moment ago may be dust: those wait for a second look.
    """
    flat = {name: grid.ravel() for name, grid in window.layers.items()}
    sure = ~_needs_second_look(flat, seen, time_s, gate_m, ground)
    cell, z, bottom, measured_m2 = seen.cell[sure], seen.height[sure], seen.bottom[sure], measured_m2[sure]
    believed, now_m2 = flat["height"][cell], flat["variance"][cell] + (added - flat["aged"][cell])
    new = np.isnan(believed)
    rise = np.where(new, np.float32(0), z - believed)
    gate = SIGMAS * np.sqrt(np.where(new, 0, now_m2) + measured_m2) + gate_m
    same, higher, lower = ~new & (np.abs(rise) <= gate), ~new & (rise > gate), ~new & (rise < -gate)
    trust = flat["trust"][cell]
    stood = higher & (believed - ground[cell] < STANDS_M)
    was_open = time_s - flat["open_s"][cell] < OPEN_S
    came = (stood | new) & ((stood & (trust >= TRUSTED)) | was_open) & (z - ground[cell] > MOVES_M)
    flat["floor"][cell[stood]] = believed[stood]
    flat["changed_s"][cell[came]] = time_s
    trust = np.where(same, np.minimum(trust + SEEN, MOST), np.where(lower, trust - MISSED, SEEN))
    fallen = lower & (trust <= 0)
    now_m2 = np.where(same, now_m2, 1.0)  # of the others nothing is left
    gain = np.where(same, now_m2 / (now_m2 + measured_m2), 1.0)
    taken = same | higher | new | fallen
    gain, c = gain[taken], cell[taken]
    flat["height"][c] = np.where(new[taken], z[taken], np.nan_to_num(believed[taken]) + gain * rise[taken])
    flat["variance"][c] = np.where(same[taken], (1 - gain) * now_m2[taken], measured_m2[taken])
    flat["aged"][c] = added
    flat["bottom"][cell] = np.where(higher | new | fallen, bottom, np.minimum(flat["bottom"][cell], bottom))
    flat["trust"][cell] = np.where(fallen, SEEN, trust)
    flat["seen_s"][cell] = time_s
    settled = fallen | (same & (np.abs(flat["height"][cell] - flat["floor"][cell]) < STANDS_M))
    flat["floor"][cell[settled]] = np.nan
    hit = np.zeros(window.cells**2, np.bool_)
    hit[cell[~lower | fallen]] = True
    return hit


def _needs_second_look(
    flat: Mapping[str, NDArray], seen: Columns, time_s: float, gate_m: float, ground: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """(k,) which observations of few points turn up in the open for the first time."""
    cell = seen.cell
    believed = flat["height"][cell]
    in_air = ~(seen.height - ground[cell] <= STANDS_M) | ~np.isfinite(ground[cell])
    turns_up = ~(seen.height <= believed + np.float32(gate_m))  # NaN, unknown, is no reason to believe it
    weak = (seen.count < FEW) & in_air & turns_up & (time_s - flat["open_s"][cell] < OPEN_S)
    first = weak & (time_s - flat["maybe_s"][cell] > AGAIN_S)
    flat["maybe_s"][cell[weak]] = time_s
    return first


def fuse_hanging(window: Window, seen: Columns, hit: NDArray[np.bool_]) -> None:
    """Take in what hangs: the lowest of it is kept until higher things are seen there often enough."""
    ceiling, hanging = window["ceiling"].ravel(), window["hanging"].ravel()
    cell, z = seen.hung_cell, seen.hung
    believed, trust = ceiling[cell], hanging[cell]
    lower = z < believed - SAME_CEILING_M
    same = ~lower & (z < believed + SAME_CEILING_M)
    trust = np.where(lower, SEEN, np.where(same, np.minimum(trust + SEEN, MOST), trust - MISSED))
    gone = trust <= 0
    ceiling[cell] = np.where(lower | gone, z, np.where(same, np.minimum(z, believed), believed))
    hanging[cell] = np.where(gone, SEEN, trust)
    # what was taken for the top of something solid before the ground below was seen
    mistaken = cell[~hit[cell] & (np.abs(window["height"].ravel()[cell] - z) < SAME_CEILING_M)]
    window["trust"].ravel()[mistaken] -= HANGS


def see_through(
    window: Window,
    sight: Sight,
    eye: NDArray[np.float64],
    hit: NDArray[np.bool_],
    ground: NDArray[np.float32],
    margin_m: float,
    added: float,
) -> None:
    """Count rays that went through against what stands or hangs in their way, and take away what nothing is left of.

    Args:
        window: what is believed.
        sight: the rays of a scan.
        eye: (3,) where they come from [m].
        hit: (n * n,) cells that the same scan confirmed: rays may pass beside a thing that fills a cell in part.
        ground: (n * n,) height of the ground near each cell [m].
        margin_m: how far below the top a ray has to pass [m].
        added: see ``variance`` [m^2].
    """
    height, trust, bottom = (window[name].ravel() for name in ("height", "trust", "bottom"))
    ceiling, hanging = window["ceiling"].ravel(), window["hanging"].ravel()
    stands = np.flatnonzero((height - ground > STANDS_M) & ~hit)
    hangs = np.flatnonzero(np.isfinite(ceiling))
    x, y = window.centres()
    j, i = np.divmod(np.concatenate((stands, hangs)), window.cells)
    x, y = x[i] - np.float32(eye[0]), y[j] - np.float32(eye[1])
    half, margin = np.float32(margin_m / 2), np.float32(margin_m)
    foot = np.where(np.isfinite(bottom[stands]), bottom[stands], ground[stands] + np.float32(STANDS_M))
    thin = height[stands] - foot < 2 * margin  # a cable, or a speck: what passes below it says nothing
    low = np.concatenate((np.where(thin, foot - np.float32(THIN_M), foot), ceiling[hangs] - half))
    top = np.where(thin, height[stands] + np.float32(THIN_M), height[stands] - margin)
    high = np.concatenate((top, ceiling[hangs] + half))
    passed = sight.through(x, y, float(eye[2]), low, high)
    trust[stands[passed[: len(stands)]]] -= PASSED
    _settle(window, np.flatnonzero((trust <= 0) & ~np.isnan(height)), added)
    gone = hangs[passed[len(stands) :]]
    hanging[gone] -= PASSED
    ceiling[gone[hanging[gone] <= 0]] = np.inf


def see_open(window: Window, sight: Sight, eye: NDArray[np.float64], hit: NDArray[np.bool_], time_s: float) -> None:
    """Note where nearly level rays pass: nothing as high as they are stands there."""
    x, y = window.centres()
    x, y = np.meshgrid(x - np.float32(eye[0]), y - np.float32(eye[1]))
    passed = sight.open(x.ravel(), y.ravel())
    window["open_s"].ravel()[passed & ~hit] = time_s


def forget(
    window: Window, time_s: float, after_s: float, added: float, ground: NDArray[np.float32], hasty_s: float
) -> None:
    """Give up what came to stand on known ground and was not seen for long, and sooner specks that were hardly seen.

    Where the LiDAR cannot look again, close to the robot, a speck of dust would stay otherwise. A cell next to one that
    has been seen well, or to two others, is part of something.
    """
    age_s = time_s - window["seen_s"]
    old = ~np.isnan(window["floor"]) & (age_s > after_s)
    stands = window["height"] - ground > STANDS_M  # NaN does not
    weights = np.where(stands, np.where(window["trust"] >= TRUSTED, SPECK + 1, 1), 0).astype(np.uint8)
    around = cv2.boxFilter(weights, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    old |= stands & (around <= SPECK) & (age_s > hasty_s)
    if old.any():
        _settle(window, np.flatnonzero(old.ravel()), added)


def _settle(window: Window, cell: NDArray[np.intp], added: float) -> None:
    """Back to the ground that was known before, or to knowing nothing."""
    flat = {name: grid.ravel() for name, grid in window.layers.items()}
    floor = flat["floor"][cell]
    flat["height"][cell] = floor
    flat["variance"][cell] = np.where(np.isnan(floor), np.inf, GUESS_M2)
    flat["aged"][cell] = added
    flat["trust"][cell] = np.where(np.isnan(floor), 0, SEEN)
    flat["floor"][cell], flat["changed_s"][cell] = np.nan, -np.inf
    flat["bottom"][cell] = np.where(np.isnan(floor), np.inf, floor)  # may turn out to stand on something itself


def stand(
    window: Window,
    part: tuple[slice, slice],
    where: NDArray[np.bool_],
    wholly: NDArray[np.bool_],
    level: NDArray[np.float32],
    sigma_m: float,
    added: float,
    time_s: float,
) -> None:
    """The ground is at ``level`` [m] ``where`` nothing is known or guessed, and ``wholly`` below the robot in any case.

    A cell that it is over in part may hold the edge of what stands beside it. ``where``, ``wholly`` and ``level`` are
    those of the cells of ``part``.
    """
    layer = {name: grid[part] for name, grid in window.layers.items()}
    height, trust = layer["height"], layer["trust"]
    wrong = (where & (np.isnan(height) | (trust <= GUESSED))) | (wholly & ~(np.abs(height - level) < STANDS_M))
    np.copyto(height, level, where=wrong)
    layer["variance"][wrong] = sigma_m**2
    layer["aged"][wrong] = added
    trust[wrong] = SEEN
    layer["floor"][wrong], layer["bottom"][wrong] = np.nan, np.inf
    layer["changed_s"][wrong] = -np.inf
    layer["seen_s"][wrong] = time_s


def guess(window: Window, where: NDArray[np.bool_], level: NDArray[np.float32], sigma_m: float, added: float) -> None:
    """Assume that the ground is at ``level`` (n, n) [m] ``where`` nothing is known, until anything says otherwise."""
    empty = where & np.isnan(window["height"])
    np.copyto(window["height"], level, where=empty)
    window["variance"][empty] = sigma_m**2
    window["aged"][empty] = added
    window["trust"][empty] = GUESSED
