"""Checkpoints: one file, written whole or not at all, refused when it belongs to something else."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rudel.core.errors import BadInput

VERSION = 4
DIGEST_BYTES = hashlib.sha256().digest_size


def save(path: Path, state: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Write ``state`` (arrays and random-generator dictionaries) with what it belongs to.

    The old file stays until the new one is complete, also when the disk runs full (OSError).
    """
    arrays = {k: v for k, v in state.items() if not isinstance(v, dict)}
    words = {k: v for k, v in state.items() if isinstance(v, dict)}
    header = json.dumps({"version": VERSION, "identity": dict(identity), "words": words}, sort_keys=True)
    part = path.with_suffix(".part")
    try:
        whole = io.BytesIO()
        np.savez(whole, header=np.array(header), **arrays)  # pyright: ignore[reportArgumentType]  # arrays by name
        with part.open("wb") as file:
            file.write(whole.getbuffer())
            file.write(hashlib.sha256(whole.getbuffer()).digest())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, identity: Mapping[str, Any]) -> dict[str, Any]:
    """The state in ``path``; raises BadInput when it is damaged, of another version or of another training."""
    try:
        whole = path.read_bytes()
        archive, digest = whole[:-DIGEST_BYTES], whole[-DIGEST_BYTES:]
        if hashlib.sha256(archive).digest() != digest:  # an archive's own sums leave out its list of members
            raise ValueError("it is damaged, incomplete, or of another rudel: its checksum is another")
        with np.load(io.BytesIO(archive), allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            state: dict[str, Any] = {k: file[k] for k in file.files if k != "header"}
    except FileNotFoundError as error:
        raise BadInput(f"no checkpoint {path}: nothing to resume there, train without --resume") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"checkpoint {path} cannot be read ({error}): train without --resume") from error
    if header.get("version") != VERSION:
        raise BadInput(
            f"checkpoint {path} has version {header.get('version')}, this rudel reads {VERSION}: "
            "begin a new run; it may go on from the policy beside this one (--start-from FILE.onnx)"
        )
    differing = [k for k in identity if header["identity"].get(k) != json.loads(json.dumps(identity[k]))]
    if differing:
        what = "; ".join(f"{k}: {header['identity'].get(k)!r} there, {identity[k]!r} asked for" for k in differing)
        raise BadInput(f"checkpoint {path} belongs to another training ({what})")
    return state | header["words"]
