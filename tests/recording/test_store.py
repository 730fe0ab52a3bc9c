"""The store: rounds come back as they were, a point has a past, older stores are brought up to date."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rudel.core.errors import BadInput, Retry
from rudel.recording import Store
from rudel.recording._store_schema import MIGRATIONS, VERSION
from tests.recording import samples


def test_rounds_come_back_as_they_were(tmp_path: Path) -> None:
    rounds = [samples.a_round(f"r{n}", 1.7e9 + n, mission="ab"[n % 2]) for n in range(4)]
    with Store(tmp_path / "new" / "s.sqlite") as store:
        for done in reversed(rounds):
            store.put_round(done)
        assert store.rounds() == rounds
        assert store.rounds(mission="a") == [rounds[0], rounds[2]]
        assert store.rounds(mission="a", limit=1) == [rounds[2]]
        assert store.rounds(world="nowhere") == []
        assert store.round("r3") == rounds[3]
        with pytest.raises(BadInput, match="no round 'r9'"):
            store.round("r9")


def test_a_round_put_twice_is_there_once(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.put_round(samples.a_round("r", 1.0))
        store.put_round(samples.a_round("r", 1.0, 5.0))
        assert store.rounds() == [samples.a_round("r", 1.0, 5.0)]
        assert len(store.history("P-1")) == 1


def test_a_point_has_a_past(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        for n in (2, 0, 3, 1):
            store.put_round(samples.a_round(f"r{n}", 1000.0 + n, float(n), mission="even" if n % 2 == 0 else "odd"))
        past = store.history("P-1")
        assert [i.measured.value for i in past if i.measured] == [0, 1, 2, 3]
        assert past[2] == samples.a_round("r2", 0, 2.0).inspections[0]  # with its findings
        assert [i.measured.value for i in store.history("P-1", before_utc=1002.0) if i.measured] == [0, 1]
        assert [i.measured.value for i in store.history("P-1", mission="odd") if i.measured] == [1, 3]
        assert [i.measured.value for i in store.history("P-1", limit=2) if i.measured] == [2, 3]
        assert store.history("P-1", detector="other") == []
        assert store.history("P-9") == []
        assert [(utc, m.value, m.unit, m.std) for utc, m in store.trend("P-1", mission="odd")] == [
            (1001.0, 1.0, "bar", 0.1),
            (1003.0, 3.0, "bar", 0.1),
        ]


def old_store(path: Path, version: int) -> None:
    """A store as version ``version`` of the schema made it, with one round."""
    with Store(path) as store:
        store.put_round(samples.a_round("r", 1000.0))
        rows = {
            name: store._db.execute(f"SELECT * FROM {name}").fetchall()
            for name in ("rounds", "inspections", "findings")
        }
    path.unlink()
    for beside in path.parent.glob(path.name + "-*"):
        beside.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        for script in MIGRATIONS[:version]:
            db.executescript(script)
        for name, lines in rows.items():
            columns = len(db.execute(f"SELECT * FROM pragma_table_info('{name}')").fetchall())
            marks = ", ".join("?" * columns)
            db.executemany(f"INSERT INTO {name} VALUES ({marks})", [line[:columns] for line in lines])
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_store_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "s.sqlite"
    old_store(path, version)
    with pytest.raises(BadInput, match="open it for writing"):
        Store(path, read_only=True)
    with Store(path) as store:
        assert store.rounds() == [samples.a_round("r", 1000.0)]
        assert [m.value for _, m in store.trend("P-1")] == [3.5]  # also for rounds of before there were trends
        assert store._db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    with contextlib.closing(sqlite3.connect(tmp_path / f"s.sqlite.v{version}")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (version,)
        assert copy.execute("SELECT count(*) FROM rounds").fetchone() == (1,)
    with Store(path, read_only=True) as store:
        assert len(store.rounds()) == 1


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    text, other, newer = tmp_path / "t", tmp_path / "o", tmp_path / "n"
    text.write_text("this is no database, but it is long enough to be looked at" * 20)
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE pets (name)")
    Store(newer).close()
    with contextlib.closing(sqlite3.connect(newer)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    for path, why in ((text, "cannot be opened"), (other, "no store"), (newer, "update rudel")):
        before = path.read_bytes()
        with pytest.raises(BadInput, match=why):
            Store(path)
        assert path.read_bytes() == before
    with pytest.raises(BadInput, match="no store"):
        Store(tmp_path / "none", read_only=True)
    with pytest.raises(BadInput, match="another folder"):
        Store(text / "below")
    with pytest.raises(BadInput, match="cannot be"):
        Store("/proc/rudel/s.sqlite")


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.put_round(samples.a_round("r0", 1.0))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        big = samples.a_round("r1", 2.0)
        with pytest.raises(OSError, match="full"):
            store.put_round(type(big)(**{**big.__dict__, "data": {"long": "x" * 100_000}}))
        assert [done.id for done in store.rounds()] == ["r0"]
        store._db.execute("PRAGMA max_page_count = 100000")
        store.put_round(big)
        assert [done.id for done in store.rounds()] == ["r0", "r1"]


def test_a_round_that_cannot_be_stored_leaves_the_one_before(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        done = samples.a_round("r", 1.0)
        store.put_round(done)
        with pytest.raises(BadInput, match="JSON"):
            store.put_round(type(done)(**{**done.__dict__, "data": {"seeds": {1, 2}}}))
        assert store.rounds() == [done]
        store.put_round(samples.a_round("r2", 2.0))  # no transaction was left open


def test_two_writers_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rudel.recording.store.BUSY_S", 0.05)
    with Store(tmp_path / "s.sqlite") as one, Store(tmp_path / "s.sqlite") as other:
        one._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(Retry, match="busy"):
            other.put_round(samples.a_round("r", 1.0))
        assert other.rounds() == []  # reading goes on
        one._db.execute("ROLLBACK")
        other.put_round(samples.a_round("r", 1.0))
        assert len(one.rounds()) == 1


CHILD = """
import sys
from rudel.recording import Store
from tests.recording import samples
store = Store(sys.argv[1])
n = 0
while True:
    store.put_round(samples.a_round(f"r{n:05d}", float(n)))
    print(n, flush=True)
    n += 1
"""


def test_a_kill_leaves_whole_rounds(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(5):
        told = child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with Store(path) as store:
        rounds = store.rounds()
    assert len(rounds) > int(told)
    assert rounds == [samples.a_round(f"r{n:05d}", float(n)) for n in range(len(rounds))]
