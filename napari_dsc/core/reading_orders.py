"""Table of readings: in which order maps are read, on screen and in the report.

A stroke is read from Tmax, a tumour from its relative blood volume. Views, rows and reports read
their order here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_dsc.core.defaults import READING
from napari_dsc.core.quantities import (
    ARRIVAL,
    AUC,
    CBF,
    CBV,
    CBV_CORRECTED,
    DELAY,
    FIRST_MOMENT,
    FWHM,
    K1,
    K2,
    MTT,
    PEAK,
    PSR,
    QUANTITIES,
    RELATIVE,
    REMOVED,
    TMAX,
    TTP,
)

__all__ = ["READINGS", "Reading", "reading_of"]

RCBV, RCBF = RELATIVE[CBV.symbol], RELATIVE[CBF.symbol]
RCBV_CORRECTED = RELATIVE[CBV_CORRECTED.symbol]
LEAKED = (RCBV_CORRECTED, CBV_CORRECTED, K1, K2)  # of a correction for leakage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a scan is read for, and what follows from that.

    Parameters
    ----------
    key : str
        In Python and on the command line: "stroke".
    name : str
        On screen: "Stroke".
    maps : tuple of str
        Symbols of all maps, the one that is read first at the beginning.
    rows : tuple of tuple of str
        Maps that stand below one another where several slices are shown: of each row the first
        symbol that there is a map of.
    steps : bool
        Whether Tmax is shown in steps, if nothing else is chosen.
    sentence : str
        What it is for.

    Raises
    ------
    TypeError
        At import, if a map is missing, named twice or none.
    """

    key: str
    name: str
    maps: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    steps: bool
    sentence: str

    def __post_init__(self) -> None:
        if sorted(self.maps) != sorted(QUANTITIES):
            raise TypeError(f"{self.name} must name every map once, got {self.maps}.")
        unknown = {symbol for row in self.rows for symbol in row} - set(self.maps)
        if unknown:
            raise TypeError(f"rows of {self.name} must be maps, got {sorted(unknown)}.")

    @property
    def late_first(self) -> bool:
        """Whether late tissue is what is asked for."""
        return self.maps[0] == TMAX.symbol

    def ordered(self, symbols: Iterable[str]) -> tuple[str, ...]:
        """Put symbols into the order in which their maps are read; unknown ones come last.

        Examples
        --------
        >>> READINGS["stroke"].ordered(["CBV", "Scan", "MTT", "Tmax"])
        ('Tmax', 'CBV', 'MTT', 'Scan')
        """
        given = tuple(symbols)
        known = tuple(one for one in self.maps if one in given)
        return (*known, *(one for one in given if one not in known))

    def rows_of(self, symbols: Iterable[str]) -> tuple[str, ...]:
        """Tell which of some maps stand below one another.

        Examples
        --------
        >>> READINGS["tumour"].rows_of(["CBV", "CBF", "MTT"])
        ('CBV', 'CBF', 'MTT')
        >>> READINGS["tumour"].rows_of(["CBV", "CBF", "MTT", "rCBV", "rCBF"])
        ('rCBV', 'rCBF', 'MTT')
        """
        given = set(symbols)
        found = (next((one for one in row if one in given), None) for row in self.rows)
        return tuple(one for one in found if one is not None)


READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        one.key: one
        for one in (
            Reading(
                key="stroke",
                name="Stroke",
                maps=tuple(
                    one.symbol
                    for one in (
                        *(TMAX, CBF, CBV, MTT, TTP, DELAY, RCBV, RCBF, *LEAKED),
                        *(ARRIVAL, FIRST_MOMENT, FWHM, PEAK, AUC, PSR, REMOVED),
                    )
                ),
                rows=(
                    (TMAX.symbol, TTP.symbol),
                    (CBF.symbol, PEAK.symbol),
                    (CBV.symbol, AUC.symbol),
                    (MTT.symbol, FWHM.symbol),
                ),
                steps=True,
                sentence="Late tissue first: Tmax in steps, then CBF, CBV and MTT.",
            ),
            Reading(
                key="tumour",
                name="Tumour",
                maps=tuple(
                    one.symbol
                    for one in (
                        *(RCBV, RCBV_CORRECTED, RCBF, CBV, CBV_CORRECTED, AUC, PSR, K1, K2),
                        *(CBF, PEAK, MTT, FWHM, TMAX, TTP, DELAY, ARRIVAL, FIRST_MOMENT),
                        REMOVED,
                    )
                ),
                rows=(
                    (RCBV.symbol, CBV.symbol, AUC.symbol),
                    (RCBV_CORRECTED.symbol, CBV_CORRECTED.symbol),
                    (RCBF.symbol, CBF.symbol, PEAK.symbol),
                    (PSR.symbol, MTT.symbol, FWHM.symbol),
                ),
                steps=False,
                sentence="Relative blood volume first: rCBV, then rCBF, CBV and CBF.",
            ),
        )
    }
)
if READING not in READINGS:
    raise TypeError(f"the default reading must be one of {list(READINGS)}, got {READING}.")


def reading_of(name: str) -> Reading:
    """Reading by what it is called on screen."""
    return next(one for one in READINGS.values() if one.name == name)
