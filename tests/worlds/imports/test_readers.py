"""Every reader: what it reads is what was written, and whatever it is given it answers with that or with BadInput."""

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rudel.core.errors import BadInput
from rudel.worlds.imports import _open, formats, import_place
from rudel.worlds.imports._source import FREE, OCCUPIED, UNKNOWN, Cloud, Elevation, FloorPlan, Mesh
from rudel.worlds.place import RobotSize
from tests.worlds.imports import files, scenes

ROBOT = RobotSize("test", 0.6, 0.37, 0.45, 0.15, 0.5)
CLOUDS = ("text.ply", "big.ply", "text.pcd", "binary.pcd", "packed.pcd", "a.las", "a.laz", "a.npz", "a.csv")


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    found = {}
    for name, write in files.WRITERS.items():
        path = tmp_path_factory.mktemp("valid") / name
        write(path)
        found[name] = path.read_bytes()
    return found


def consume(path: Path) -> object:
    """Read the file to its end."""
    source, _ = _open.read(path)
    if isinstance(source, Cloud):
        return np.concatenate([np.zeros((0, 3)), *source.chunks()])
    return source


@pytest.mark.parametrize("name", CLOUDS)
def test_points_come_back(tmp_path: Path, name: str):
    path = tmp_path / name
    files.WRITERS[name](path)
    np.testing.assert_allclose(consume(path), files.POINTS, atol=1.1e-3 if name == "a.npz" else 1e-6)


def test_intensities_come_with_their_points(tmp_path: Path):
    shade = np.arange(len(files.POINTS)) / 7.0
    scenes.write_ply(tmp_path / "a.ply", files.POINTS, shade)
    files.pcd_binary(tmp_path / "a.pcd")
    for name, wanted in (("a.ply", shade), ("a.pcd", np.zeros(len(files.POINTS)))):
        source, _ = _open.read(tmp_path / name)
        assert isinstance(source, Cloud)
        assert source.shades is not None
        np.testing.assert_allclose(np.concatenate(list(source.shades())), wanted, rtol=1e-6)
        assert [len(s) for s in source.shades()] == [len(p) for p in source.chunks()]
    files.ply_big(tmp_path / "b.ply")
    source, _ = _open.read(tmp_path / "b.ply")
    assert isinstance(source, Cloud)
    assert source.shades is None


def test_e57_is_moved_by_its_pose(tmp_path: Path):
    files.e57(tmp_path / "a.e57")
    np.testing.assert_allclose(consume(tmp_path / "a.e57"), files.POINTS + np.array([0, 0, 100]), atol=1e-9)


def test_octomap_has_the_cells_that_are_occupied(tmp_path: Path):
    files.octomap(tmp_path / "a.bt")
    low = -(1 << 15) * 0.1
    expected = np.array([[0.05, 0.05, 0.05], [0.15, 0.15, 0.05]]) + low
    np.testing.assert_allclose(consume(tmp_path / "a.bt"), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "height"), [("mesh.ply", 0), ("a.obj", 0), ("a.stl", 0), ("text.stl", 0), ("a.glb", 2)]
)
def test_meshes_keep_their_area(tmp_path: Path, name: str, height: float):
    from rudel.worlds.imports import _triangles

    files.WRITERS[name](tmp_path / name)
    mesh = consume(tmp_path / name)
    assert isinstance(mesh, Mesh)
    assert _triangles.area(mesh) == pytest.approx(12.0)
    cloud = np.concatenate(list(_triangles.points(mesh, 0.1).chunks()))
    assert cloud.min(axis=0) == pytest.approx((0, 0, height))
    assert cloud.max(axis=0) == pytest.approx((4, 3, height))


@pytest.mark.parametrize(
    ("name", "corner"), [("a.asc", (101, 201)), ("a.tif", (101, 201)), ("heights.npz", (101, 201))]
)
def test_heights_come_back_south_first(tmp_path: Path, name: str, corner: tuple[float, float]):
    files.WRITERS[name](tmp_path / name)
    found = consume(tmp_path / name)
    assert isinstance(found, Elevation)
    np.testing.assert_allclose(found.heights, files.HEIGHTS, atol=1e-6)
    assert (found.cell, found.corner) == (2.0, corner)


