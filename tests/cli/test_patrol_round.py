"""A round's folder: names, map, journal, and what earlier rounds saw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.cli import _patrol_round
from rudel.cli._patrol_look import file_name
from rudel.core.errors import BadInput
from rudel.core.types import Event
from rudel.inspection.detectors.change import Change
from rudel.navigation.types import Costs
from rudel.runtime.journal import Journal, read


@given(st.floats(0, 4e9), st.floats(1, 1e6), st.text(max_size=20), st.integers(0, 99))
def test_names_of_rounds_sort_by_time_and_are_one_folder(start, later, mission, seed):
    first, second = (_patrol_round.name_of(t, mission, seed) for t in (start, start + later))
    assert first[:15] <= second[:15]
    assert len(Path(first).parts) == 1
    assert "\0" not in first


@given(st.text(max_size=30))
def test_a_file_name_is_one_name_and_the_same_twice(text):
    name = file_name(text)
    assert Path("a", name).parent == Path("a")
    assert name not in ("", ".", "..")
    assert file_name(name) == name


def test_plain_words_stay_as_they_are():
    assert file_name("P-101.a_b") == "P-101.a_b"
    assert file_name("../pump house 1/2") == "_pump_house_1_2"


@pytest.mark.parametrize("offset", [(0, 0), (5, 9), (20, 1)])
def test_the_maps_extent_holds_what_is_known_where_it_is(offset, tmp_path):
    """A blocked cell is found again in the picture at its own coordinates."""
    ny, nx, edge, origin = 40, 60, 0.1, (-2.0, 3.0)
    cost, obstacle = np.full((ny, nx), np.nan, np.float32), np.zeros((ny, nx), np.bool_)
    j, i = 8 + offset[1], 8 + offset[0]
    cost[5:30, 5:50] = 0.0
    cost[j, i], obstacle[j, i] = 1.0, True
    costs = Costs(edge, origin, cost, obstacle, np.ones((ny, nx), np.float32))
    chart = _patrol_round.draw_map(costs, tmp_path / "map.png")
    x0, x1, y0, y1 = chart.extent_m
    assert x0 <= origin[0] + 5 * edge < origin[0] + 50 * edge <= x1
    assert y0 <= origin[1] + 5 * edge < origin[1] + 30 * edge <= y1
    picture = cv2.imread(str(chart.path))
    assert picture is not None
    height, width = picture.shape[:2]
    assert width / height == pytest.approx((x1 - x0) / (y1 - y0))
    rows, columns = np.nonzero((picture == _patrol_round._BLOCKED).all(axis=2))
    assert x0 + (columns.mean() + 0.5) / width * (x1 - x0) == pytest.approx(origin[0] + (i + 0.5) * edge, abs=1e-6)
    assert y1 - (rows.mean() + 0.5) / height * (y1 - y0) == pytest.approx(origin[1] + (j + 0.5) * edge, abs=1e-6)


def test_a_map_of_nothing_known_is_drawn_all_the_same(tmp_path):
    nothing = np.full((5, 5), np.nan, np.float32)
    costs = Costs(0.1, (0.0, 0.0), nothing, np.zeros((5, 5), np.bool_), np.ones((5, 5), np.float32))
    assert _patrol_round.draw_map(costs, tmp_path / "map.png").path.is_file()


def events() -> list[Event]:
    at = {"x": 1.0, "y": -2.0, "yaw": 0.5, "charge": 0.8}
    ends = {"id": "1/P-1", "outcome": "done", "why": "", "attempts": 2, "inspections": []}
    return [
        Event("mission_begins", 0.0, {"mission": "m", "digest": "d", "points": ["P-1"]}, "mission"),
        Event("step_begins", 1.0, {"id": "1/P-1", "step": "inspect", "point": "P-1", "attempt": 1}, "mission"),
        Event("at", 1.5, {**at, "x": 9.0}, "patrol"),
        Event("step_ends", 2.0, ends, "mission"),
        Event("at", 2.5, at, "patrol"),
        Event("step_begins", 3.0, {"id": "1/P-2", "step": "inspect", "point": "P-2", "attempt": 1}, "mission"),
    ]


def kept(folder: Path, some: list[Event]) -> list[Event]:
    with Journal(folder / "journal", {"mission": "m"}) as journal:
        for event in some:
            _patrol_round.keep(journal, event)
    with Journal(folder / "journal", {"mission": "m"}) as journal:
        return _patrol_round.events_of(journal)


def test_events_come_back_out_of_the_journal_in_order(tmp_path):
    assert kept(tmp_path, events()) == events()


def test_steps_are_on_disk_before_they_act(tmp_path):
    """Read while the journal is open, as after kill -9."""
    with Journal(tmp_path / "journal", {"mission": "m"}) as journal:
        for event in events():
            _patrol_round.keep(journal, event)
        text = (tmp_path / "journal").read_text()
    assert "1/P-2#1" in text
    assert "1/P-2#1" in read(tmp_path / "journal").interrupted


def test_it_goes_on_where_it_was_left(tmp_path):
    progress, start, charge = _patrol_round.left_off(kept(tmp_path, events()))
    assert (start, charge) == ((1.0, -2.0, 0.5), 0.8)
    assert list(progress.ended) == ["1/P-1"]
    assert progress.under_way == "1/P-2"


def test_a_round_that_was_ended_early_goes_on_and_a_completed_one_does_not(tmp_path):
    early = [
        Event("mission_ending", 4.0, {"how": "stop", "why": "limit"}, "mission"),
        Event("mission_ends", 5.0, {"outcome": "ended_safely", "why": "limit"}, "mission"),
    ]
    progress, _, _ = _patrol_round.left_off([*events(), *early])
    assert progress.outcome is None
    assert progress.ending is None
    assert list(progress.ended) == ["1/P-1"]
    done = Event("mission_ends", 9.0, {"outcome": "completed", "why": ""}, "mission")
    with pytest.raises(BadInput, match="completed"):
        _patrol_round.left_off([*events(), *early, done])


def test_what_earlier_rounds_saw_is_kept_whole_and_refused_when_damaged(tmp_path):
    path = _patrol_round.change_path(tmp_path, mission="a/b", world="w")
    assert path.parent == tmp_path
    assert _patrol_round.load_change(path).to_plain() == Change().to_plain()
    _patrol_round.save_change(Change(), path)
    assert _patrol_round.load_change(path).to_plain() == Change().to_plain()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    path.write_text("{")
    with pytest.raises(BadInput, match="move it away"):
        _patrol_round.load_change(path)
