"""DICOM: headers by the thousand, layouts of images by the thousand, a few whole series."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from napari_dsc import Series, phantom
from napari_dsc.core.progress import finished
from napari_dsc.io.dicom import is_dicom
from napari_dsc.io.dicom.frames import Frame
from napari_dsc.io.dicom.image_headers import headers_of
from napari_dsc.io.dicom.layout import layout_of
from scripts.fuzzing.damage import Input, Random, one_of
from scripts.fuzzing.spoiling import SPOILERS, Folder
from scripts.fuzzing.trial import CANARY, Unsound, opened
from tests.io import dicom_maker as maker

__all__ = ["Dicom"]

SLOWEST_SERIES = 15.0  # s
SHAPE = 4, 4, 3
VOLUMES = 20
NUMBERS = [
    None, 0, 1, -1, 2, 19, 20, 21, 10**6, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**300,
]  # fmt: skip
SECONDS = [None, 0.0, -1.0, 36000.0, 36001.5, 86399.0, 43200.0, 1e-310, 9e5, -9e5, 86400.0]
TRIGGERS = [*SECONDS, 1e297, -1e297]
PLACES = [0.0, 5.0, 10.0, 2.5, 1e-9, 9e5, -9e5]
TURNS = [None, (1, 0, 0, 0, 1, 0), (0,) * 6, (1, 0, 0, 1, 0, 0), (9e5,) * 6, (1e-310,) * 6]
FIELDS: dict[str, Sequence[Any]] = {
    "temporal": NUMBERS, "temporal_count": NUMBERS, "acquisition": NUMBERS, "instance": NUMBERS,
    "ordinal": NUMBERS,
    "seconds": SECONDS, "content": SECONDS, "trigger": TRIGGERS, "echo": [0, 1, 2],
    "timer": TRIGGERS, "offset": TRIGGERS,
    "echo_time": [None, 0.03, 1e-310, 1e297], "repetition_time": [None, 1.5, 1e-310, 1e297],
    "orientation": TURNS,
}  # fmt: skip


class Dicom:
    """Sound series as several scanners write them, and what is made of them."""

    def __init__(self, folder: Path) -> None:
        series = phantom(SHAPE, VOLUMES, arrival=6.0).series
        flat = replace(series, signal=series.signal[:, :, :2])
        untimed = replace(cast("Series", series), time=None)
        late = replace(untimed, signal=series.signal[..., VOLUMES // 2 :])
        early = replace(untimed, signal=series.signal[..., : VOLUMES // 2])
        makers: dict[str, Callable[[Path], object]] = {
            "classic": lambda path: maker.classic(path, series),
            "shuffled": lambda path: maker.classic(path, flat, shuffled=True, scaled=True),
            "plain": lambda path: maker.classic(path, flat, temporal=False),
            "echoes": lambda path: [
                maker.classic(path, flat, uid="1.2.3", echo=one) for one in ((1, 0.03), (2, 0.05))
            ],
            "mosaic": lambda path: maker.mosaic(path, series),
            "enhanced": lambda path: maker.enhanced(path / "one", series),
            "both": lambda path: _two_echoes(maker.enhanced(path / "one", series)),
            "parts": lambda path: [
                maker.enhanced(path / "one", early, uid="1.2.3"),
                maker.enhanced(path / "two", late, uid="1.2.3", first=VOLUMES // 2),
            ],
        }
        self.series: dict[str, dict[str, bytes]] = {}
        for name, make in makers.items():
            make(folder / name)
            paths = sorted((folder / name).iterdir())
            self.series[name] = {path.name: path.read_bytes() for path in paths}
        self.frames = [
            frame for one in finished(headers_of(folder / "classic"))[0] for frame in one.frames
        ]

    def whole(self, rng: Random) -> Input:
        """A folder of a series, damaged, which is converted."""
        name = one_of(list(self.series), rng)
        folder = Folder(dict(self.series[name]))
        _spoil(folder, rng, int(rng.integers(4)))

        def read(path: Path, own: Random) -> object:
            inside = sorted(one for one in path.iterdir() if one.is_file())
            return opened(one_of(inside, own) if inside and own.random() < 0.2 else path, own)

        return Input(kind=f"series {name}", build=folder.build, read=read, slowest=SLOWEST_SERIES)

    def mutant(self, rng: Random) -> Input:
        """A few headers, or the layout of many images, damaged."""
        if rng.random() < 0.3:
            return self._layout(rng)
        names = list(self.series)
        if rng.random() < 0.7:  # of an enhanced file, the header is long
            names = [one for one in names if one not in ("enhanced", "both", "parts")]
        name = one_of(names, rng)
        every = list(self.series[name])
        some = rng.permutation(len(every))[: int(rng.integers(1, 4))].tolist()
        folder = Folder({every[at]: self.series[name][every[at]] for at in some})
        _spoil(folder, rng, int(rng.integers(1, 3)))
        return Input(kind=f"headers {name}", build=folder.build, read=_headers)

    def _layout(self, rng: Random) -> Input:
        frames = list(self.frames)
        for _ in range(int(rng.integers(1, 4))):
            frames = _misplaced(frames, rng)
        if rng.random() < 0.2:
            frames = [frames[at] for at in rng.permutation(len(frames)).tolist()]
        numbering = one_of([None, "rising", "falling", "x"], rng)
        if not frames:
            frames = self.frames[:1]
        return Input(
            kind="layout",
            build=lambda _: None,
            read=lambda *_: layout_of(frames, numbering=numbering),
        )


def _two_echoes(path: Path) -> None:
    """Give every frame of an enhanced file a second one, of another echo."""
    import pydicom

    data = pydicom.dcmread(path)
    frames = []
    for own in data.PerFrameFunctionalGroupsSequence:
        for time in (30.0, 50.0):
            frame = deepcopy(own)
            echo = pydicom.Dataset()
            echo.EffectiveEchoTime = time
            frame.MREchoSequence = pydicom.Sequence([echo])
            frames.append(frame)
    planes = data.pixel_array.repeat(2, axis=0)
    data.PerFrameFunctionalGroupsSequence = pydicom.Sequence(frames)
    data.NumberOfFrames, data.PixelData = len(frames), planes.tobytes()
    data.save_as(path, enforce_file_format=True)


def _spoil(folder: Folder, rng: Random, times: int) -> None:
    for _ in range(times):
        one_of(SPOILERS, rng)(folder, rng)


def _headers(path: Path, _: Random) -> object:
    """What is read before anything is converted."""
    is_dicom(path)
    found, skipped = finished(headers_of(path))
    if skipped < 0 or any(CANARY in repr(one) for one in found):
        raise Unsound("a header with the name of a patient")
    frames = [frame for one in found for frame in one.frames]
    return layout_of(frames) if frames else found


def _misplaced(frames: list[Frame], rng: Random) -> list[Frame]:
    """Facts of one image, some or all replaced, exchanged; images left out or there twice."""
    share = one_of([0.02, 0.3, 1.0], rng)
    hit = (rng.random(len(frames)) < share).tolist()
    kind = int(rng.integers(6))
    if kind == 0:
        return [one for one, out in zip(frames, hit, strict=True) if not out or share == 1]
    if kind == 1:
        return frames + [one for one, more in zip(frames, hit, strict=True) if more]
    if kind == 2:
        return [
            replace(one, position=_place(rng)) if now else one
            for one, now in zip(frames, hit, strict=True)
        ]
    name = one_of(list(FIELDS), rng)
    if kind == 3:
        values = [getattr(one, name) for one in frames]
        order = rng.permutation(len(frames)).tolist()
        return [replace(one, **{name: values[at]}) for one, at in zip(frames, order, strict=True)]
    same, value = rng.random() < 0.4, one_of(FIELDS[name], rng)
    return [
        replace(one, **{name: value if same else one_of(FIELDS[name], rng)}) if now else one
        for one, now in zip(frames, hit, strict=True)
    ]


def _place(rng: Random) -> tuple[float, float, float] | None:
    if rng.random() < 0.1:
        return None
    return one_of(PLACES, rng), one_of(PLACES, rng), one_of(PLACES, rng)
