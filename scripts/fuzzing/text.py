"""Text as nobody writes it: sidecars, records, AIF files and curves."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc import phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.aif import SavedAif, load_curve, read_aif, read_curve, write_aif
from napari_dsc.io.nifti import write_series
from napari_dsc.io.read_record import read_record
from napari_dsc.io.record import make_record
from scripts.fuzzing.damage import Input, Random, Reader, changed, files, one_of
from scripts.fuzzing.trial import opened

__all__ = ["Text"]

VOLUME, COUNT = (8, 8, 3), 24
MARK = "@@RAW@@"  # in whose place, with its quotes, stands something that JSON cannot say
RAW = [
    "NaN", "Infinity", "-Infinity", "1e999999", "-1e999999", "1e-999999", "9" * 4300, "9" * 4301,
    "1" * 10**5, "-" + "1" * 10**5, "0." + "1" * 10**5, "1e" + "9" * 4000, "1.", "01", "0x1", "+1",
    "nul", "", ",", ":", "'x'", '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"\\x"', '"', "]",
    "}", '"\u2028\u202e\x7f"', "1e308", "-1e308", "5e-324", "1e300", "1e299",
    '"' + "\\\\" * 10**4 + '"', '"' + '\\"' * 10**4 + '"', "[" * 100, "[" * 33 + "]" * 33,
    "[" * 10**5, '{"a":' * 10**4, "[" * 31 + "]" * 31, "[" * 900 + "]" * 900,
    "[1" + ",1" * 10**5 + "]", "[" + "[1]," * 10**4 + "[1]]", "[" + "null," * 10**4 + "1]", "\x00",
    "\t", "// words\n1",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 20, 24, 0.5, 1e-300, 1.5, 1500, 2**31, 2**53, 2**63, 2**64,
    -(2**63), 10**308, 10**400, "", "1.5", "1.5 s", "NaN", "k", "k-", "i", "j-", "x" * 10**5,
    "a" * 64, "A" * 64, "words\nwords", "\x1b[31m", "\u202e", "é" * 50, "/etc/passwd", "../../x",
    [], {}, [[]], [None], [{}], [1], [1.5, "x"], [0, 1, 2], [True] * 24, [0.5] * 3, [0] * 24,
    list(range(24)), list(range(25)), [1e300] * 24, [10**400] * 24, [-1.5] * 3, {"a": 1}, {"": {}},
    [[0, 0, 0]], [[0, 0, 0], [0, 0, 0]], [[-1, 0, 0]], [[0, 0]], [[0, 0, 10**30]], [8, 8, 3], [8,
    8, 3, 24], [2**14, 2**14, 1, 24], [2**40, 1, 1, 24], [8, 8, 3, 24, 1], [8.0, 8.0, 3.0, 24.0],
    [192], [2**62, 2**62], [0, 192], [6, 186], list(range(10**5)), ["x"] * 10**4, "[" * 40,
    [1.5 * n for n in range(24)], [1e299 * n for n in range(24)], [n * 1e-310 for n in range(24)],
]  # fmt: skip
KEYS = [
    "RepetitionTime", "EchoTime", "VolumeTiming", "SliceTiming", "SliceEncodingDirection",
    "SliceTime", "", "\ud800", "__proto__", "EchoTime\0",
]  # fmt: skip
ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7"]
REPEATS = [10, 31, 32, 33, 100, 990, 1000, 5000, 50_000, 250_000]


class Text:
    """A sound file of each kind, and what is made of it."""

    def __init__(self, folder: Path) -> None:
        patient = phantom(VOLUME, COUNT, arrival=9.0)
        write_series(folder / "text.nii", patient.series)
        self.series = patient.series
        self.nifti = (folder / "text.nii").read_bytes()
        settings = Settings(baseline=(2, 6))
        made = finished(stages(patient.series, patient.artery, patient.brain, settings))
        saved = SavedAif(
            name="AIF",
            voxels=patient.artery,
            curve=made.aif.curve,
            time=made.time,
            unit="1/s",
            fingerprint="a" * 64,
        )
        write_aif(folder / "aif.json", saved, VOLUME)
        self.sound: dict[str, Any] = {
            "sidecar": {
                "RepetitionTime": 1.5,
                "EchoTime": 0.03,
                "VolumeTiming": (1.5 * np.arange(COUNT)).tolist(),
                "SliceTiming": [0, 0.5, 1.0],
                "SliceEncodingDirection": "k",
            },
            "record": make_record(patient.series, made, "a" * 64),
            "aif": json.loads((folder / "aif.json").read_text()),
        }
        self.encoded = {name: json.dumps(one).encode() for name, one in self.sound.items()}
        self.curve = b"time (s),delta R2* (1/s)\n" + b"".join(
            b"%d,%d\n" % (n, n) for n in range(30)
        )
        self.readers: dict[str, tuple[str, Reader]] = {
            "sidecar": ("x.json", lambda folder, own: opened(folder / "x.nii", own)),
            "record": ("record.json", lambda folder, _: read_record(folder / "record.json")),
            "aif": ("x.json", lambda folder, own: _aif(folder / "x.json", own)),
            "curve": ("x.csv", lambda folder, own: self._curve(folder / "x.csv", own)),
        }

    def _curve(self, path: Path, rng: Random) -> object:
        return read_curve(path) if rng.random() < 0.5 else load_curve(path, self.series)

    def mutant(self, rng: Random) -> Input:
        """One file, damaged or written by somebody who means harm."""
        kind = one_of(["sidecar", "record", "aif", "curve"], rng)
        name, read = self.readers[kind]
        if rng.random() < 0.3:
            how, content = "bytes", changed(self.encoded.get(kind, self.curve), rng)
        elif kind == "curve":
            how, content = "text", _strange_curve(rng)
        else:
            how, content = "text", _strange_json(self.sound[kind], rng)
        beside = {"x.nii": self.nifti} if kind == "sidecar" else {}
        return Input(kind=f"{kind} {how}", build=files({name: content, **beside}), read=read)


def _aif(path: Path, rng: Random) -> object:
    scan = one_of(["a" * 64, "a" * 64, "b" * 64, None], rng)
    return read_aif(path, scan, one_of([VOLUME, VOLUME, (8, 8, 4), (8, 8)], rng))


def _strange_json(sound: Any, rng: Random) -> bytes:
    """JSON with values that no program of ours wrote, or something like JSON."""
    if rng.random() < 0.1:
        return _endless(rng)
    tree = json.loads(json.dumps(sound))
    raw = []
    for _ in range(int(rng.integers(1, 4))):
        parent, key = _place(tree, rng)
        if parent is None or rng.random() < 0.05:
            tree = deepcopy(one_of(VALUES, rng))
        elif rng.random() < 0.1:
            del parent[key]
        elif rng.random() < 0.1 and isinstance(parent, dict):
            parent[one_of(KEYS, rng)] = deepcopy(one_of(VALUES, rng))
        elif rng.random() < 0.4:
            parent[key] = MARK
            raw.append(one_of(RAW, rng))
        else:
            parent[key] = deepcopy(one_of(VALUES, rng))
    text = json.dumps(tree, ensure_ascii=bool(rng.random() < 0.5))
    for one in raw:
        text = text.replace(f'"{MARK}"', one, 1)
    return _encoded(_twice(text, rng), rng)


def _place(tree: Any, rng: Random) -> tuple[Any, Any]:
    """Somewhere in a tree: what holds it, and by which key."""
    parent, key, here = None, None, tree
    while isinstance(here, dict | list) and here and (parent is None or rng.random() < 0.7):
        parent = here
        key = one_of(list(here), rng) if isinstance(here, dict) else int(rng.integers(len(here)))
        here = parent[key]
    return parent, key


def _twice(text: str, rng: Random) -> str:
    """The same with one key twice, with something behind it, or cut off; mostly as it is."""
    kind = rng.random()
    if kind < 0.05 and text.startswith("{"):
        return '{"record": 1, "EchoTime": null, ' + text[1:]
    if kind < 0.08:
        return text + one_of(["}", "{}", "\0", " " * 10**5, "\ufeff", "NaN", '"'], rng)
    if kind < 0.12:
        return text[: int(rng.integers(len(text) + 1))]
    return text


def _encoded(text: str, rng: Random) -> bytes:
    """Mostly UTF-8, with lone surrogates as they are."""
    kind = rng.random()
    if kind < 0.1:
        return text.encode(one_of(ENCODINGS, rng), "ignore")
    encoded = text.encode("utf-8", "surrogatepass")
    if kind < 0.12:
        return b"\xef\xbb\xbf\xef\xbb\xbf" + encoded
    return changed(encoded, rng) if kind < 0.15 else encoded


def _endless(rng: Random) -> bytes:
    """Quotes, backslashes and brackets by the thousand; about as large as a reader takes."""
    count = one_of(REPEATS, rng)
    piece = one_of(
        ['"', "\\", '\\"', '"\\', '\\\\"', "[", "{", "]", '{"a":', '[{"a":', "[[],", '"[', '"]"[',
         "-", "0", "1e9", ",", " ", "\0", "\ufeff", "é", "\ud800", "\\ud800", '"",', "NaN,", "//"],
        rng,
    )  # fmt: skip
    before = one_of(["", '{"EchoTime": ', '{"record": "', "[", '"', '{"VolumeTiming": ['], rng)
    after = one_of(["", "}", '"}', "]", "]}", "]" * count, "}" * count], rng)
    return (before + piece * count + after).encode("utf-8", "surrogatepass")


def _strange_curve(rng: Random) -> bytes:
    """Two columns of something."""
    fields = [
        "1", "1.5", "-1", "1e999", "nan", "inf", "1,5", "", " ", '"1"', "'1'", "x", "1_000", "٣",
        "²", "1" * 5000, "1e" + "9" * 400, "0x10", "1e-400", "+1", ".5", "5.", ".", "1 2", "\0",
        "\x0b", "#", "\u2028", "\x85", "\ud800", "1d5", "TE-scaled", "true", "−1",
    ]  # fmt: skip
    separator = one_of([",", ";", "\t", " ", ", ", "  ", ",,", "|", "\x1c", "\xa0"], rng)
    end = one_of(["\n", "\n", "\r\n", "\r", "\n\n", "\x0c", "\u2029"], rng)
    rows = [[str(n), str(0.1 * n)] for n in range(int(rng.integers(40)))]
    for row in rows:
        if rng.random() < 0.1:
            row[int(rng.integers(len(row)))] = one_of(fields, rng)
        if rng.random() < 0.03:
            row.append(one_of(fields, rng))
    head = one_of(
        ["", "time (s),delta R2* (1/s)", "TE-scaled", "#", "1,2", "é", "\ufeff", "t;c"], rng
    )
    text = end.join([head, *(separator.join(row) for row in rows)])
    if rng.random() < 0.03:
        piece = one_of(["\n", ",", "1,2\n", "#", " ", "\t", "1", '"', ";", "1,5 ", "\0"], rng)
        text += piece * (one_of([10**5, 2**20, 9 * 2**20], rng) // len(piece))
    return _encoded(text, rng)
