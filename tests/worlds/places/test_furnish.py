"""Where things and their viewpoints go."""

from __future__ import annotations

import numpy as np
import pytest

from rudel.worlds.place import Cylinder
from rudel.worlds.places import _furnish
from rudel.worlds.places._furnish import Spot, Wanted
from rudel.worlds.places._region import Region, Vec2
from rudel.worlds.places._site import Site


def put(width_m: float, wanted: list[Wanted], blocked: tuple[float, float, float, float] | None = None) -> tuple:
    """Things along the wall y = 0 of a room 10 m long."""
    region, site = Region([(0.0, 10.0, 0.0, width_m)]), Site()
    if blocked is not None:
        site.blocked.append(blocked)
    spots = [Spot((x, 0.0, 0.0), (0.0, 1.0), ("wall",), x) for x in np.arange(1.0, 9.01, 0.5).tolist()]

    def free(xy: Vec2, margin_m: float) -> bool:
        return region.inside(xy) and region.to_wall(xy) >= margin_m

    placed = _furnish.furnish(site, wanted, spots, np.random.default_rng(0), free)
    return region, site, placed


GAUGES = [Wanted("gauge", f"G-{k}", False) for k in range(5)]


def test_one_stands_half_a_metre_from_the_wall_behind() -> None:
    region, _, placed = put(1.55, GAUGES)  # 0.45 m would be left at the usual distance
    assert len(placed) == len(GAUGES)
    assert all(region.to_wall(p.stand) >= 0.5 - 1e-9 for p in placed)


def test_nothing_is_put_up_where_nobody_can_stand() -> None:
    assert put(0.9, GAUGES)[2] == []


def test_an_obstacle_blocks_standing_and_looking() -> None:
    wall = (0.0, 6.0, 0.5, 0.7)  # in front of all spots with x < 6
    _, site, placed = put(3.0, GAUGES, wall)
    assert placed
    assert all(p.stand[0] >= 6.0 for p in placed)
    assert site.blocked[0] == wall


def test_a_board_is_put_up_where_there_is_no_wall_and_nobody_stands_in_it() -> None:
    site = Site()
    spots = [Spot((x, 0.0, 0.0), (0.0, 1.0), ("wall",), x, board_m=0.5) for x in (1.0, 4.0)]
    spots += [Spot((x, 1.0, 0.0), (0.0, -1.0), ("wall",), x, board_m=0.5) for x in (1.0, 4.0)]  # where the others stand
    placed = _furnish.furnish(site, GAUGES[:3], spots, np.random.default_rng(0), lambda xy, margin_m: True)
    assert len(placed) == len({p.spot.at[0] for p in placed}) == 2
    assert sum(isinstance(s, Cylinder) for s in site.shapes) == 2 * len(placed), "two posts each"


def test_neighbours_keep_apart_and_come_in_order() -> None:
    _, _, placed = put(3.0, GAUGES)
    at = [p.spot.at[0] for p in placed]
    assert at == sorted(at)
    assert min(np.diff(at)) > 1.0


@pytest.mark.parametrize(("count", "rate", "faults"), [(10, 0.0, 0), (10, 0.5, 5), (10, 1.0, 10), (9, 0.25, 2)])
def test_the_deck_has_the_asked_for_share_of_faults(count: int, rate: float, faults: int) -> None:
    deck = _furnish.deck(np.random.default_rng(1), ("gauge", "valve"), count, rate)
    assert sum(w.faulty for w in deck) == faults
    assert len({w.label for w in deck}) == count
    assert abs(sum(w.kind == "gauge" for w in deck) - count / 2) <= 0.5