def test_maps_keep_free_occupied_and_unknown(tmp_path: Path):
    files.pgm(tmp_path / "a.pgm")
    for name in ("a.pgm", "a.yaml"):
        plan = consume(tmp_path / name)
        assert isinstance(plan, FloorPlan)
        assert plan.corner == (-1.0, 2.0)
        assert plan.cells[17, 5] == OCCUPIED  # the third row from the top
        assert (plan.cells[3:17, 3:27] == FREE).all()
        assert (plan.cells[:, 0] == UNKNOWN).all()


@pytest.mark.parametrize("name", sorted(files.WRITERS))
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_noticed_or_harmless(tmp_path: Path, valid: dict[str, bytes], name: str, data: st.DataObject):
    """Truncated and flipped bytes: points (maybe odd ones), or BadInput, and nothing else."""
    files.WRITERS[name](tmp_path / name)  # with what belongs beside it
    body = bytearray(valid[name])
    if data.draw(st.booleans()):
        del body[data.draw(st.integers(0, len(body) - 1)) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if body:
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(body))
    try:
        consume(tmp_path / name)
    except BadInput as error:
        assert len(str(error)) > 20  # noqa: PT017  # points are fine as well


@pytest.mark.parametrize("suffix", sorted(formats()))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, suffix: str, body: bytes):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(body)
    with contextlib.suppress(BadInput):
        consume(path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("text.ply", b"vertex 60", b"vertex 900000000000"),
        ("big.ply", b"vertex 60", b"vertex 900000000000"),
        ("binary.pcd", b"POINTS 60", b"POINTS 900000000000"),
        ("a.asc", b"ncols 9", b"ncols 7900"),
        ("a.pgm", b"30 20", b"30000 20000"),
        ("a.e57", b'recordCount="60"', b'recordCount="99999999999"'),
    ],
)
def test_counts_larger_than_the_file_are_refused(tmp_path: Path, name: str, old: bytes, new: bytes):
    files.WRITERS[name](tmp_path / name)
    body = (tmp_path / name).read_bytes()
    assert old in body
    (tmp_path / name).write_bytes(body.replace(old, new))
    with pytest.raises(BadInput):
        consume(tmp_path / name)


def test_a_table_of_chunks_that_is_too_large_is_refused_before_memory_is_taken(tmp_path: Path):
    files.laz(tmp_path / "a.laz")
    body = bytearray((tmp_path / "a.laz").read_bytes())
    (points,) = struct.unpack_from("<I", body, 96)
    (table,) = struct.unpack_from("<q", body, points)
    struct.pack_into("<I", body, table + 4, 0xFFFFFFF0)
    (tmp_path / "a.laz").write_bytes(bytes(body))
    with pytest.raises(BadInput, match="chunks"):
        consume(tmp_path / "a.laz")


def test_a_png_that_promises_more_than_it_can_hold_is_refused_before_it_is_unpacked(tmp_path: Path):
    files.png(tmp_path / "a.png")
    body = bytearray((tmp_path / "a.png").read_bytes())
    body[16:24] = struct.pack(">II", 8000, 8000)
    body[29:33] = struct.pack(">I", zlib.crc32(bytes(body[12:29])))
    (tmp_path / "a.png").write_bytes(bytes(body))
    with pytest.raises(BadInput, match="cannot hold"):
        consume(tmp_path / "a.png")


@pytest.mark.parametrize("inside", ["../out.ply", "/tmp/out.ply", "a/../../out.ply", "c:\\out.ply"])
def test_archives_that_leave_the_folder_are_refused(tmp_path: Path, inside: str):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(inside, "ply")
    with pytest.raises(BadInput, match="leaves the folder"), _open.file_of(tmp_path / "a.zip"):
        pass


