"""Sound files that mean something else: masks, curves and time axes in other kinds and units.

Nothing is damaged here. Each input is made of a known truth, as some program might write it; it may
be read or refused, but what is read has to be the truth.
"""

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from napari_dsc import phantom
from napari_dsc.io.aif import load_curve
from napari_dsc.io.mask_files import read_mask
from scripts.fuzzing.damage import Input, Random, one_of
from scripts.fuzzing.trial import Unsound, opened

__all__ = ["Meaning"]

SHAPE, COUNT, STEP = (10, 9, 5), 40, 1.5
LARGEST = 0.35  # by how much the peak of a noisy curve may differ
DTYPES = ["u1", "i1", "i2", "u2", "i4", "f4", "f8", ">i2", ">f4"]
TITLES = {  # by what a column holds: titles that say so
    "delta": ["", "time (s),delta R2* (1/s)", "t,dR2", "words", "# time AIF", "a\nb,c"],
    "signal": [
        "time,signal",
        "t [s],Signal (a.u.)",
        "time,SI",
        "# time,signal",
        "AIF\ntime,signal",
    ],
    "concentration": ["time,concentration (mM)", "t,Gd [mmol/L]", "time,conc"],
    "percent": ["", "time,change (%)", "t,percent"],
    "normalised": ["", "time,AIF", "t;c"],
}
TIMES = {"s": 1.0, "ms": 1e3, "min": 1 / 60, "us": 1e6}


