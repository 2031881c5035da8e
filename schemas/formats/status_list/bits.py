"""The list itself: a byte string of 1, 2, 4 or 8 bits an entry, lowest bits first, zlib around it (Token Status List 4)."""

from __future__ import annotations

import zlib
from typing import Final, Self

from schemas.errors import WarifuError

WIDTHS: Final = (1, 2, 4, 8)
MAX_DECODED_BYTES: Final = 256 * 1024
_CLAUSE: Final = "Token Status List 4.1"


class StatusBits:
    """Statuses of one list; looked up without unpacking.

    Attributes:
        width: bits an entry.
    """

    __slots__ = ("_data", "_low", "_mask", "_shift", "_size", "width")

    def __init__(self, data: bytes | bytearray, *, width: int = 1) -> None:
        """Wrap an uncompressed list; raises ``bad_status_list`` for a ``width`` other than 1, 2, 4 or 8."""
        check_width(width)
        self.width = width
        self._data = bytearray(data)
        self._low = 8 // width - 1  # entries a byte, less one
        self._shift = self._low.bit_length()
        self._mask = (1 << width) - 1
        self._size = len(self._data) << self._shift

    @classmethod
    def new(cls, size: int, *, width: int = 1) -> Self:
        """Return a list of ``size`` entries, all 0; the size is rounded up to whole bytes."""
        check_width(width)
        return cls(bytes(-(-size * width // 8)), width=width)

    def __len__(self) -> int:
        return self._size

    @property
    def data(self) -> bytes:
        """The uncompressed list."""
        return bytes(self._data)

    def __bytes__(self) -> bytes:
        return bytes(self._data)

    def get(self, index: int) -> int:
        """Return the status at ``index``.

        Raises:
            WarifuError: ``status_index_out_of_bounds`` (layer ``status``) outside the list, which is never "valid".
        """
        check_index_form(index)
        try:
            return self._data[index >> self._shift] >> (index & self._low) * self.width & self._mask
        except IndexError:
            raise _out_of_bounds() from None

    def set(self, index: int, status: int = 1) -> None:
        """Put ``status`` at ``index``; raises ``status_index_out_of_bounds`` or ``bad_status_list`` for a status too wide."""
        check_index_form(index)
        if index >= self._size:
            raise _out_of_bounds()
        if not 0 <= status <= self._mask:
            raise bad_list(f"a status does not fit into {self.width} bits")
        place, shift = index >> self._shift, (index & self._low) * self.width
        self._data[place] = self._data[place] & ~(self._mask << shift) & 0xFF | status << shift

    def compress(self, *, strategy: int = zlib.Z_RLE) -> bytes:
        """Return the list in zlib format.

        Run-length matching suits lists that are nearly all 0: 0.7 ms instead of 87 ms for 2²⁰ entries of which 1 % are
        set, at 6 % more bytes.  ``zlib.Z_DEFAULT_STRATEGY`` gives the bytes that the specification prints (level 9).
        """
        stream = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9 if strategy == zlib.Z_RLE else zlib.DEF_MEM_LEVEL, strategy)
        return stream.compress(self._data) + stream.flush()

    @classmethod
    def decompress(cls, compressed: bytes, *, width: int, max_decoded: int = MAX_DECODED_BYTES) -> Self:
        """Read a list from zlib format, never holding more than ``max_decoded`` bytes of it.

        Raises:
            WarifuError: layer ``status``: ``status_list_too_large`` above ``max_decoded``; ``bad_status_list`` for another
                format (gzip, raw), a broken checksum, a stream that ends early or bytes behind its end.
        """
        check_width(width)
        stream = zlib.decompressobj()
        try:
            data = stream.decompress(compressed, max_decoded + 1)
        except zlib.error as error:
            raise bad_list("the list is not in zlib format") from error
        check_decoded_size(len(data), max_decoded)
        check_stream_end(complete=stream.eof, behind=stream.unused_data)
        return cls(data, width=width)


def check_index_form(index: int) -> None:
    """Refuse a negative index, which Python would count from the end, a boolean and a float (``status_index_out_of_bounds``)."""
    if type(index) is not int or index < 0:
        raise _out_of_bounds()


def check_width(width: object) -> int:
    """Return the number of bits an entry, which is 1, 2, 4 or 8; raises ``bad_status_list`` for anything else."""
    if type(width) is not int or width not in WIDTHS:
        raise bad_list("a status has 1, 2, 4 or 8 bits")
    return width


def check_decoded_size(size: int, limit: int) -> None:
    """Refuse a list that unpacks to more than the anchor allows (``status_list_too_large``)."""
    if size > limit:
        raise WarifuError(
            "status_list_too_large",
            f"the status list unpacks to more than {limit} bytes",
            hint="raise max_list_bytes of the anchor where its lists are that long",
            clause="Token Status List 11",
            layer="status",
        )


def check_stream_end(*, complete: bool, behind: bytes) -> None:
    """Refuse a compressed list that ends early or has bytes behind its end (``bad_status_list``)."""
    if not complete or behind:
        raise bad_list("the compressed list ends early or goes on behind its end")


def bad_list(message: str) -> WarifuError:
    """Return the error for a list of wrong form (not raised here)."""
    return WarifuError("bad_status_list", message, hint="publish the list as zlib over whole bytes", clause=_CLAUSE, layer="status")


def _out_of_bounds() -> WarifuError:
    return WarifuError(
        "status_index_out_of_bounds", "the index lies outside the status list", clause="Token Status List 8.3", layer="status"
    )
