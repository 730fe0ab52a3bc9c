"""Small valid files of every format, written by hand: what the readers are tried on and what fuzzing damages."""

from __future__ import annotations

import bz2
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tests.worlds.imports import scenes

POINTS = np.round(np.random.default_rng(11).uniform(-5, 5, (60, 3)), 3)
HEIGHTS = np.round(np.random.default_rng(12).uniform(0, 3, (6, 9)), 2).astype(np.float32)
CORNERS = np.array([[0, 0, 0], [4, 0, 0], [4, 3, 0], [0, 3, 0]], float)
QUAD = [[0, 1, 2], [0, 2, 3]]


def ply_text(path: Path) -> None:
    head = f"ply\nformat ascii 1.0\nelement vertex {len(POINTS)}\n"
    head += "".join(f"property double {a}\n" for a in "xyz") + "end_header\n"
    path.write_text(head + "\n".join(" ".join(map(repr, row)) for row in POINTS.tolist()) + "\n")


def ply_big(path: Path) -> None:
    head = f"ply\nformat binary_big_endian 1.0\nelement vertex {len(POINTS)}\nproperty uchar red\n"
    head += "".join(f"property float {a}\n" for a in "xyz") + "end_header\n"
    rows = np.zeros(len(POINTS), [("red", "u1"), ("xyz", ">f4", 3)])
    rows["xyz"] = POINTS
    path.write_bytes(head.encode() + rows.tobytes())


def ply_mesh(path: Path) -> None:
    head = "ply\nformat binary_little_endian 1.0\nelement vertex 4\n" + "".join(f"property float {a}\n" for a in "xyz")
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    path.write_bytes(head.encode() + CORNERS.astype("<f4").tobytes() + struct.pack("<B4i", 4, 0, 1, 2, 3))


def _pcd(data: str) -> str:
    return (
        "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z intensity\nSIZE 8 8 8 1\nTYPE F F F U\nCOUNT 1 1 1 1\n"
        f"WIDTH {len(POINTS)}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {len(POINTS)}\nDATA {data}\n"
    )


def pcd_text(path: Path) -> None:
    path.write_text(_pcd("ascii") + "\n".join(" ".join(map(repr, row)) + " 7" for row in POINTS.tolist()) + "\n")


def pcd_binary(path: Path) -> None:
    rows = np.zeros(len(POINTS), [("xyz", "<f8", 3), ("intensity", "u1")])
    rows["xyz"] = POINTS
    path.write_bytes(_pcd("binary").encode() + rows.tobytes())


def pcd_packed(path: Path) -> None:
    plain = np.ascontiguousarray(POINTS.T).astype("<f8").tobytes() + bytes(len(POINTS))
    packed = bytearray()
    body = plain[: -len(POINTS)]
    for at in range(0, len(body), 32):
        piece = body[at : at + 32]
        packed += bytes([len(piece) - 1]) + piece
    packed += bytes([0, 0])  # one literal zero, then copies of it: 3 to 8 bytes each
    left = len(POINTS) - 1
    while left:
        run = min(8, left) if left not in (9, 10) else left - 4
        packed += bytes([(run - 2) << 5, 0])
        left -= run
    path.write_bytes(_pcd("binary_compressed").encode() + struct.pack("<II", len(packed), len(plain)) + bytes(packed))


def las(path: Path) -> None:
    scenes.write_las(path, POINTS)


def laz(path: Path) -> None:
    import lazrs

    plain = path.with_suffix(".tmp")
    scenes.write_las(plain, POINTS)
    data = bytearray(plain.read_bytes())
    plain.unlink()
    vlr = lazrs.LazVlr.new_for_compression(0, 0)
    record = vlr.record_data()
    head = struct.pack("<H16sHH32s", 0, b"laszip encoded", 22204, len(record), b"") + record
    packed = io.BytesIO()
    packed.write(bytes(227 + len(head)))
    compressor = lazrs.LasZipCompressor(packed, vlr)
    compressor.compress_many(np.frombuffer(data[227:], np.uint8))
    compressor.done()
    out = bytearray(packed.getvalue())
    out[:227] = data[:227]
    struct.pack_into("<II", out, 96, 227 + len(head), 1)
    out[104] |= 0x80
    out[227 : 227 + len(head)] = head
    path.write_bytes(bytes(out))


