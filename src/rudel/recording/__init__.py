"""One event stream: publish it, watch it live, write it, read it back, send it on; and the store of all rounds."""

from rudel.recording.captures import captures, record_capture
from rudel.recording.export import export_parquet
from rudel.recording.forward import Forwarder, Parcel
from rudel.recording.live import Live
from rudel.recording.messages import Entry, GridMap, Log, Message
from rudel.recording.read import read, read_messages
from rudel.recording.recorder import Recorder
from rudel.recording.settings import Settings
from rudel.recording.store import Store
from rudel.recording.stream import Sink, Stream

__all__ = [
    "Entry",
    "Forwarder",
    "GridMap",
    "Live",
    "Log",
    "Message",
    "Parcel",
    "Recorder",
    "Settings",
    "Sink",
    "Store",
    "Stream",
    "captures",
    "export_parquet",
    "read",
    "read_messages",
    "record_capture",
]
