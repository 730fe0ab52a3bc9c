"""Reports of inspection rounds: one HTML file, a PDF, tables and JSON, in English and German."""

from rudel.recording.report.labour import Labour
from rudel.recording.report.plan import MapPicture
from rudel.recording.report.write import ReportPaths, write_report

__all__ = ["Labour", "MapPicture", "ReportPaths", "write_report"]
