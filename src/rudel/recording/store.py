"""All rounds that were ever made: SQLite, so that a point's past can be asked for, and survives a crash."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rudel.core.errors import BadInput, Retry
from rudel.core.findings import Inspection, Measurement, Round, inspection_of, round_of, to_plain
from rudel.recording._store_schema import MIGRATIONS, VERSION

BUSY_S = 5.0  # how long to wait for another process that writes


class Store:
    """One file, for one thread of this process (others open their own). A context manager.

    A store of an older version is brought up to date when it is opened for writing; a copy of what it was stays beside
    it (NAME.v1, and so on).

    Args:
        path: of the file; made if need be.
        read_only: change nothing, not even the version.

    Raises:
        BadInput: it is no store, is of a newer version, or cannot be written.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.path = Path(path)
        if read_only and not self.path.is_file():
            raise BadInput(f"there is no store {str(self.path)!r}; `rudel patrol` makes one")
        try:
            self._db = self._connect(read_only)
        except sqlite3.Error as error:
            raise BadInput(f"store {str(self.path)!r} cannot be opened: {error}; choose another file") from error
        except OSError as error:
            why = error.strerror or error
            raise BadInput(f"store {str(self.path)!r} cannot be made: {why}; choose another folder") from error

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        if read_only:
            db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.path, timeout=BUSY_S)
        try:
            db.isolation_level = None  # transactions are begun where they are meant
            db.execute("PRAGMA foreign_keys = ON")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if version > VERSION:
                text = f"{str(self.path)!r} is of version {version}, this rudel knows up to {VERSION}: update rudel"
                raise BadInput(text)
            if (version == 0 and (tables or read_only)) or (version > 0 and "rounds" not in tables):
                raise BadInput(f"{str(self.path)!r} is a database, but no store of rounds: choose another file")
            if not read_only:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")  # rounds are few: each is on disk when put_round returns
                self._migrate(db, version)
            elif version < VERSION:
                raise BadInput(f"store {str(self.path)!r} is of version {version}: open it for writing once")
        except BaseException:
            db.close()
            raise
        return db

    def _migrate(self, db: sqlite3.Connection, version: int) -> None:
        if version == VERSION:
            return
        if version:
            copy = self.path.with_name(f"{self.path.name}.v{version}")
            if not copy.exists():
                with contextlib.closing(sqlite3.connect(copy)) as old:
                    db.backup(old)
        for number in range(version, VERSION):
            # one transaction each: whoever is stopped in between goes on from a version that there is
            db.executescript(f"BEGIN IMMEDIATE;{MIGRATIONS[number]};PRAGMA user_version = {number + 1};COMMIT;")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def put_round(self, done: Round) -> None:
        """Write ``done``, all of it or nothing; one with the same id is replaced.

        Raises:
            Retry: somebody else writes for longer than 5 s.
            OSError: the disk does not take it; the store is as before.
        """
        plain = to_plain(done)
        inspections, findings = plain.pop("inspections"), plain.pop("findings")
        with self._transaction() as db:
            db.execute("DELETE FROM rounds WHERE id = ?", (done.id,))
            db.execute(
                "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(done.id, done.mission, done.world, done.robot, done.started_utc, done.ended_utc),
                    *(done.duration_s, done.distance_m, done.outcome, _json(plain)),
                ),
            )
            for place, inspection in enumerate(inspections):
                self._put_findings(db, done.id, place, inspection.pop("findings"))
                measured = inspection["measured"] or {}
                names = ("point", "kind", "detector", "status", "time_s")
                db.execute(
                    "INSERT INTO inspections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(done.id, place, *(inspection[name] for name in names), _json(inspection)),
                        *(measured.get(name) for name in ("value", "unit", "std")),
                    ),
                )
            self._put_findings(db, done.id, -1, findings)

    def _put_findings(self, db: sqlite3.Connection, round_id: str, place: int, found: Sequence[dict[str, Any]]) -> None:
        names = ("id", "point", "kind", "severity", "confidence", "time_s", "detector")
        rows = [(round_id, i, place, *(one[name] for name in names), _json(one)) for i, one in enumerate(found)]
        db.executemany("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def rounds(
        self,
        *,
        mission: str | None = None,
        world: str | None = None,
        robot: str | None = None,
        limit: int | None = None,
    ) -> list[Round]:
        """Whole rounds, newest last; of the last ``limit`` ones."""
        told = {"mission": mission, "world": world, "robot": robot}
        chosen = {name: value for name, value in told.items() if value is not None}
        where = "".join(f" AND {name} = ?" for name in chosen)
        rows = self._rows(
            f"SELECT id, plain FROM rounds WHERE 1{where} ORDER BY started_utc DESC, id DESC LIMIT ?",
            (*chosen.values(), -1 if limit is None else limit),
        )
        return [self._whole(round_id, plain) for round_id, plain in reversed(rows)]

    def round(self, round_id: str) -> Round:
        """The one with this id; BadInput where there is none."""
        rows = self._rows("SELECT plain FROM rounds WHERE id = ?", (round_id,))
        if not rows:
            raise BadInput(f"no round {round_id!r} in {str(self.path)!r}; `rudel recordings list` shows what there is")
        return self._whole(round_id, rows[0][0])

    def _whole(self, round_id: str, plain: str) -> Round:
        rows = self._rows("SELECT inspection, plain FROM findings WHERE round_id = ? ORDER BY place", (round_id,))
        found: dict[int, list[Any]] = {}
        for place, finding in rows:
            found.setdefault(place, []).append(json.loads(finding))
        rows = self._rows("SELECT place, plain FROM inspections WHERE round_id = ? ORDER BY place", (round_id,))
        inspections = [{**json.loads(text), "findings": found.get(place, [])} for place, text in rows]
        return round_of({**json.loads(plain), "inspections": inspections, "findings": found.get(-1, [])})

    def history(
        self,
        point: str,
        *,
        mission: str | None = None,
        before_utc: float | None = None,
        detector: str | None = None,
        limit: int = 50,
    ) -> list[Inspection]:
        """Earlier inspections of ``point``, newest last: the last ``limit`` of rounds begun before ``before_utc``."""
        rows = self._rows(
            """SELECT i.plain, i.round_id, i.place FROM inspections i JOIN rounds r ON r.id = i.round_id
            WHERE i.point = ?1 AND (?2 IS NULL OR r.mission = ?2) AND (?3 IS NULL OR r.started_utc < ?3)
                AND (?4 IS NULL OR i.detector = ?4)
            ORDER BY r.started_utc DESC, r.id DESC, i.place DESC LIMIT ?5""",
            (point, mission, before_utc, detector, limit),
        )
        return [self._inspection(*row) for row in reversed(rows)]

    def _inspection(self, plain: str, round_id: str, place: int) -> Inspection:
        rows = self._rows(
            "SELECT plain FROM findings WHERE round_id = ? AND inspection = ? ORDER BY place", (round_id, place)
        )
        return inspection_of({**json.loads(plain), "findings": [json.loads(text) for (text,) in rows]})

    def trend(
        self, point: str, *, mission: str | None = None, detector: str | None = None
    ) -> list[tuple[float, Measurement]]:
        """When (start of the round [s since 1970]) and what was measured at ``point``, oldest first."""
        rows = self._rows(
            """SELECT r.started_utc, i.value, i.unit, i.std FROM inspections i JOIN rounds r ON r.id = i.round_id
            WHERE i.point = ?1 AND i.value IS NOT NULL AND (?2 IS NULL OR r.mission = ?2)
                AND (?3 IS NULL OR i.detector = ?3)
            ORDER BY r.started_utc, r.id, i.place""",
            (point, mission, detector),
        )
        return [(utc, Measurement(value, unit, math.nan if std is None else std)) for utc, value, unit, std in rows]

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with _translated(self.path):
            return self._db.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Retry(f"store {str(path)!r} is busy: {error}") from error
        raise OSError(f"store {str(path)!r}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise BadInput(f"store {str(path)!r} is damaged: {error}; go back to a copy of it") from error


def _json(plain: Any) -> str:
    try:
        return json.dumps(plain, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise BadInput(f"round cannot be stored: {error}; its data must be what JSON can say") from error
