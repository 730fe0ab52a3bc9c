"""Which reader takes a file; what to do with folders and archives."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import IO

from rudel.core import discovery
from rudel.core.errors import BadInput
from rudel.worlds.imports._source import Source

PACKAGE = "rudel.worlds.imports"
_MOST_BYTES, _MOST_FILES, _MOST_RATIO = 8 << 30, 10_000, 200
_LISTED = 12
_PACKED = (".zip",)
_PAPERS = ("readme", "source", "license", "licence", "copying", "notice", "changelog")


def formats() -> dict[str, ModuleType]:
    """Ending (with its dot, small letters) -> the module that reads it; every public module here is a format."""
    found: dict[str, ModuleType] = {}
    for name in discovery.names(PACKAGE):
        module = discovery.load(PACKAGE, name, kind="format")
        for suffix in module.SUFFIXES:
            found[suffix] = module
    return found


def read(path: Path) -> tuple[Source, str]:
    """What is in the file, and the kind of file it is. BadInput with what to do where that fails."""
    module = formats().get(_suffix(path))
    if module is None:
        known = ", ".join(sorted(formats()))
        raise BadInput(
            f"{path} ends in {path.suffix or 'nothing'!r}, which is no known format. Known endings: {known}, .zip"
        )
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty")
    return module.read(path), module.WHAT


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((end for end in sorted(formats(), key=len, reverse=True) if name.endswith(end)), "")


@contextmanager
def file_of(path: Path) -> Iterator[Path]:
    """The file to read: ``path`` itself, or the only one that can be imported in a folder or a .zip archive."""
    if not path.exists():
        raise BadInput(f"{path} does not exist")
    if path.is_dir():
        yield _only(path, [p for p in sorted(path.rglob("*")) if p.is_file()], path)
    elif path.suffix.lower() in _PACKED:
        with tempfile.TemporaryDirectory(prefix="rudel-import-") as folder:
            root = Path(folder)
            _unpack(path, root)
            yield _only(path, [p for p in sorted(root.rglob("*")) if p.is_file()], root)
    elif path.is_file():
        yield path
    else:
        raise BadInput(f"{path} is neither a file nor a folder")


def _only(path: Path, files: list[Path], root: Path) -> Path:
    """The one of ``files`` that is a place. A picture whose YAML is there too is not another one."""
    known = [file for file in files if _suffix(file) and not file.stem.lower().startswith(_PAPERS)]
    plans = {file.with_suffix("") for file in known if file.suffix.lower() in (".yaml", ".yml")}
    known = [f for f in known if not (f.suffix.lower() in (".pgm", ".png") and f.with_suffix("") in plans)]
    known = [f for f in known if f.suffix.lower() != ".png" or f.with_suffix(".yaml").is_file()]
    if len(known) > 1:  # descriptions and tables are often beside the survey that they belong to
        maps = [
            f
            for f in known
            if f.suffix.lower() not in (".txt", ".csv", ".yaml", ".yml") or f.with_suffix(".pgm").is_file()
        ]
        known = maps or known
    if len(known) == 1:
        return known[0]
    if not known:
        raise BadInput(f"nothing in {path} can be imported. Known endings: {', '.join(sorted(formats()))}")
    some = ", ".join(str(file.relative_to(root)) for file in known[:_LISTED]) + (
        ", ..." if len(known) > _LISTED else ""
    )
    raise BadInput(f"{path} has {len(known)} files that can be imported: name one of them ({some})")


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(info)
    except OSError as error:  # it seeks to where the archive says; errors of the disk below stay what they are
        raise BadInput(f"{path} is a damaged archive ({error})") from None


def _unpack(path: Path, root: Path) -> None:
    """Unpack an archive, once nothing in it would land outside of ``root`` and its size is fit."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            size = sum(info.file_size for info in infos)
            if len(infos) > _MOST_FILES or size > min(_MOST_BYTES, _MOST_RATIO * path.stat().st_size + (1 << 20)):
                raise BadInput(
                    f"{path} unpacks to {len(infos)} files of {size} bytes: that is too much. Unpack it yourself"
                )
            for info in infos:
                inside = PurePosixPath(info.filename.replace("\\", "/"))
                link = info.external_attr >> 28 == 0xA
                if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0] or link:
                    raise BadInput(
                        f"{path} has an entry {info.filename[:80]!r} that leaves the folder: it is not unpacked"
                    )
            for info in infos:
                target = root / PurePosixPath(info.filename.replace("\\", "/"))
                target.parent.mkdir(parents=True, exist_ok=True)
                with _member(path, archive, info) as source, target.open("wb") as out:
                    left = info.file_size
                    while data := source.read(min(1 << 20, left + 1)):
                        left -= len(data)
                        if left < 0:
                            raise BadInput(f"{path}: {info.filename[:80]!r} is larger than the archive says")
                        out.write(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadInput(f"{path} is a damaged archive or one with a password ({str(error)[:80]})") from None