class Meaning:
    """Masks, curves and time axes, by a scan of known truth."""

    def __init__(self) -> None:
        self.patient = phantom(SHAPE, COUNT, arrival=18.0)
        self.series = self.patient.series

    def mutant(self, rng: Random) -> Input:
        """One file of one kind."""
        return one_of([self._mask, self._curve, self._times], rng)(rng)

    def _mask(self, rng: Random) -> Input:
        """A mask: its values, its kind of number, its axes, its place."""
        true = np.zeros(SHAPE, np.bool_)
        count = int(rng.integers(1, 12))
        true[tuple(rng.integers(0, n, count) for n in SHAPE)] = True
        dtype = np.dtype(one_of(DTYPES, rng))
        top = one_of([1, 1, 1, 2, 100, 255], rng) if dtype.kind != "i" or dtype.itemsize > 1 else 1
        values = true * float(top)
        how = one_of(
            ["plain"] * 4 + ["labels", "soft", "ringing", "NaN", "4-D", "turned", "moved"], rng
        )
        affine = self.series.affine.copy()  # type: ignore[union-attr]
        if how == "labels":
            values = values * rng.integers(1, 4, SHAPE)
        elif how == "soft":
            values = values * rng.uniform(0.05, 1, SHAPE)
        elif how == "ringing":
            values = values - 0.1 * top * np.roll(true, 1, axis=0)
        elif how == "NaN" and dtype.kind == "f":
            values = np.where(rng.random(SHAPE) < 0.1, np.nan, values)
        elif how == "4-D":
            values = np.repeat(values[..., None], int(one_of([1, 2, COUNT], rng)), axis=-1)
        elif how == "turned":
            values = values[::-1]
            affine = affine @ np.diag([-1.0, 1, 1, 1])
            affine[:3, 3] -= affine[:3, 0] * (SHAPE[0] - 1)
        elif how == "moved":
            affine[:3, 3] += one_of([0.001, 0.2, 5.0, np.nan], rng)
        limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
        with np.errstate(all="ignore"):
            stored = np.clip(values, float(limits.min), float(limits.max)).astype(dtype)

        def build(folder: Path) -> None:
            nib.save(nib.Nifti1Image(stored, affine), folder / "x.nii")

        def read(folder: Path, _: Random) -> object:
            found = read_mask(folder / "x.nii", self.series).voxels
            if found.dtype != np.bool_ or found.shape != SHAPE:
                raise Unsound(f"a mask of {found.dtype} {found.shape}")
            if how in ("plain", "turned") and not np.array_equal(found, true):
                raise Unsound(f"a {how} mask of {int(found.sum())} voxels for {int(true.sum())}")
            if (found & ~true).any():
                raise Unsound(f"a {how} mask with {int((found & ~true).sum())} voxels of its own")
            return found

        return Input(kind="mask", build=build, read=read)

    def _curve(self, rng: Random) -> Input:
        """The artery as text: signal, concentration, per cent; in s, ms, min; titled or not."""
        holds, unit = one_of(list(TITLES), rng), one_of(list(TIMES), rng)
        curve, time = self._column(holds, rng), TIMES[unit] * np.asarray(self.series.time)
        title = one_of(TITLES[holds], rng)
        told = unit != "s" and "," in title and rng.random() < 0.5
        if told:
            title = title.replace("time", f"time ({unit})", 1).replace("t,", f"t/{unit},", 1)
            title = title.replace(" (s)", "").replace(" [s]", "")
        if holds == "signal" and rng.random() < 0.1:
            title = ""
        alone = rng.random() < 0.15
        rows = [
            f"{c:.8g}" if alone else f"{t:.8g},{c:.8g}" for t, c in zip(time, curve, strict=True)
        ]
        if alone:
            title = title.split("\n")[-1].split(",")[-1]
        text = "\n".join([*([title] if title else []), *rows])

        def read(folder: Path, _: Random) -> object:
            found = load_curve(folder / "x.csv", self.series)
            if not (np.isfinite(found.curve).all() and (np.diff(found.time) > 0).all()):
                raise Unsound("a curve that is none")
            true = self.patient.aif
            peak, at = float(found.curve.max()), float(found.time[int(found.curve.argmax())])
            right = abs(peak / true.max() - 1) < LARGEST
            if not right or abs(at - float(self.series.time[int(true.argmax())])) > 2 * STEP:
                raise Unsound(f"{holds} under {title!r}: {peak:.4g} 1/s at {at:.4g} s")
            return found

        return Input(kind="curve", build=lambda folder: _written(folder / "x.csv", text), read=read)

    def _column(self, holds: str, rng: Random) -> Any:
        aif = self.patient.aif
        signal = one_of([1.0, 900.0, 4000.0], rng) * np.exp(-0.03 * aif)
        noisy = 1 + one_of([0.0, 0.002], rng) * rng.standard_normal(aif.size)
        if holds == "signal":
            return signal * noisy
        if holds == "percent":
            return 100 * (signal * noisy / signal[0] - 1)
        if holds == "concentration":
            return aif / one_of([3.0, 5.3, 87.0], rng)
        return aif / aif.max() if holds == "normalised" else aif + 20 * (noisy - 1) * aif.max() / 8

    def _times(self, rng: Random) -> Input:
        """A scan whose time step stands in a header or a sidecar, in some unit, on some axis."""
        signal = np.asarray(self.series.signal)
        axes = one_of(["4", "4", "4", "5", "echoes"], rng)
        if axes == "5":
            signal = signal[:, :, :, None]
        elif axes == "echoes":
            signal = np.stack([signal, signal], axis=-1)
        unit = one_of(["sec", "msec", "usec", "unknown"], rng)
        stored = STEP * {"sec": 1, "msec": 1e3, "usec": 1e6, "unknown": 1}[unit]
        wrong = rng.random() < 0.3
        if wrong:  # a number in another unit than the one that is declared
            stored = one_of([stored * 1000, stored / 1000, stored / 60, 0.0, np.nan, -stored], rng)
        sidecar: dict[str, Any] = {}
        kind = one_of(["none", "none", "step", "ms", "timing", "timing ms", "uneven"], rng)
        if kind in ("step", "ms"):
            sidecar["RepetitionTime"] = STEP * (1000 if kind == "ms" else 1)
        elif kind != "none":
            times = STEP * np.arange(COUNT) * (1000 if kind == "timing ms" else 1)
            if kind == "uneven":
                times = np.where(np.arange(COUNT) < COUNT // 2, times, times + 0.4 * STEP)
            sidecar["VolumeTiming"] = times.tolist()

        def build(folder: Path) -> None:
            image = nib.Nifti1Image(signal, self.series.affine)
            image.header.set_xyzt_units("mm", unit)
            slot = 5 if axes == "5" else 4
            image.header["pixdim"][4] = 1.0
            image.header["pixdim"][slot] = stored
            nib.save(image, folder / "x.nii")
            if sidecar:
                _written(folder / "x.json", json.dumps(sidecar))

        def read(folder: Path, own: Random) -> object:
            series = opened(folder / "x.nii", own)
            step = series.repetition_time
            if step is not None and series.n_volumes == COUNT and abs(step / STEP - 1) > 0.02:
                raise Unsound(f"{step:g} s from {stored:g} {unit} in axis {axes}, sidecar {kind}")
            return series

        return Input(kind="times", build=build, read=read)


def _written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
