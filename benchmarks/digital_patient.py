"""Errors of each method on the digital patient that the pages send readers to.

`python -m benchmarks.digital_patient` prints the table of `docs/start.md` and the shares of
`docs/posterior.md`; `tests/test_digital_patient.py` holds both pages against them.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from napari_dsc import DECONVOLVERS, Phantom, analyse, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.types import BolusMaps, BoolArray, DSCPerfusionMaps

__all__ = ["COLUMNS", "TISSUES", "cover", "errors", "table"]

TISSUES = {"grey": Tissue.GREY, "white": Tissue.WHITE, "late": Tissue.HYPOPERFUSED}
COLUMNS = (  # map, tissue, decimals
    *(("cbf", one, 0) for one in TISSUES),
    *(("mtt", one, 1) for one in TISSUES),
    *(("delay", one, 1) for one in (*TISSUES, "artery")),
)


@cache
def patient() -> Phantom:
    """Patient of `napari-dsc phantom`, with every option as it comes."""
    return phantom()


@cache
def maps_by(method: str) -> DSCPerfusionMaps | BolusMaps:
    """Maps of the patient by a method, with the artery of `patient/aif.nii.gz`."""
    one = patient()
    spread = method == "Posterior"
    return analyse(one.series, one.artery, deconvolution_method=method, spread=spread).maps


def voxels_of(tissue: str) -> BoolArray:
    """Voxels of a tissue, or of the artery."""
    one = patient()
    return one.artery if tissue == "artery" else np.asarray(one.tissue == TISSUES[tissue])


def errors() -> Mapping[str, tuple[float, ...]]:
    """Medians of the accepted voxels by method, in the order of `COLUMNS`; first the truth."""
    truth = patient().truth
    found = {
        "truth": tuple(
            0.0 if where == "artery" else float(np.median(truth[key][voxels_of(where)]))
            for key, where, _ in COLUMNS
        )
    }
    for method in DECONVOLVERS:
        maps = maps_by(method)
        found[method] = tuple(
            float(np.median(one.values[voxels_of(where) & one.quality_mask]))
            for key, where, _ in COLUMNS
            for one in (getattr(maps, key),)
        )
    return found


def table() -> str:
    """Errors as a table of Markdown."""
    names = {"cbf": "CBF", "mtt": "MTT", "delay": "Delay"}
    heads = [f"{names[key]} {where}" for key, where, _ in COLUMNS]
    lines = [f"| | {' | '.join(heads)} |", f"|:--|{'--:|' * len(COLUMNS)}"]
    for name, numbers in errors().items():
        cells = (
            f"{round(number, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before a zero
            for number, (*_, digits) in zip(numbers, COLUMNS, strict=True)
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cover() -> Mapping[str, float]:
    """Share of voxels whose truth lies within the Posterior's interval, by map.

    Of grey, white and late tissue: the tissue of the digital patient that does not leak.
    """
    one, maps = patient(), maps_by("Posterior")
    tissue = np.isin(one.tissue, [int(label) for label in TISSUES.values()])
    shares = {}
    for key in ("cbf", "cbv", "mtt", "delay"):
        found = getattr(maps, key)
        inside = tissue & found.quality_mask
        truth = one.truth[key][inside]
        held = (found.low[inside] <= truth) & (truth <= found.high[inside])
        shares[key] = float(held.mean())
    return shares


if __name__ == "__main__":
    print(table())
    print(", ".join(f"{key} {share:.2f}" for key, share in cover().items()))
