"""Laws of the things to inspect: seeded, truthful, closed where they should be, readable."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rudel.core.errors import UnknownName
from rudel.worlds import things
from rudel.worlds.things import _canvas, _mesh, display, gauge, marker
from rudel.worlds.things._body import Body

NAMES = things.names()


def made(name: str, seed: int, faulty: bool) -> Body:
    return things.make(name, np.random.default_rng(seed), faulty, f"{things.site(name).prefix}-123")


def content(body: Body) -> tuple[object, ...]:
    meshes = [(p.mesh.vertices.tobytes(), p.mesh.faces.tobytes(), p.mesh.uv.tobytes()) for p in body.pieces]
    images = [b"" if p.skin.image is None else p.skin.image.tobytes() for p in body.pieces]
    return body.kind, body.fault, tuple(body.truth.items()), body.hot, body.gas, tuple(meshes), tuple(images)


def test_the_promised_kinds_exist():
    assert set(NAMES) >= {"gauge", "display", "valve", "nameplate", "marker", "cable_joint", "leak", "cover", "crate"}


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes_and_another_seed_other_ones(name: str):
    assert content(made(name, 5, True)) == content(made(name, 5, True))
    if name != "cover":  # all gratings are alike
        assert len({content(made(name, seed, True)) for seed in range(6)}) > 1


@pytest.mark.parametrize("faulty", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_truth_is_plain_and_says_whether_there_is_a_fault(name: str, faulty: bool):
    for seed in range(12):
        body = made(name, seed, faulty)
        assert all(isinstance(v, str | int | float | bool) for v in body.truth.values())
        assert (body.fault is not None) == (faulty and things.site(name).can_fail)
        assert wrong(body) == (body.fault is not None)


def wrong(body: Body) -> bool:
    """Whether the truth alone gives a fault away."""
    t = body.truth
    if "value" in t:
        return not float(t["low"]) <= float(t["value"]) <= float(t["high"])
    by_kind = {
        "valve": lambda: t["state"] != t["expected"],
        "nameplate": lambda: t["text"] != t["expected"],
        "cable_joint": lambda: float(t["temperature_c"]) > float(t["limit_c"]),
        "leak": lambda: bool(t["present"]),
        "cover": lambda: not t["present"],
        "obstacle": lambda: bool(t["blocking"]),
        "gas_bottle": lambda: bool(t["leaking"]),
    }
    return by_kind.get(body.kind, lambda: False)()


@pytest.mark.parametrize("name", NAMES)
def test_meshes_are_sound(name: str):
    for seed in range(4):
        for piece in made(name, seed, bool(seed % 2)).pieces:
            mesh = piece.mesh
            assert np.isfinite(mesh.vertices).all()
            assert np.isfinite(mesh.uv).all()
            assert mesh.faces.min() >= 0
            assert mesh.faces.max() < len(mesh.vertices)
            assert np.abs(mesh.vertices).max() < 2.5, "a thing keeps near its origin"


def test_sources_follow_the_fault():
    for seed in range(6):
        hot, cold = made("cable_joint", seed, True), made("cable_joint", seed, False)
        assert max(h.temperature_c for h in hot.hot) == hot.truth["temperature_c"]
        assert max(h.temperature_c for h in hot.hot) > 70
        assert max(h.temperature_c for h in cold.hot) < 70
        assert max(p.temperature_c for p in hot.pieces if p.temperature_c is not None) == hot.truth["temperature_c"]
        leaking, tight = made("gas_bottle", seed, True), made("gas_bottle", seed, False)
        assert leaking.gas is not None
        assert leaking.gas.rate_gps == leaking.truth["rate_gps"]
        assert leaking.gas.rate_gps > 0
        assert tight.gas is None


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownName, match="gauge"):
        things.make("gaige", np.random.default_rng(0), False, "G-1")


@settings(max_examples=40)
@given(share=st.floats(0, 1), k=st.integers(0, len(gauge.SCALES) - 1))
def test_the_needle_points_at_the_value(share: float, k: int):
    """Where the face with a needle differs from the one with another needle lies the angle that the scale gives."""
    scale = gauge.SCALES[k]
    value = scale.low + share * (scale.high - scale.low)
    other = scale.low + ((share + 0.5) % 1.0) * (scale.high - scale.low)
    a, b = (gauge.dial(scale, v, "").astype(int).sum(axis=2) for v in (value, other))
    y, x = np.nonzero(a < b - 150)  # dark in the first face only: its needle
    centre = (gauge.DIAL_PX - 1) / 2
    out = np.hypot(x - centre, y - centre)
    tip = out > 0.6 * centre
    angle = np.arctan2(-(y[tip] - centre).mean(), (x[tip] - centre).mean())
    expected = np.deg2rad(225 - 270 * share)
    assert abs((angle - expected + np.pi) % (2 * np.pi) - np.pi) < np.deg2rad(1.0)


def test_seven_segment_digits_all_differ():
    cells = []
    for digit in "0123456789-":
        image = _canvas.blank(60, 110, _canvas.BLACK)
        display._digit(image, digit, (12.0, 10.0), (36.0, 42.0))
        cells.append(image.astype(int))
    for i, a in enumerate(cells):
        assert all(np.abs(a - b).max() > 100 for b in cells[:i])


@pytest.mark.parametrize("tag_id", [0, 17, 586])
def test_tags_decode(tag_id: int):
    image = marker._plate(*marker.tag(tag_id))
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11))
    _, ids, _ = detector.detectMarkers(image)
    assert ids is not None
    assert ids.ravel().tolist() == [tag_id]


@pytest.mark.parametrize("words", ["RUDEL/M-101", "RUDEL/M-499"])
def test_codes_decode(words: str):
    assert cv2.QRCodeDetector().detectAndDecode(marker._plate(*marker.qr(words)))[0] == words


SOLIDS = {
    "box": _mesh.box((0.1, 0.2, 0.3), (0.3, 0.2, 0.1)),
    "rod": _mesh.rod((0, 0, 0), (0.2, 0.3, 0.5), 0.1, 40),
    "upright rod": _mesh.rod((0, 0, 0), (0, 0, 0.6), 0.1, 40),
    "capsule": _mesh.capsule((0, 0, 0), (0.4, 0, 0.1), 0.1, 40),
    "ring": _mesh.ring((0, 0, 0), (0.3, 0.1, 1), 0.4, 0.1, 60, 40),
}
VOLUMES = {
    "box": 8 * 0.3 * 0.2 * 0.1,
    "rod": np.pi * 0.01 * np.hypot(np.hypot(0.2, 0.3), 0.5),
    "upright rod": np.pi * 0.01 * 0.6,
    "capsule": np.pi * 0.01 * np.hypot(0.4, 0.1) + 4 / 3 * np.pi * 0.001,
    "ring": 2 * np.pi**2 * 0.4 * 0.01,
}


@pytest.mark.parametrize("name", SOLIDS)
def test_solids_have_their_volume_and_face_outwards(name: str):
    """The divergence theorem: signed volume is positive only when the faces look outwards."""
    mesh = SOLIDS[name]
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume == pytest.approx(VOLUMES[name], rel=0.03)


@given(x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(-1, 1))
def test_facing_is_a_rotation_onto_the_normal(x: float, y: float, z: float):
    normal = np.array([x, y, z])
    if np.linalg.norm(normal) < 1e-3:
        return
    turn = _mesh.facing(normal)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    np.testing.assert_allclose(turn[:, 0], normal / np.linalg.norm(normal), atol=1e-12)


def test_a_bent_pipe_keeps_its_radius():
    mesh = _mesh.pipe([(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)], 0.05, 24)
    ends = mesh.vertices[np.abs(mesh.vertices[:, 2] - 1.0) < 1e-9]
    np.testing.assert_allclose(np.linalg.norm(ends - (1, 1, 1), axis=1), 0.05, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_what_one_sees_of_a_dummy_stops_a_foot(seed: int):
    body = made("dummy", seed, False)
    seen = np.concatenate([piece.mesh.vertices for piece in body.pieces])
    away = np.full(len(seen), np.inf)
    for centre, half in body.solids:
        away = np.minimum(away, np.linalg.norm(np.maximum(np.abs(seen - centre) - half, 0.0), axis=1))
    for start, end, radius in body.bars:
        along = np.subtract(end, start)
        t = np.clip((seen - start) @ along / (along @ along), 0.0, 1.0)
        away = np.minimum(away, np.linalg.norm(seen - start - t[:, None] * along, axis=1) - radius)
    assert away.max() < 0.05  # rounded limbs against bars, the hip against a box
