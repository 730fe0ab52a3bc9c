"""What is refused in a mission file: with line and column, and with the nearest valid choice; fuzzed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput, RudelError
from rudel.missions import BadMission, json_schema, load, parse, source, steplist, units

HEAD = "rudel_mission: 1\nname: x\n"


# ^ marks the place that the message must name
@pytest.mark.parametrize(
    ("marked", "part"),
    [
        (HEAD + "steps:\n  - ^gotoo: P-1\n", "'goto'"),
        (HEAD + "steps:\n  - goto: {point: P-1, timeout_s: ^-5}\n", "more than 0 s"),
        (HEAD + "steps:\n  - goto: {point: P-1, timeout_s: ^0}\n", "more than 0 s"),
        (HEAD + "steps:\n  - goto: {point: P-1, timeout_s: ^.inf}\n", "finite"),
        (HEAD + "steps:\n  - goto: {point: P-1, ^timout_s: 5}\n", "'timeout_s'"),
        (HEAD + "steps:\n  - goto: {point: P-1, tolerance_m: ^3 furlong}\n", "Unknown unit of length 'furlong'"),
        (HEAD + "steps:\n  - goto: {point: P-1, tolerance_m: ^3 kg}\n", "Choices: cm, km, m, mm"),
        (HEAD + "steps:\n  - wait: ^5 sec\n", "Did you mean 's'"),
        (HEAD + "steps:\n  - wait: ^soon\n", "5 s"),
        (HEAD + "steps:\n  - read_gauge: {point: P-1, expect: {low: 1, unit: ^barr}}\n", "'bar'"),
        (HEAD + "steps:\n  - goto: {point: P-1, on_failure: ^return_home}\n", "'return'"),
        (HEAD + "steps:\n  - goto: {point: P-1, retries: ^11}\n", "from 0 to 10"),
        (HEAD + "steps:\n  - goto: ^{point: P-1, route: r}\n", "one of point"),
        (HEAD + "steps:\n  - ^{goto: P-1, wait: 3}\n", "not a step"),
        (HEAD + "steps: ^[]\n", "without any step"),
        ("^rudel_mission: 1\nname: x\n", "needs steps"),
        ("^name: x\nsteps: [dock]\n", "needs rudel_mission"),
        ("rudel_mission: ^7\nname: x\n", "reads 1"),
        ("^- a\n", "not a table"),
        ("^", "empty"),
        (HEAD + "^name: y\n", "twice"),
        (HEAD + "speed_mps: ^30 km/h\nsteps: [dock]\n", "at most 5 m/s"),
        (HEAD + "battery: {reserve: 50, charge_to: ^40}\nsteps: [dock]\n", "not above the reserve"),
        (HEAD + "keep_out: [{rect: ^[1, 0, 0, 1]}]\nsteps: [dock]\n", "x_min < x_max"),
        (HEAD + "schedule: {zone: ^Europe/Berln, times: '06:00'}\nsteps: [dock]\n", "'Europe/Berlin'"),
        (HEAD + "schedule: {zone: UTC, times: ^'25:00'}\nsteps: [dock]\n", "time of day"),
        (HEAD + "schedule: {zone: UTC, times: '6:00', days: [mon, ^tues]}\nsteps: [dock]\n", "'tue'"),
        (HEAD + "points: {a: {x: 1, y: 2, expect: {low: ^3, high: 2}}}\nsteps: [dock]\n", "not below"),
        (HEAD + "blocks:\n  a: [{repeat: b}]\n  b: [{repeat: ^a}]\nsteps: a\n", "a -> b -> a"),
        (HEAD + "blocks:\n  a: [{branch: {when: leak, then: ^a}}]\nsteps: a\n", "a -> a"),
        (HEAD + "routes:\n  r: [{route: s}]\n  s: [{route: ^r}]\nsteps: [{goto: {route: r}}]\n", "r -> s -> r"),
        (HEAD + "blocks: {check: [dock]}\nsteps: ^chek\n", "'check'"),
        (HEAD + "steps: ^&a [dock]\n", "anchor &a"),
        (HEAD + "steps: ^*a\n", "alias *a"),
        (HEAD + "steps: ^!!python/object:os.system [dock]\n", "tag"),
        (HEAD + "steps: [dock]\n^---\nx: 1\n", "second document"),
        (HEAD + "? ^[1, 2]\n: 3\n", "must be a word"),
        (HEAD + "steps: [dock\n^", "no YAML"),
        (HEAD + "steps: " + "[" * 23 + "^" + "[" * 40 + "]" * 63, "deep"),
        (HEAD + "steps:\n" + "  - goto: P-1\n" * 2000 + "  - ^goto: P-1\n" + "  - goto: P-1\n" * 7999, "10000 steps"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(marked, part):
    before, _, after = marked.partition("^")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    with pytest.raises(BadMission) as caught:
        parse(before + after, "m.yaml")
    places = [(p.mark.line, p.mark.column) for p in caught.value.problems if part in p.message]
    assert (line, column) in places, str(caught.value)
    assert f"m.yaml:{line}:{column}: " in str(caught.value)


def test_all_problems_are_named_at_once_in_the_order_of_the_file():
    with pytest.raises(BadMission) as caught:
        parse(HEAD + "steps:\n  - gotoo: a\n  - wait: -1\n  - photo: {point: b, retries: x}\n")
    assert [p.mark.line for p in caught.value.problems] == [4, 5, 6]


def test_a_file_that_is_too_large_or_missing_or_no_text_is_refused(tmp_path, monkeypatch):
    with pytest.raises(BadMission, match="larger"):
        parse("# " + "x" * source.MOST_BYTES)
    monkeypatch.setattr(source, "MOST_NODES", 500)
    with pytest.raises(BadMission, match="more than 500 values"):
        parse(HEAD + "steps: [" + "[]," * 500 + "]")
    with pytest.raises(BadInput, match="rudel mission list"):
        load(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadMission, match="UTF-8"):
        load(tmp_path / "bytes.yaml")
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path)


WORDS = (
    "steps", "goto", "name", "rudel_mission", "repeat", "times", "wait", "branch", "when", "&a", "*a", "!t", "1", "-1",
    *":{}[]'\",|>#?%",
)  # fmt: skip
BITS = st.lists(st.sampled_from([*WORDS, " ", "\n", "- ", "\t", ": "]), max_size=40).map("".join)


@given(st.text(max_size=120) | BITS, st.sampled_from(["", HEAD]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_mission_or_is_refused_with_a_place(text, head):
    found = refused(head + text)
    assert all(p.mark.line >= 1 and p.mark.column >= 1 and p.message for p in found)


def refused(text):
    """The problems of a text; none when it is a mission."""
    try:
        parse(text)
    except BadMission as bad:
        return bad.problems or pytest.fail("refused without a problem")
    return ()


def test_yaml_1_2_decides_what_is_a_number():
    found = source.parse("[010, no, on, 1e3, .5, '7', null, true, 1_000, 0x10]", "x")
    assert isinstance(found, source.Items)
    values = [item.value for item in found.items if isinstance(item, source.Scalar)]
    assert values == [10, "no", "on", 1000.0, 0.5, "7", None, True, "1_000", "0x10"]


@pytest.mark.parametrize("name", sorted(units.UNITS))
def test_units_convert_there_and_back(name):
    for other in units.of(units.UNITS[name].measures):
        assert units.convert(units.convert(3.7, name, other), other, name) == pytest.approx(3.7, rel=1e-12)
    assert units.quantity(f"2.5 {name}", name) == pytest.approx(2.5)


def test_units_agree_with_what_is_known():
    assert units.convert(212, "degF", "degC") == pytest.approx(100)
    assert units.convert(0, "degC", "K") == pytest.approx(273.15)
    assert units.convert(1, "bar", "psi") == pytest.approx(14.5037738)
    assert units.quantity("2 min", "s") == 120
    assert units.quantity("36km/h", "m/s") == pytest.approx(10)


def test_the_schema_is_json_and_names_every_kind_of_step_and_every_reference():
    schema = json_schema()
    text = json.dumps(schema)
    for kind in steplist.names():
        assert f"step_{kind}" in schema["$defs"]
        properties = json.dumps(schema["$defs"][f"step_{kind}"])
        assert all(f'"{key}"' in properties for key in steplist.record(kind).fields)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}:
        at = schema
        for key in reference.split("/"):
            at = at[key]


def test_errors_are_the_projects_own():
    assert issubclass(BadMission, BadInput)
    assert issubclass(BadInput, RudelError)


def test_the_example_of_the_docs_is_a_mission():
    page = Path(__file__).parents[2] / "docs" / "missions.md"
    made = parse(page.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0])
    assert {step.kind for step in made.steps} >= {"inspect", "branch", "repeat", "dock"}  # pyright: ignore[reportAttributeAccessIssue]  # steps, no block
    assert all(f"`{kind}`" in page.read_text(encoding="utf-8") for kind in steplist.names())
