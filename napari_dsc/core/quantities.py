"""Table of what a map is: every place that shows, stores or explains a map reads its row here.

A new map is a row of `COMPUTED` and a column of `core.maps`: layers, windows, colours, names of
files, JSON, DICOM, the report, the methods and the tables of regions follow. A row that lacks a
field is refused at import.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "CBF",
    "CBV",
    "CLINICAL",
    "COMPUTED",
    "DELAY",
    "FAMILIES",
    "MTT",
    "QUANTITIES",
    "RELATIVE",
    "TMAX",
    "TTP",
    "Quantity",
    "Unit",
    "computed_table",
]

CLINICAL, UNIFORM, SAFE = "Clinical rainbow", "Perceptually uniform", "Colour-blind safe"
FAMILIES = (CLINICAL, UNIFORM, SAFE)  # of colours: each map has a table in each
AMOUNT = {CLINICAL: "dsc-rainbow", UNIFORM: "dsc-inferno", SAFE: "dsc-cividis"}  # how much
TIME = {CLINICAL: "dsc-rainbow", UNIFORM: "dsc-viridis", SAFE: "dsc-cividis"}  # how late
LAST = 99  # among the clauses of the methods: where a row says nothing


class Unit(NamedTuple):
    """Unit of a map: as it is written, in words, and in the Unified Code for Units of Measure."""

    symbol: str
    words: str
    ucum: str


SECONDS = Unit("s", "seconds", "s")
PER_100G = Unit("mL/100g", "millilitres per 100 grams", "ml/(100.g)")
FLOW = Unit("mL/100g/min", "millilitres per 100 grams per minute", "ml/(100.g.min)")
RATIO = Unit("1", "ratio", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a map is.

    Parameters
    ----------
    symbol : str
        As it is written: "CBF".
    key : str
        In Python and in names of files: "cbf".
    name : str
        In words: "Cerebral blood flow".
    unit : Unit
        Of its values.
    window : tuple of float
        Values of the darkest and the brightest colour, in its unit: fixed, never per slice, so
        that two scans can be compared. Of a time whose origin is a setting: from bolus arrival.
    colours : mapping of str to str
        Its table of colours (a key of `core.colours.COLOURS`) in each of `FAMILIES`.
    true_zero : bool
        Whether zero is none of it, as of an amount, and no point of a clock: its window may then
        be set from a region that is taken as normal.
    caplex : str or None
        Code in the OSIPI lexicon; None: the definition there is another, or there is none.
    dicom_code : (str, str) or None
        Code and meaning in DICOM's own scheme DCM (PS3.16, annex D); None where there is none.
    sentence : str
        Clause of the methods, with places for ``{caplex}``, ``{window}`` (of the areas),
        ``{hematocrit_ratio}``, ``{density}`` and ``{ttp_from}``. One that begins with a comma
        continues the clause before it.
    methods_place : int
        Where the clause stands among the others; those that say nothing come last.
    stem : str
        Of its files, behind the scan's name; the key, if nothing else is said.
    report_name, dicom_name : str
        Shorter names on the page and in DICOM; the name, if nothing else is said.
    caplex_from_arrival : str or None
        Of a time whose origin is a setting: the code where it counts from bolus arrival.
    peak_ratio : (str, str) or None
        Symbol and name where it is made from the ratio of the peaks, without deconvolution, and
        is relative; None: it is the same there, or is not computed.
    from_tissue : bool
        Whether the tissue's curve alone tells it: no AIF changes it.
    relative_to : str or None
        Symbol of the map that it is relative to the mean of in a reference region.

    Raises
    ------
    TypeError
        At import, if a family has no colours, the window is none, or a text is empty.
    """

    symbol: str
    key: str
    name: str
    unit: Unit
    window: tuple[float, float]
    colours: Mapping[str, str]
    true_zero: bool
    caplex: str | None
    dicom_code: tuple[str, str] | None
    sentence: str
    methods_place: int = LAST
    stem: str = ""
    report_name: str = ""
    dicom_name: str = ""
    caplex_from_arrival: str | None = None
    peak_ratio: tuple[str, str] | None = None
    from_tissue: bool = False
    relative_to: str | None = None

    def __post_init__(self) -> None:
        if set(self.colours) != set(FAMILIES):
            raise TypeError(f"{self.symbol} must have colours in {', '.join(FAMILIES)}.")
        if not self.window[0] < self.window[1]:
            raise TypeError(f"{self.symbol} must have a window that rises, got {self.window}.")
        for field, text in (("symbol", self.symbol), ("key", self.key), ("name", self.name)):
            if not text:
                raise TypeError(f"{field} of {self.symbol or self.key!r} must not be empty.")
        if not self.sentence and self.relative_to is None:
            raise TypeError(f"{self.symbol} must have a sentence for the methods, got none.")
        for field, default in (
            ("stem", self.key),
            ("report_name", self.name),
            ("dicom_name", self.name),
        ):
            if not getattr(self, field):
                object.__setattr__(self, field, default)

    @property
    def units(self) -> str:
        """Its unit as it is written: "mL/100g/min"."""
        return self.unit.symbol

    def code_under(self, ttp_from: str) -> str | None:
        """Code in the OSIPI lexicon under the origin of TTP that is set."""
        if ttp_from == "bolus arrival" and self.caplex_from_arrival is not None:
            return self.caplex_from_arrival
        return self.caplex

    def window_under(self, ttp_from: str, arrival: float) -> tuple[float, float]:
        """Window under the origin of TTP that is set.

        Parameters
        ----------
        ttp_from : str
            "start of scan" or "bolus arrival".
        arrival : float
            Of the bolus, s from the start of the scan.
        """
        low, high = self.window
        if ttp_from == "start of scan" and self.caplex_from_arrival is not None:
            return low + arrival, high + arrival
        return low, high