def e57(path: Path) -> None:
    raw = np.rint((POINTS + 8) * 1000).astype(np.int64)  # 14 bits each
    streams = []
    for k in range(3):
        value = sum(int(v) << (14 * n) for n, v in enumerate(raw[:, k]))
        streams.append(value.to_bytes(-(-14 * len(raw) // 8), "little"))
    body = b"".join(streams)
    length = 4 + 2 + 6 + len(body)
    length += -length % 4
    packet = struct.pack("<BBHH3H", 1, 0, length - 1, 3, *map(len, streams)) + body
    packet += bytes(length - len(packet))
    section = struct.pack("<B7xQQQ", 1, 32 + length, 48 + 32, 0)
    fields = "".join(
        f'<cartesian{a} type="ScaledInteger" minimum="0" maximum="16383" scale="0.001" offset="-8"/>' for a in "XYZ"
    )
    xml = (
        '<?xml version="1.0"?><e57Root type="Structure" xmlns="http://www.astm.org/COMMIT/E57/2010-e57-v1.0">'
        '<data3D type="Vector"><vectorChild type="Structure"><pose type="Structure"><translation type="Structure">'
        '<z type="Float">100</z></translation></pose>'
        f'<points type="CompressedVector" fileOffset="48" recordCount="{len(raw)}">'
        f'<prototype type="Structure">{fields}</prototype></points></vectorChild></data3D></e57Root>'
    ).encode()
    logical = bytes(48) + section + packet
    start = len(logical) // 1020 * 1024 + len(logical) % 1020
    logical += xml + bytes(-(len(logical) + len(xml)) % 1020)
    pages = len(logical) // 1020
    logical = struct.pack("<8sIIQQQQ", b"ASTM-E57", 1, 0, pages * 1024, start, len(xml), 1024) + logical[48:]
    path.write_bytes(b"".join(logical[k * 1020 : k * 1020 + 1020] + bytes(4) for k in range(pages)))


def octomap(path: Path) -> None:
    inner = bytes([3, 0]) * 15  # down the first child, to the last level
    path.write_bytes(
        b"# Octomap OcTree binary file\nid OcTree\nsize 17\nres 0.1\ndata\n" + inner + bytes([0b10000010, 0])
    )


def obj(path: Path) -> None:
    lines = [f"v {x} {y} {z}" for x, y, z in CORNERS.tolist()] + ["vn 0 0 1", "f 1//1 2//1 3//1 -1//1"]
    path.write_text("\n".join(lines) + "\n")


def stl(path: Path) -> None:
    rows = np.zeros(2, [("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])
    rows["c"] = CORNERS[QUAD]
    path.write_bytes(bytes(80) + struct.pack("<I", 2) + rows.tobytes())


def stl_text(path: Path) -> None:
    faces = "".join(
        "facet normal 0 0 1\nouter loop\n"
        + "".join(f"vertex {x} {y} {z}\n" for x, y, z in CORNERS[face].tolist())
        + "endloop\nendfacet\n"
        for face in QUAD
    )
    path.write_text(f"solid a\n{faces}endsolid a\n")


def glb(path: Path) -> None:
    binary = CORNERS.astype("<f4").tobytes() + np.array(QUAD, "<u2").tobytes()
    binary += bytes(-len(binary) % 4)
    text = json.dumps(
        {
            "asset": {"version": "2.0"},
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "translation": [0, 0, 2]}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
            "buffers": [{"byteLength": len(binary)}],
            "bufferViews": [{"buffer": 0, "byteLength": 48}, {"buffer": 0, "byteOffset": 48, "byteLength": 12}],
            "accessors": [
                {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
                {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
            ],
        }
    ).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)


def pgm(path: Path) -> None:
    picture = np.full((20, 30), 205, np.uint8)
    picture[2:18, 2:28] = 254
    picture[2, 2:28] = 0
    path.write_bytes(b"P5\n# a map\n30 20\n255\n" + picture.tobytes())
    text = f"image: {path.name}\nresolution: 0.1\norigin: [-1.0, 2.0, 0.0]\nnegate: 0\n"
    path.with_suffix(".yaml").write_text(text + "occupied_thresh: 0.65\nfree_thresh: 0.196\n")


def png(path: Path) -> None:
    picture = np.full((20, 30), 254, np.uint8)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    path.with_suffix(".yaml").write_text(f"image: {path.name}\nresolution: 0.1\norigin: [0, 0, 0]\n")


def asc(path: Path) -> None:
    rows = "\n".join(" ".join(f"{v:.2f}" for v in row) for row in HEIGHTS[::-1])
    head = "ncols 9\nnrows 6\nxllcorner 100\nyllcorner 200\ncellsize 2\nNODATA_value -9999\n"
    path.write_text(f"{head}{rows}\n")


def tiff(path: Path, packed: bool = True) -> None:
    picture = HEIGHTS[::-1].astype("<f4")
    data = zlib.compress(picture.tobytes()) if packed else picture.tobytes()
    doubles = struct.pack("<3d", 2, 2, 0) + struct.pack("<6d", 0, 0, 0, 100, 212, 0)
    tags = [(256, 3, 1, 9), (257, 3, 1, 6), (258, 3, 1, 32), (259, 3, 1, 8 if packed else 1), (273, 4, 1, 0)]
    tags += [
        (277, 3, 1, 1),
        (278, 3, 1, 6),
        (279, 4, 1, len(data)),
        (339, 3, 1, 3),
        (33550, 12, 3, 1),
        (33922, 12, 6, 2),
    ]
    start = 8 + 2 + 12 * len(tags) + 4
    where = {273: start + len(doubles), 33550: start, 33922: start + 24}
    out = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    for tag, kind, count, value in tags:
        out += struct.pack("<HHII", tag, kind, count, where.get(tag, value))
    path.write_bytes(out + bytes(4) + doubles + data)


def npz(path: Path) -> None:
    np.savez_compressed(path, points_2mm=np.rint(POINTS * 500).astype(np.int16))


def npz_heights(path: Path) -> None:
    np.savez(path, heights=HEIGHTS, resolution_m=2.0, origin=np.array([101.0, 201.0]))


def csv(path: Path) -> None:
    path.write_text("x_m;y_m;z_m;id\n" + "\n".join(";".join(map(repr, row)) + ";1" for row in POINTS.tolist()) + "\n")


def clf(path: Path) -> None:
    ranges = np.full(180, 3.0)
    line = "FLASER 180 " + " ".join(f"{r:.2f}" for r in ranges)
    text = "".join(f"{line} {0.01 * k:.2f} 0 0 {0.01 * k:.2f} 0 0 {k} host {k}\n" for k in range(30))
    path.write_bytes(bz2.compress(text.encode()))


WRITERS: dict[str, Callable[[Path], None]] = {
    "text.ply": ply_text,
    "big.ply": ply_big,
    "mesh.ply": ply_mesh,
    "text.pcd": pcd_text,
    "binary.pcd": pcd_binary,
    "packed.pcd": pcd_packed,
    "a.las": las,
    "a.laz": laz,
    "a.e57": e57,
    "a.bt": octomap,
    "a.obj": obj,
    "a.stl": stl,
    "text.stl": stl_text,
    "a.glb": glb,
    "a.pgm": pgm,
    "a.png": png,
    "a.asc": asc,
    "a.tif": tiff,
    "a.npz": npz,
    "heights.npz": npz_heights,
    "a.csv": csv,
    "a.clf.bz2": clf,
}
