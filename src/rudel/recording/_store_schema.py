"""Tables of the store, by version. A new version appends a script; scripts that were published never change."""

from __future__ import annotations

# MIGRATIONS[k] takes a store of version k (0: an empty file) to version k + 1.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE rounds (
        id TEXT PRIMARY KEY,
        mission TEXT NOT NULL,
        world TEXT NOT NULL,
        robot TEXT NOT NULL,
        started_utc REAL NOT NULL,
        ended_utc REAL NOT NULL,
        duration_s REAL NOT NULL,
        distance_m REAL NOT NULL,
        outcome TEXT NOT NULL,
        plain TEXT NOT NULL          -- the round as JSON, without inspections and findings
    ) WITHOUT ROWID;
    CREATE TABLE inspections (
        round_id TEXT NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,      -- in the round
        point TEXT NOT NULL,
        kind TEXT NOT NULL,
        detector TEXT NOT NULL,
        status TEXT NOT NULL,
        time_s REAL,
        plain TEXT NOT NULL,         -- the inspection as JSON, without findings
        PRIMARY KEY (round_id, place)
    ) WITHOUT ROWID;
    CREATE TABLE findings (
        round_id TEXT NOT NULL REFERENCES rounds (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,      -- in its inspection, or in the round
        inspection INTEGER NOT NULL, -- place of the inspection; -1: made on the way
        id TEXT NOT NULL,
        point TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        confidence REAL NOT NULL,
        time_s REAL,
        detector TEXT NOT NULL,
        plain TEXT NOT NULL,
        PRIMARY KEY (round_id, inspection, place)
    ) WITHOUT ROWID;
    CREATE INDEX rounds_by_time ON rounds (started_utc);
    CREATE INDEX inspections_by_point ON inspections (point);
    """,
    # 2: numbers that were read, so that trends can be asked for without reading JSON
    """
    ALTER TABLE inspections ADD COLUMN value REAL;
    ALTER TABLE inspections ADD COLUMN unit TEXT;
    ALTER TABLE inspections ADD COLUMN std REAL;
    UPDATE inspections SET
        value = json_extract(plain, '$.measured.value'),
        unit = json_extract(plain, '$.measured.unit'),
        std = json_extract(plain, '$.measured.std');
    CREATE INDEX findings_by_point ON findings (point);
    """,
)
VERSION = len(MIGRATIONS)
