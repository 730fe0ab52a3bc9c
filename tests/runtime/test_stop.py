"""The stop: from any thread and process, on a full disk, after a crash; released only by its name."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput, GiveUp, UnknownName
from rudel.runtime.stop import UNNAMED, StopSwitch

PRESS = "import sys; from pathlib import Path; from rudel.runtime.stop import StopSwitch as S; {}"


def elsewhere(code: str, folder: Path) -> None:
    """Run ``code`` with a switch S on ``folder`` in another process, which is killed in the end."""
    code = PRESS.format(f"s = S(Path(sys.argv[1])); {code}; import os; os.kill(os.getpid(), 9)")
    ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)
    assert ran.returncode == -9, ran.stderr


def test_a_press_outlives_the_process_that_made_it_and_ours(tmp_path: Path) -> None:
    ours = StopSwitch(tmp_path)
    assert ours.pressed == ()
    elsewhere("s.press('tablet/2 of Ännà')", tmp_path)
    assert ours.pressed == ("tablet/2 of Ännà",)
    assert StopSwitch(tmp_path).pressed == ("tablet/2 of Ännà",)
    elsewhere("s.release('tablet/2 of Ännà')", tmp_path)
    assert ours.pressed == ()


@settings(max_examples=50)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=20))
def test_it_is_pressed_until_every_name_is_released(history: list[tuple[bool, str]]) -> None:
    switch, held = StopSwitch(), set[str]()
    for press, name in history:
        if press:
            switch.press(name)
            held.add(name)
        elif name in held:
            switch.release(name)
            held.remove(name)
        else:
            with pytest.raises(UnknownName):
                switch.release(name)
        assert set(switch.pressed) == held


@settings(max_examples=50, deadline=None)
@given(name=st.text(max_size=300))
def test_any_name_stops_and_releases(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("stop")
    one, other = StopSwitch(folder), StopSwitch(folder)
    one.press(name)
    assert one.pressed == other.pressed
    (kept,) = other.pressed
    assert kept == name or len(quote(name)) > 200
    other.release(name)
    assert one.pressed == ()
    assert other.pressed == ()
    one.close()
    other.close()


def test_a_full_disk_does_not_keep_it_from_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, presser = StopSwitch(tmp_path), StopSwitch(tmp_path)

    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        presser.press("anna")
    assert loop.pressed == (UNNAMED,)
    presser.release(UNNAMED)
    assert loop.pressed == ()


def test_doubt_counts_as_pressed(tmp_path: Path) -> None:
    switch = StopSwitch(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert switch.pressed == (UNNAMED,)
    closed = StopSwitch(tmp_path / "c")
    closed.close()
    assert closed.pressed == (UNNAMED,)


def test_a_press_that_reaches_nobody_says_so(tmp_path: Path) -> None:
    switch = StopSwitch(tmp_path / "a")
    switch.close()
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(GiveUp, match="robot's own stop"):
        switch.press("anna")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be used"):
        StopSwitch(tmp_path / "file")


def test_threads_press_while_it_is_read() -> None:
    switch = StopSwitch()
    threads = [threading.Thread(target=switch.press, args=(f"{k}",)) for k in range(50)]
    for thread in threads:
        thread.start()
        assert len(switch.pressed) <= 50
    for thread in threads:
        thread.join()
    assert len(switch.pressed) == 50
