"""Encoder of lossless JPEG (process 14, first selection value), as scanners and archives use it."""

import numpy as np


def jpeg_lossless(plane: np.ndarray) -> bytes:
    """Encode a plane of unsigned 16-bit numbers.

    Each is predicted by its left neighbour, the first of a row by the one above; how many bits a
    difference needs is coded in five bits.
    """
    rows, columns = plane.shape
    values = plane.astype(np.int64)
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << 15
    bits = []
    for difference in (values - predicted).ravel().tolist():
        step = (difference + 32768) % 65536 - 32768
        if step == -32768:
            bits.append(f"{16:05b}")
            continue
        size = abs(step).bit_length()
        coded = step if step > 0 else step + (1 << size) - 1
        bits.append(f"{size:05b}" + (f"{coded:0{size}b}" if size else ""))
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    table = bytes([0, 0, 0, 0, 17, *([0] * 11)]) + bytes(range(17))

    def segment(marker: int, content: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content

    frame = bytes([16]) + rows.to_bytes(2, "big") + columns.to_bytes(2, "big") + b"\1\1\x11\0"
    return (
        b"\xff\xd8"
        + segment(0xC3, frame)
        + segment(0xC4, b"\0" + table)
        + segment(0xDA, b"\1\1\0\1\0\0")
        + data
        + b"\xff\xd9"
    )
