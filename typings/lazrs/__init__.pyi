"""What rudel uses of lazrs, which brings no types of its own."""

from typing import Any, BinaryIO

from numpy import uint8
from numpy.typing import NDArray

class LazrsError(Exception): ...

class LasZipDecompressor:
    def __init__(self, source: BinaryIO, record_data: bytes, selection: Any = None) -> None: ...
    def decompress_many(self, dest: NDArray[uint8]) -> None: ...
