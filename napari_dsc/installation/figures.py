"""Figures that are kept of maps, and how two sets of them are compared."""

import hashlib
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_info

from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray
from napari_dsc.io.replay_differences import ANOTHER_PROCESSOR

__all__ = ["Distance", "arithmetic", "compared", "figures_of"]

SAMPLES = 60  # voxels of each map whose values are kept
DIGITS = 9  # a number of 32 bits needs no more
FLIPPED = 2  # voxels whose quality may be another on another machine: they lie on a limit

Figures = Mapping[str, Any]


class Distance(NamedTuple):
    """How far maps are from the stored ones."""

    exact: bool  # every byte is the same
    largest: float  # difference over the map's largest value; infinite: numbers are missing
    of: str  # key of the map that is farthest, or "quality"

    @property
    def small(self) -> bool:
        """Whether another processor explains it."""
        return self.exact or self.largest <= ANOTHER_PROCESSOR


def arithmetic() -> dict[str, str]:
    """What decides the last bits of a map: versions, kind of machine, kernels of BLAS and numpy."""
    config = np.show_config(mode="dicts")
    simd = config.get("SIMD Extensions", {}).get("found", []) if isinstance(config, dict) else []
    kernels = {pool.get("architecture", "") for pool in threadpool_info()}
    return {
        **{name: version(name) for name in ("numpy", "scipy")},
        "machine": f"{platform.system()} {platform.machine()}",
        "BLAS kernels": " ".join(sorted(filter(None, kernels))),
        "SIMD": " ".join(sorted(simd)),
    }


def figures_of(maps: DSCPerfusionMaps, brain: BoolArray) -> dict[str, Any]:
    """Figures of maps, JSON-ready.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Of an analysis, shape (X, Y, Z).
    brain : ndarray of bool, shape (X, Y, Z)
        From which voxels the values are sampled.

    Returns
    -------
    dict
        For each map its hash, the voxels that have a number, its largest value, and values of some
        voxels of the brain; and of the quality flags the hash and the voxels that have each.
    """
    places = np.flatnonzero(brain)
    places = places[:: max(1, places.size // SAMPLES)]
    found: dict[str, Any] = {
        key: _of_map(np.asarray(one.values, np.float32), places) for key, one in maps.items()
    }
    flags = np.asarray(maps.quality)
    values, counts = np.unique(flags, return_counts=True)
    known = dict(zip(map(str, values.tolist()), counts.tolist(), strict=True))
    return {"maps": found, "quality": {"sha256": _sha256(flags), "voxels": known}}


def _of_map(values: FloatArray, places: Any) -> dict[str, Any]:
    sampled = values.ravel()[places]
    return {
        "sha256": _sha256(values),
        "numbers": int(np.isfinite(values).sum()),
        "largest": _number(float(np.nanmax(np.abs(values)))),
        "values": [_number(float(one)) for one in sampled],
    }


def _number(value: float) -> float | None:
    """Value as it is kept; None for what is no number."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def _sha256(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def compared(stored: Figures, found: Figures) -> Distance:
    """Distance between stored figures and those of this machine: that of the farthest map."""
    if set(stored["maps"]) != set(found["maps"]):
        return Distance(False, np.inf, "a map that is missing")
    distances = [
        *(_between(key, stored["maps"][key], found["maps"][key]) for key in stored["maps"]),
        _between_flags(stored["quality"], found["quality"]),
    ]
    farthest = max(distances, key=lambda one: one.largest)
    return farthest._replace(exact=all(one.exact for one in distances))


def _between(key: str, stored: Figures, found: Figures) -> Distance:
    """Distance between two maps: of voxels that have a number, and of how many have one."""
    exact = stored["sha256"] == found["sha256"]
    if abs(stored["numbers"] - found["numbers"]) > FLIPPED:
        return Distance(exact, np.inf, key)
    apart = max(_apart(stored, found), default=0.0)
    return Distance(exact, apart / stored["largest"], key)


def _apart(stored: Figures, found: Figures) -> Iterator[float]:
    yield abs(stored["largest"] - found["largest"])
    for was, now in zip(stored["values"], found["values"], strict=True):
        if (was is None) != (now is None):
            yield np.inf
        elif was is not None:
            yield abs(was - now)


def _between_flags(stored: Figures, found: Figures) -> Distance:
    was, now = stored["voxels"], found["voxels"]
    moved = sum(abs(was.get(key, 0) - now.get(key, 0)) for key in {*was, *now}) / 2
    same = stored["sha256"] == found["sha256"]
    return Distance(same, np.inf if moved > FLIPPED else 0.0, "quality")
