"""Run every method over every voxel, and measure how far it is from the truth."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.study import textbook
from benchmarks.study.curves import BASELINE, Column, Columns, FloatArray, Scan, scans
from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.deconvolution import Method

QUANTITIES: tuple[str, ...] = ("cbf", "cbv", "mtt", "tmax", "delay")
RELATIVE = ("cbf", "cbv")  # errors in % of the truth; the others are in s
THRESHOLDS = {"cSVD": (0.1, 0.2)}  # the others: their own default
LEVEL = 12.0  # 1/s: of the even mix that the bars are read on
CONTRACT = ("exponential", "linear", "box")  # residues of the tabled figures
OPEN_CAP = 0.95  # of an oSVD without a cap
LIMITS = np.geomspace(0.005, 1, 80)  # of the oscillation index, for an oSVD with hindsight

Estimates = Mapping[str, Columns]  # method to maps, each of one value for each voxel


class Study(NamedTuple):
    """What was true, and what was found."""

    truth: Columns
    core: Estimates
    textbook: Estimates
    flows: FloatArray  # (rows of the tabled mix, thresholds) of an oSVD, mL/100g/min
    oscillations: FloatArray  # of the same


def variants() -> dict[str, tuple[Method, dict[str, float]]]:
    """Names of what is measured, to a key of `DECONVOLVERS` and its parameters."""
    found: dict[str, tuple[Method, dict[str, float]]] = {}
    for key, kind in DECONVOLVERS.items():
        own: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(kind)}
        if "svd_threshold" not in own:
            found[key] = key, {}
            continue
        for threshold in THRESHOLDS.get(key, (own["svd_threshold"],)):
            found[f"{key} {threshold:g}"] = key, {"svd_threshold": threshold}
    return found


def by_core(scan: Scan, key: Method, parameters: Mapping[str, Any]) -> dict[str, Column]:
    """Maps by this package, from float32 curves as in practice, and where it trusts them."""
    found = {name: np.empty(len(scan.curves)) for name in QUANTITIES}
    found["accepted"] = np.empty(len(scan.curves), dtype=np.bool_)
    for snr in np.unique(scan.truth["snr"]):  # the quality mask pools the noise of a scan
        rows = scan.truth["snr"] == snr
        maps = compute_perfusion_maps(
            scan.curves[rows].astype(np.float32),
            scan.aif,
            scan.time,
            deconvolution_method=key,
            baseline=int((scan.time < BASELINE).sum()),
            **parameters,
        )
        for name in QUANTITIES:
            found[name][rows] = getattr(maps, name).values
        found["accepted"][rows] = maps.quality_mask
    return found


def by_textbook(scan: Scan, key: str, parameters: Mapping[str, Any]) -> dict[str, Column]:
    """Maps by the textbook."""
    step = float(scan.time[1] - scan.time[0])
    solution = textbook.TEXTBOOK[key](scan.curves, scan.aif, step, *parameters.values())
    return textbook.estimates(solution, scan.curves, scan.aif)


def study(all_scans: list[Scan] | None = None) -> Study:
    """Every method over every scan."""
    core: dict[str, list[Columns]] = {}
    books: dict[str, list[Columns]] = {}
    tried, truths = [], []
    for scan in scans(voxels=24) if all_scans is None else all_scans:
        for label, (key, parameters) in variants().items():
            core.setdefault(label, []).append(by_core(scan, key, parameters))
            if key in textbook.TEXTBOOK:
                books.setdefault(label, []).append(by_textbook(scan, key, parameters))
        rows = tabled(scan.truth)
        step = float(scan.time[1] - scan.time[0])
        thresholds = textbook.candidates(OPEN_CAP)
        tried.append(textbook.searched(scan.curves[rows], scan.aif, step, thresholds))
        truths.append(scan.truth)
    flows, oscillations = (np.concatenate(part) for part in zip(*tried, strict=True))
    found = {label: _joined(parts) for label, parts in core.items()}
    written = {label: _joined(parts) for label, parts in books.items()}
    return Study(_joined(truths), found, written, flows, oscillations)


def rows_of(truth: Columns, **wanted: float | str) -> NDArray[np.bool_]:
    """Voxels with these true values: rows_of(truth, snr=50, step=1.5)."""
    rows: NDArray[np.bool_] = np.logical_and.reduce(
        [truth[name] == value for name, value in wanted.items()]
    )
    return rows


def tabled(truth: Columns) -> NDArray[np.bool_]:
    """Voxels of the mix under which the tabled figures were measured."""
    rows: NDArray[np.bool_] = (truth["level"] == LEVEL) & np.isin(truth["residue"], CONTRACT)
    return rows


def errors(found: Columns, truth: Columns, quantity: str, rows: NDArray[np.bool_]) -> FloatArray:
    """Found minus true: % of the truth for flow and volume, else s."""
    difference: FloatArray = found[quantity][rows] - truth[quantity][rows]
    return 100 * difference / truth[quantity][rows] if quantity in RELATIVE else difference


def bias(values: FloatArray) -> float:
    """Mean error, of the voxels that have an answer."""
    return float(np.nanmean(values))


def rmse(values: FloatArray) -> float:
    """Root of the mean squared error, of the voxels that have an answer."""
    return float(np.sqrt(np.nanmean(values**2)))


def mae(values: FloatArray) -> float:
    """Mean absolute error, of the voxels that have an answer."""
    return float(np.nanmean(np.abs(values)))


def scaled_rmse(found: FloatArray, true: FloatArray) -> float:
    """Relative RMSE, %, after the one factor for all voxels that makes it smallest."""
    ratio = found / true
    factor = np.nansum(ratio) / np.nansum(ratio**2)
    return rmse(100 * (factor * ratio - 1))


def flow_rmse(found: Columns, truth: Columns, rows: NDArray[np.bool_]) -> float:
    """Relative RMSE of flow, %, with the best factor for each time step, pooled over these."""
    each = [rows & (truth["step"] == step) for step in np.unique(truth["step"][rows])]
    squares = [scaled_rmse(found["cbf"][one], truth["cbf"][one]) ** 2 for one in each]
    return float(np.sqrt(np.mean(squares)))


def hindsight(one: Study, snr: float, step: float) -> tuple[float, float, float]:
    """Best oSVD of all caps and limits: its relative RMSE of flow, %, and these two."""
    thresholds = np.array(textbook.candidates(OPEN_CAP))
    mix = {name: values[tabled(one.truth)] for name, values in one.truth.items()}
    rows = rows_of(mix, snr=snr, step=step)
    flows, oscillations = one.flows[rows], one.oscillations[rows]
    best = (np.inf, 0.0, 0.0)
    for last, cap in enumerate(thresholds):
        for limit in LIMITS:
            calm = oscillations[:, : last + 1] < limit
            calm[:, last] = True
            chosen = flows[np.arange(len(flows)), calm.argmax(axis=1)]
            best = min(best, (scaled_rmse(chosen, mix["cbf"][rows]), float(cap), float(limit)))
    return best


def _joined(parts: list[Columns]) -> dict[str, Column]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