CBV = Quantity(
    symbol="CBV",
    key="cbv",
    name="Cerebral blood volume",
    unit=PER_100G,
    window=(0.0, 8.0),
    colours=AMOUNT,
    true_zero=True,
    caplex=None,
    dicom_code=("113056", "Regional Cerebral Blood Volume"),
    sentence=", CBV the ratio of the areas of tissue and artery over {window}, both scaled by "
    "{hematocrit_ratio} and {density}",
    methods_place=2,
)
CBF = Quantity(
    symbol="CBF",
    key="cbf",
    name="Cerebral blood flow",
    unit=FLOW,
    window=(0.0, 100.0),
    colours=AMOUNT,
    true_zero=True,
    caplex="Q.PH1.003",
    dicom_code=("113055", "Regional Cerebral Blood Flow"),
    sentence="CBF ({caplex}) is the maximum of the residue function",
    methods_place=1,
    peak_ratio=("rCBF", "Relative cerebral blood flow (ratio of peaks)"),
)
MTT = Quantity(
    symbol="MTT",
    key="mtt",
    name="Mean transit time",
    unit=SECONDS,
    window=(0.0, 12.0),
    colours=TIME,
    true_zero=True,
    caplex="Q.PH1.006",
    dicom_code=("113052", "Mean Transit Time"),
    sentence="MTT ({caplex}) = CBV/CBF [@calamante1999]",
    methods_place=3,
    peak_ratio=("rMTT", "Relative mean transit time (CBV over ratio of peaks)"),
)
TTP = Quantity(
    symbol="TTP",
    key="ttp",
    name="Time to peak",
    unit=SECONDS,
    window=(-2.0, 20.0),
    colours=TIME,
    true_zero=False,
    caplex="Q.CD1.003",
    caplex_from_arrival="Q.CD1.010",
    dicom_code=("113069", "Time To Peak"),
    sentence=", TTP ({caplex}) the time of the largest ΔR2*, {ttp_from}",
    methods_place=6,
    from_tissue=True,
)
TMAX = Quantity(
    symbol="Tmax",
    key="tmax",
    name="Time to maximum of the residue function",
    unit=SECONDS,
    window=(0.0, 16.0),
    colours=TIME,
    true_zero=False,
    caplex=None,
    dicom_code=("113084", "Tmax"),
    sentence="Tmax is the time of the residue function's maximum",
    methods_place=4,
    report_name="Time to maximum of the residue",
    dicom_name="Time to maximum",
)
DELAY = Quantity(
    symbol="Delay",
    key="delay",
    name="Arterial delay",
    unit=SECONDS,
    window=(-2.0, 8.0),
    colours=TIME,
    true_zero=False,
    caplex="Q.PH1.007",
    dicom_code=None,
    sentence=", the arterial delay ({caplex}) that of its rise to half of it",
    methods_place=5,
)


def _relative(of: Quantity) -> Quantity:
    """Ratio of an amount to its mean in a reference region: 1 there."""
    return Quantity(
        symbol=f"r{of.symbol}",
        key=f"r{of.key}",
        name=f"Relative {of.symbol}",
        unit=RATIO,
        window=(0.0, 4.0),
        colours=of.colours,
        true_zero=True,
        caplex=None,
        dicom_code=None,
        sentence="",
        stem=f"desc-relative_{of.key}",
        relative_to=of.symbol,
    )


def computed_table(rows: Iterable[Quantity]) -> Mapping[str, Quantity]:
    """Table of rows by their keys, in their order.

    Raises
    ------
    TypeError
        If two rows share a key, a symbol or the name of a file.
    """
    every = tuple(rows)
    for field in ("key", "symbol", "stem"):
        values = [getattr(row, field).lower() for row in every]
        if twice := {value for value in values if values.count(value) > 1}:
            raise TypeError(f"{field} of a map must be its own, got twice: {sorted(twice)}.")
    return MappingProxyType({row.key: row for row in every})


# Maps of an analysis by their keys, in the order in which they are read.
COMPUTED = computed_table((CBV, CBF, MTT, TTP, TMAX, DELAY))
# Maps over their mean in a reference region, by the symbol of what they are relative to.
RELATIVE: Mapping[str, Quantity] = MappingProxyType({of.symbol: _relative(of) for of in (CBV, CBF)})
# Every row, by the symbol of its map.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {row.symbol: row for row in computed_table((*COMPUTED.values(), *RELATIVE.values())).values()}
)
