"""What is published comes back as what it was; the JSON is what its schema and Foxglove's say."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rudel.core.errors import BadInput, UnknownName
from rudel.core.types import Event, Pose
from rudel.recording.decode import decode
from rudel.recording.encode import encode, plain
from rudel.recording.messages import Log, Message
from rudel.recording.schemas import SCHEMAS
from tests.recording import samples

CHANNELS = sorted(samples.everything(np.random.default_rng(0)))


def same(a: Any, b: Any) -> bool:
    """Equal in every number, NaN included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b or (a != a and b != b)


def there_and_back(thing: object, time_s: float = 1 / 3, *, lossless: bool = False) -> Any:
    schema, data = encode(thing, time_s, lossless=lossless)
    return decode(Message("c", time_s, schema, data))


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_published_is_read_back(channel: str, rng: np.random.Generator) -> None:
    thing = samples.everything(rng)[channel]
    assert same(there_and_back(thing), thing)


def test_what_a_broken_sensor_says_is_kept_as_it_is(rng: np.random.Generator) -> None:
    nan = float("nan")
    lost = Pose(np.array([nan, 0.0, 1.0]), np.array([1.0, 0, 0, nan]), "map")
    timeless = dataclasses.replace(samples.image(rng), time_s=nan)
    assert same(there_and_back(lost), lost)
    assert same(there_and_back(timeless, lossless=True), timeless)


def test_pictures_are_kept_exactly_or_nearly(rng: np.random.Generator) -> None:
    image = samples.image(rng)
    assert same(there_and_back(image, lossless=True), image)
    smooth = np.broadcast_to(np.arange(32, dtype=np.uint8)[None, :, None] * 5, (24, 32, 3))
    soft = dataclasses.replace(image, pixels=smooth)
    assert np.abs(there_and_back(soft).pixels.astype(int) - smooth).mean() < 3
    red = dataclasses.replace(image, pixels=np.full((24, 32, 3), (200, 10, 10), np.uint8))
    assert there_and_back(red).pixels[5, 5, 0] > 150  # red stays red on its way through another library's order


@pytest.mark.parametrize("channel", [*CHANNELS, "camera"])
def test_messages_fit_their_schemas(channel: str, rng: np.random.Generator) -> None:
    thing = {**samples.everything(rng), "camera": samples.image(rng)}[channel]
    schema, data = encode(thing, 12.5)
    fields = json.loads(data)
    assert data.startswith(b'{"time_s":12.5,')
    assert fields["timestamp"] == {"sec": 12, "nsec": 500_000_000}
    problems = list(mismatches(fields, SCHEMAS[schema], ""))
    # a broken accelerometer says NaN; only fields of ours may be null
    assert problems == []


def mismatches(value: Any, schema: dict[str, Any], where: str) -> Any:
    """A small JSON schema checker: type, required, properties, items."""
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "null": type(None)}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, kinds[name]) for name in allowed):
        yield f"{where} is {type(value).__name__}, not {allowed}"
        return
    if isinstance(value, dict):
        yield from (f"{where} has no {name}" for name in schema.get("required", ()) if name not in value)
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from mismatches(value[name], inner, f"{where}.{name}")
    if isinstance(value, list):
        for item in value:
            yield from mismatches(item, schema.get("items", {"type": ["object"]}), f"{where}[]")


# From Foxglove's published JSON schemas (@foxglove/schemas 2.1.0): what a viewer needs to find.
FOXGLOVE = {
    "CompressedImage": {"timestamp", "frame_id", "data", "format"},
    "RawImage": {"timestamp", "frame_id", "width", "height", "encoding", "step", "data"},
    "PointCloud": {"timestamp", "frame_id", "pose", "point_stride", "fields", "data"},
    "PoseInFrame": {"timestamp", "frame_id", "pose"},
    "Log": {"timestamp", "level", "message", "name", "file", "line"},
    "Grid": {
        *("timestamp", "frame_id", "pose", "column_count", "cell_size"),
        *("row_stride", "cell_stride", "fields", "data"),
    },
}


def test_our_schemas_of_foxglove_have_foxgloves_fields() -> None:
    ours = {name.removeprefix("foxglove."): s for name, s in SCHEMAS.items() if name.startswith("foxglove.")}
    assert {name: set(schema["required"]) for name, schema in ours.items()} == FOXGLOVE


@given(time_s=st.floats(allow_nan=False, allow_infinity=False), number=st.integers(0, 2**32 - 1), kept=st.booleans())
def test_packing_loses_nothing(time_s: float, number: int, kept: bool) -> None:
    message = Message("a/ä", time_s, "s", b'{"x":1}', number, kept)
    assert Message.unpack(message.pack()) == message
    assert 0 <= message.time_ns < 2**64


@given(st.binary(max_size=60))
def test_unpacking_rubbish_is_a_value_error_or_a_message(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        Message.unpack(raw)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_times_are_exact(time_s: float) -> None:
    assert json.loads(encode({}, time_s)[1])["time_s"] == time_s


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_any_plain_data_has_a_json_form(data: Any) -> None:
    json.dumps(plain(data), allow_nan=False)


def test_what_has_no_json_form_is_refused() -> None:
    for thing in (object(), 3, "text", b"bytes", Event("x", 0.0, {"y": object()})):
        with pytest.raises(BadInput, match=r"cannot be published|no JSON form"):
            encode(thing, 0.0)
    with pytest.raises(UnknownName, match="warning"):
        Log("warn", "x")


@pytest.mark.parametrize("channel", [*CHANNELS, "camera"])
def test_a_damaged_message_is_bad_input(channel: str, rng: np.random.Generator) -> None:
    thing = {**samples.everything(rng), "camera": samples.image(rng)}[channel]
    schema, data = encode(thing, 1.0)
    fields = json.loads(data)
    own = [key for key in fields if key not in ("time_s", "timestamp", "rudel")]
    if isinstance(thing, dict):
        return  # anything goes
    for key in own:
        for value in (None, "", {}, 3.5):
            message = Message(channel, 1.0, schema, json.dumps({**fields, key: value}).encode())
            with contextlib.suppress(BadInput):  # some are as good as what was there
                decode(message)
    with pytest.raises(BadInput, match="no JSON"):
        decode(Message(channel, 1.0, schema, data[:-1]))
