"""What DICOM says of each map: words, window, codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from napari_dsc.core.windows import WINDOWS

__all__ = ["FACTS", "MapFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFacts:
    """How one map is named, shown and coded.

    Parameters
    ----------
    symbol, name, units, words : str
        As a symbol, in words, its unit, and its unit in words.
    window : (float, float)
        What is shown from black to white, in the map's unit.
    ucum : str
        Its unit in the Unified Code for Units of Measure.
    code : (str, str) or None
        Its quantity as DCM code and meaning (PS3.16, annex D); None where there is none.
    """

    symbol: str
    name: str
    units: str
    words: str
    window: tuple[float, float]
    ucum: str
    code: tuple[str, str] | None


PER_FLOW = "millilitres per 100 grams per minute"
PER_VOLUME = "millilitres per 100 grams"


def _seconds(symbol: str, name: str, code: tuple[str, str] | None) -> MapFacts:
    window = WINDOWS[symbol]
    return MapFacts(
        symbol=symbol, name=name, units="s", words="seconds", window=window, ucum="s", code=code
    )


FACTS: Mapping[str, MapFacts] = {
    "cbv": MapFacts(
        symbol="CBV",
        name="Cerebral blood volume",
        units="mL/100g",
        words=PER_VOLUME,
        window=WINDOWS["CBV"],
        ucum="ml/(100.g)",
        code=("113056", "Regional Cerebral Blood Volume"),
    ),
    "cbf": MapFacts(
        symbol="CBF",
        name="Cerebral blood flow",
        units="mL/100g/min",
        words=PER_FLOW,
        window=WINDOWS["CBF"],
        ucum="ml/(100.g.min)",
        code=("113055", "Regional Cerebral Blood Flow"),
    ),
    "mtt": _seconds("MTT", "Mean transit time", ("113052", "Mean Transit Time")),
    "ttp": _seconds("TTP", "Time to peak", ("113069", "Time To Peak")),
    "tmax": _seconds("Tmax", "Time to maximum", ("113084", "Tmax")),
    "delay": _seconds("Delay", "Arterial delay", None),
}
