"""In which window each map is shown: fixed, never per slice, so that two scans can be compared."""

from collections.abc import Mapping

__all__ = ["WINDOWS"]

WINDOWS: Mapping[str, tuple[float, float]] = {  # by symbol, in the map's unit
    "CBV": (0.0, 8.0),
    "CBF": (0.0, 100.0),
    "MTT": (0.0, 12.0),
    "TTP": (-2.0, 20.0),  # from the bolus arrival
    "Tmax": (0.0, 16.0),
    "Delay": (-2.0, 8.0),
    "rCBV": (0.0, 4.0),  # 1: as the reference region
    "rCBF": (0.0, 4.0),
}
