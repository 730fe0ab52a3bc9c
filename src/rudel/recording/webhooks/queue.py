"""Messages on their way, in a SQLite file: what is in it survives a crash and a power cut.

A delivered message leaves its id behind for a while, so that a mission that is resumed does not say a thing twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rudel.core.errors import BadInput

REMEMBERED_S = 30 * 86_400.0
VERSION = 1
WAITING, DELIVERED, ASIDE = "waiting", "delivered", "set aside"
_TABLES = """
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_utc REAL NOT NULL,
    changed_utc REAL NOT NULL,
    why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX by_lane ON messages (state, lane, seq);
"""


@dataclass(frozen=True)
class Waiting:
    """A message whose turn it is."""

    id: str
    body: bytes
    tries: int


@dataclass(frozen=True)
class SetAside:
    """A message that was given up after too many tries; :meth:`Queue.again` puts it back."""

    id: str
    lane: str
    tries: int
    why: str


class Queue:
    """The file. Threads and processes may share it; one process at a time should deliver from it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._link = sqlite3.connect(self.path, timeout=5.0, check_same_thread=False, isolation_level=None)
            self._link.execute("PRAGMA journal_mode = WAL")
            self._link.execute("PRAGMA synchronous = FULL")  # a message that was accepted survives a power cut
            with self._change() as link:
                version = link.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    for statement in filter(str.strip, _TABLES.split(";")):
                        link.execute(statement)
                    link.execute(f"PRAGMA user_version = {VERSION}")
        except sqlite3.DatabaseError as error:
            raise BadInput(
                f"{str(self.path)!r} is no queue of webhooks: {error}; move it away to begin anew"
            ) from error
        if version not in (0, VERSION):
            self._link.close()
            raise BadInput(
                f"{str(self.path)!r} is of version {version}, this program writes {VERSION}: use a newer one"
            )

    def put(self, message_id: str, lane: str, body: bytes, now_utc: float) -> bool:
        """Add a message, on disk when this returns; False where its id is known already."""
        row = (message_id, lane, body, WAITING, now_utc, now_utc)
        with self._change() as link:
            done = link.execute(
                "INSERT OR IGNORE INTO messages (id, lane, body, state, next_utc, changed_utc) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        return done.rowcount == 1

    def due(self, now_utc: float) -> Waiting | None:
        """The oldest message that may go now: the first of its lane, and not waiting for another try."""
        row = self._one(
            "SELECT id, body, tries FROM messages m WHERE state = ? AND next_utc <= ? AND NOT EXISTS "
            "(SELECT 1 FROM messages e WHERE e.state = ? AND e.lane = m.lane AND e.seq < m.seq) "
            "ORDER BY tries, seq LIMIT 1",  # fresh ones first: those that failed must not hold them up
            (WAITING, now_utc, WAITING),
        )
        return None if row is None else Waiting(*row)

    def next_utc(self) -> float | None:
        """When the next message is due, None where none waits."""
        row = self._one(
            "SELECT min(next_utc) FROM messages m WHERE state = ? AND NOT EXISTS "
            "(SELECT 1 FROM messages e WHERE e.state = ? AND e.lane = m.lane AND e.seq < m.seq)",
            (WAITING, WAITING),
        )
        return None if row is None else row[0]

    def delivered(self, message_id: str, now_utc: float) -> None:
        """It has arrived: its body goes, its id stays for REMEMBERED_S."""
        with self._change() as link:
            link.execute(
                "UPDATE messages SET state = ?, body = x'', changed_utc = ? WHERE id = ?",
                (DELIVERED, now_utc, message_id),
            )
            link.execute(
                "DELETE FROM messages WHERE state = ? AND changed_utc < ?", (DELIVERED, now_utc - REMEMBERED_S)
            )

    def failed(self, message_id: str, why: str, now_utc: float, next_utc: float | None) -> None:
        """A try failed: again at ``next_utc``, or None: set aside, and its lane goes on."""
        state, when = (ASIDE, now_utc) if next_utc is None else (WAITING, next_utc)
        with self._change() as link:
            link.execute(
                "UPDATE messages SET state = ?, tries = tries + 1, next_utc = ?, changed_utc = ?, why = ? WHERE id = ?",
                (state, when, now_utc, why, message_id),
            )

    def again(self, message_id: str, now_utc: float) -> None:
        """Put back a message that was set aside, as if it had never been tried."""
        with self._change() as link:
            done = link.execute(
                "UPDATE messages SET state = ?, tries = 0, next_utc = ?, changed_utc = ? WHERE id = ? AND state = ?",
                (WAITING, now_utc, now_utc, message_id, ASIDE),
            )
        if done.rowcount != 1:
            aside = ", ".join(one.id for one in self.set_aside()[:10]) or "none"
            raise BadInput(f"no message {message_id!r} was set aside; these were: {aside}")

    def soonest(self, latest_utc: float) -> None:
        """Nothing waits longer than until then: for a clock that was ahead when the waits were written."""
        with self._change() as link:
            link.execute(
                "UPDATE messages SET next_utc = ? WHERE state = ? AND next_utc > ?", (latest_utc, WAITING, latest_utc)
            )

    def set_aside(self) -> tuple[SetAside, ...]:
        """What was given up, oldest first."""
        with self._lock:
            rows = self._link.execute(
                "SELECT id, lane, tries, why FROM messages WHERE state = ? ORDER BY seq", (ASIDE,)
            ).fetchall()
        return tuple(SetAside(*row) for row in rows)

    def waiting(self) -> int:
        """How many messages wait."""
        row = self._one("SELECT count(*) FROM messages WHERE state = ?", (WAITING,))
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._link.close()

    def _one(self, question: str, values: tuple[object, ...]) -> tuple | None:
        with self._lock:
            return self._link.execute(question, values).fetchone()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on disk afterwards, or nothing."""
        with self._lock:
            self._link.execute("BEGIN IMMEDIATE")
            try:
                yield self._link
            except BaseException:
                self._link.execute("ROLLBACK")
                raise
            self._link.execute("COMMIT")
