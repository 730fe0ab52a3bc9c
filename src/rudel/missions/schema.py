"""The JSON Schema of mission files, made from the same declarations that read them."""

from __future__ import annotations

from rudel.missions import mission, places, steplist
from rudel.missions.values import Schema


def json_schema() -> Schema:
    """JSON Schema, draft 2020-12: what editors need to complete and to check a mission while it is written."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"rudel mission, version {mission.VERSION}",
        **mission.FILE.schema(),
        "$defs": {"point": places.POINT.schema(), **steplist.schema_of_steps()},
    }
