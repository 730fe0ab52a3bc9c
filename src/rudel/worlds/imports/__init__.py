"""Surveys as places: each public module here reads one kind of file, the others make a World of it."""

from rudel.worlds.imports._open import formats
from rudel.worlds.imports._place import Imported, import_place
from rudel.worlds.imports._report import Report

__all__ = ["Imported", "Report", "formats", "import_place"]