def test_the_only_survey_in_a_folder_or_archive_is_taken(tmp_path: Path):
    files.pgm(tmp_path / "map.pgm")
    (tmp_path / "README.txt").write_text("1 2 3")
    with _open.file_of(tmp_path) as file:
        assert file.name == "map.yaml"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("map.pgm", "map.yaml"):
            archive.write(tmp_path / name, f"deep/{name}")
    with _open.file_of(tmp_path / "a.zip") as file:
        assert isinstance(consume(file), FloorPlan)
    files.asc(tmp_path / "b.asc")
    with pytest.raises(BadInput, match=r"b\.asc, map\.yaml"), _open.file_of(tmp_path):
        pass


def refused() -> Iterator[tuple[str, bytes, str]]:
    yield "a.csv", b"", "empty"
    yield "a.csv", b"state,jpos0,jpos1\n1,2,3\n", "no place"
    yield "a.ply", b"ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nend_header\n", "in place of x, y and z"
    yield "a.csv", b"nan nan nan\n" * 400, "none of the 400 points is finite"
    yield "a.doc", b"x", "no known format"
    yield "a.asc", b"ncols 2\nnrows 2\ncellsize 1\n-9999 -9999 -9999 -9999\n", "no known heights"


@pytest.mark.parametrize(("name", "body", "said"), list(refused()))
def test_what_is_no_place_is_refused_with_a_reason(tmp_path: Path, name: str, body: bytes, said: str):
    (tmp_path / name).write_bytes(body)
    with pytest.raises(BadInput, match=said):
        import_place(tmp_path / name, ROBOT)


def test_a_map_without_a_free_cell_is_refused(tmp_path: Path):
    files.pgm(tmp_path / "a.pgm")
    body = (tmp_path / "a.pgm").read_bytes().replace(b"\xfe", b"\xcd")
    (tmp_path / "a.pgm").write_bytes(body)
    with pytest.raises(BadInput, match="no free cell"):
        import_place(tmp_path / "a.pgm", ROBOT)


def test_nodata_in_disguise_is_unknown_and_said(tmp_path: Path):
    heights = 40.0 + np.add.outer(np.arange(30) * 0.1, np.arange(40) * 0.05)
    heights[:8, :9] = 0.0
    np.savez(tmp_path / "a.npz", heights=heights, resolution_m=1.0)
    imported = import_place(tmp_path / "a.npz", ROBOT)
    assert any("exactly 0" in text for text in imported.report.repairs)
    assert imported.report.known_m2 == pytest.approx(30 * 40 - 72, abs=4)  # its inner corner is rounded
    assert imported.report.height_range_m[0] > -10


def laser_log(path: Path, turn_error: float) -> None:
    """A robot that goes round a room of 8 x 6 m; ``turn_error``: how far [rad] its heading has drifted at the end."""
    rng = np.random.default_rng(8)
    lines = []
    for k in range(240):
        a = 2 * np.pi * k / 120
        x, y, heading = 4 + 2.5 * np.cos(a), 3 + 1.5 * np.sin(a), a + np.pi / 2
        beams = heading - np.pi / 2 + np.arange(180) * np.pi / 180
        with np.errstate(divide="ignore"):
            along_x = np.where(np.cos(beams) > 0, 8 - x, -x) / np.cos(beams)
            along_y = np.where(np.sin(beams) > 0, 6 - y, -y) / np.sin(beams)
        ranges = np.minimum(along_x, along_y) + rng.normal(scale=0.01, size=180)
        pose = f"{x:.4f} {y:.4f} {heading + turn_error * k / 240:.5f}"
        lines.append("FLASER 180 " + " ".join(f"{r:.2f}" for r in ranges) + f" {pose} {pose} {k} host {k}")
    path.write_text("\n".join(lines) + "\n")


def test_a_laser_log_with_good_poses_is_a_map(tmp_path: Path):
    laser_log(tmp_path / "a.clf", 0.0)
    imported = import_place(tmp_path / "a.clf", ROBOT)
    assert imported.report.size_m == pytest.approx((8.0, 6.0), abs=0.3)
    assert imported.report.parts_m2[0] > 0.75 * 48


def test_a_laser_log_with_plain_odometry_is_refused(tmp_path: Path):
    laser_log(tmp_path / "a.clf", 0.5)
    with pytest.raises(BadInput, match="odometry"):
        import_place(tmp_path / "a.clf", ROBOT)
