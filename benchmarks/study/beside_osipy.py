"""osipy on the same phantoms, where it is installed: `python -m benchmarks.study.beside_osipy`.

Prints a table in Markdown; without osipy it says so. osipy needs Python 3.12 and is no dependency.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from time import process_time
from typing import Any

import numpy as np

from benchmarks.study.curves import FloatArray
from benchmarks.study.posterior import KEYS, NAMES, errors_of_values, maps_of
from benchmarks.study.second_grid import ARTERIES, SNRS, Cell, cell

SHARED = ("sSVD", "cSVD", "oSVD")  # methods of both
STEP, COUNT = 1.5, 80  # s, and tissues of a cell
Maps = dict[str, FloatArray]


def ours(one: Cell, method: str) -> Maps:
    """Maps of this program."""
    found = maps_of(one, method)
    return {key: np.asarray(getattr(found, key).values, np.float64) for key in KEYS}


def theirs(one: Cell, method: str) -> Maps:
    """Maps of osipy; NaN where it has none."""
    compute = import_module("osipy.dsc").compute_perfusion_maps
    curves = np.asarray(one.curves, np.float64)[:, None, None, :]
    found: Any = compute(curves, one.aif, one.time, deconvolution_method=method)
    maps: Maps = {}
    for key in KEYS:
        values = getattr(found, key)
        values = getattr(values, "values", values)
        maps[key] = np.asarray(values, np.float64).ravel()
    return maps


def row(name: str, made: Callable[[Cell, str], Maps], method: str, grid: list[Cell]) -> str:
    """Mean errors over the cells, and the time that a curve takes."""
    start = process_time()
    each = [made(one, method) for one in grid]
    taken = (process_time() - start) / sum(len(one.curves) for one in grid)
    errors = np.mean(
        [errors_of_values(one.truth, maps) for one, maps in zip(grid, each, strict=True)], axis=0
    )
    numbers = " | ".join(f"{value:.3g}" for value in errors)
    return f"| {name} {method} | {numbers} | {1e6 * taken:.0f} |"


def main() -> int:
    """Exit code 0, with or without osipy."""
    if find_spec("osipy") is None:
        print("osipy is not installed: nothing is compared.")
        return 0
    version = import_module("osipy").__version__
    grid = [cell(artery, STEP, snr, COUNT) for artery in ARTERIES for snr in SNRS]
    print(f"osipy {version}; {len(grid)} cells of {COUNT} tissues, TR {STEP:g} s.\n")
    print("| | " + " | ".join((*NAMES, "µs a curve")) + " |")
    print("|:--|" + "--:|" * (len(NAMES) + 1))
    for method in SHARED:
        print(row("napari-dsc", ours, method, grid))
        print(row("osipy", theirs, method, grid))
    print(row("napari-dsc", ours, "Posterior", grid))
    return 0


if __name__ == "__main__":
    sys.exit(main())
