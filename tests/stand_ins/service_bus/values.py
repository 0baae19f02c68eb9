"""AMQP 1.0 values as bytes: as much reading and writing as a broker needs to look into messages."""

import struct
import uuid
from collections.abc import Iterable, Iterator

_FIXED = {
    0x50: ">B", 0x51: ">b", 0x52: ">B", 0x53: ">B", 0x54: ">b", 0x55: ">b", 0x56: ">?", 0x60: ">H",
    0x61: ">h", 0x70: ">I", 0x71: ">i", 0x72: ">f", 0x80: ">Q", 0x81: ">q", 0x82: ">d", 0x83: ">q",
}  # fmt: skip
_CONSTANTS: dict[int, object] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}
_WIDTHS = {4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16}
NULL, TRUE, FALSE = b"\x40", b"\x41", b"\x42"


class Malformed(Exception):
    """Not an AMQP value, or not whole."""


def end_of(data: bytes, at: int) -> int:
    """Give where the value that begins at `at` ends."""
    code = data[at]
    if code == 0:
        return end_of(data, end_of(data, at + 1))
    kind = code >> 4
    if kind in _WIDTHS:
        return at + 1 + _WIDTHS[kind]
    if kind in (0xA, 0xC, 0xE):
        return at + 2 + data[at + 1]
    return at + 5 + int.from_bytes(data[at + 1 : at + 5], "big")


def read(data: bytes, at: int = 0) -> object:
    """Give the value that begins at `at`; arrays and rare numbers come as their bytes."""
    code = data[at]
    if code in _CONSTANTS:
        return _CONSTANTS[code]
    if code in _FIXED:
        return struct.unpack_from(_FIXED[code], data, at + 1)[0]
    if code in (0x45, 0xC0, 0xD0):
        return [read(data, item) for item in items(data, at)]
    if code in (0xC1, 0xD1):
        return read_map(data, at)
    return _read_bytes(data, at, code)


def items(data: bytes, at: int) -> Iterator[int]:
    """Give where each item of the list or map at `at` begins."""
    code = data[at]
    if code == 0x45:
        return
    small = code in (0xC0, 0xC1)
    number = data[at + 2] if small else int.from_bytes(data[at + 5 : at + 9], "big")
    item = at + (3 if small else 9)
    for _ in range(number):
        yield item
        item = end_of(data, item)


def pairs(data: bytes, at: int) -> Iterator[tuple[str, bytes]]:
    """Give each key of the map at `at` with the bytes of key and value."""
    begins = list(items(data, at))
    for key, value in zip(begins[::2], begins[1::2], strict=True):
        yield str(read(data, key)), data[key : end_of(data, value)]


def read_map(data: bytes, at: int) -> dict[str, object]:
    """Give the map at `at`."""
    begins = list(items(data, at))
    pairs_of_it = zip(begins[::2], begins[1::2], strict=True)
    return {str(read(data, key)): read(data, value) for key, value in pairs_of_it}


def _read_bytes(data: bytes, at: int, code: int) -> object:
    end = end_of(data, at)
    kind = code >> 4
    if kind not in (0x9, 0xA, 0xB):
        return data[at:end]
    content = data[at + {0x9: 1, 0xA: 2, 0xB: 5}[kind] : end]
    if code == 0x98:
        return uuid.UUID(bytes=content)
    return content if code in (0xA0, 0xB0) else content.decode()


def text(value: str) -> bytes:
    return _sized(0xA1, 0xB1, value.encode())


def symbol(value: str) -> bytes:
    return _sized(0xA3, 0xB3, value.encode())


def _sized(small: int, large: int, content: bytes) -> bytes:
    if len(content) < 256:
        return bytes((small, len(content))) + content
    return struct.pack(">BI", large, len(content)) + content


def unsigned(value: int) -> bytes:
    return struct.pack(">BI", 0x70, value)


def integer(value: int) -> bytes:
    return struct.pack(">Bi", 0x71, value)


def long(value: int) -> bytes:
    return struct.pack(">Bq", 0x81, value)


def timestamp(seconds: float) -> bytes:
    return struct.pack(">Bq", 0x83, round(seconds * 1000))


def list_of(values: Iterable[bytes]) -> bytes:
    return _compound(0xD0, list(values))


def map_of(alternating: Iterable[bytes], number_of_values: int) -> bytes:
    """Join keys and values that are bytes already; a piece may hold a key and its value."""
    content = b"".join(alternating)
    return struct.pack(">BII", 0xD1, len(content) + 4, number_of_values) + content


def _compound(code: int, values: list[bytes]) -> bytes:
    content = b"".join(values)
    return struct.pack(">BII", code, len(content) + 4, len(values)) + content


def section(code: int, value: bytes) -> bytes:
    """Describe a message's section."""
    return bytes((0x00, 0x53, code)) + value


def sections(data: bytes) -> list[tuple[int, int, int, int]]:
    """Split a message: code, begin, begin of the value and end of each section. Raises `Malformed`."""
    at = 0
    found: list[tuple[int, int, int, int]] = []
    try:
        while at < len(data):
            code, value = _descriptor(data, at)
            end = end_of(data, value)
            found.append((code, at, value, end))
            at = end
    except (IndexError, struct.error) as cut:
        raise Malformed from cut
    if at != len(data):
        raise Malformed
    return found


def _descriptor(data: bytes, at: int) -> tuple[int, int]:
    if data[at : at + 2] == b"\x00\x53":
        code, value = data[at + 2], at + 3
    elif data[at : at + 2] == b"\x00\x80":
        code, value = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    else:
        raise Malformed
    if not 0x70 <= code <= 0x78:
        raise Malformed
    return code, value
