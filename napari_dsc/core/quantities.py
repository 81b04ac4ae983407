"""Table of maps: symbol, unit, window, colours and codes, which every other place reads.

A new map is a row of `COMPUTED` and a column of `core.maps`: layers, windows, colours, names of
files, JSON, DICOM, the report, the methods and the tables of regions follow. A row that lacks a
field is refused at import.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "ARRIVAL",
    "AUC",
    "BESIDE",
    "BOLUS",
    "CBF",
    "CBV",
    "CBV_CORRECTED",
    "CLINICAL",
    "COMPUTED",
    "DELAY",
    "FAMILIES",
    "FIRST_MOMENT",
    "FWHM",
    "K1",
    "K2",
    "LEAKAGE",
    "MTT",
    "PEAK",
    "PSR",
    "QUANTITIES",
    "RELATIVE",
    "REMOVED",
    "STANDARD",
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
SIGNED = dict.fromkeys(FAMILIES, "dsc-blue-orange")  # what may be of either sign
CITED = "{cited}"  # place of a clause at which the number of its own citation stands
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
PER_SECOND = Unit("1/s", "per second", "/s")
PERCENT = Unit("%", "percent", "%")


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
        Clause of the methods, with places for ``{caplex}``, ``{cited}`` (of `citation`),
        ``{window}`` (of the areas), ``{hematocrit_ratio}``, ``{density}``, ``{ttp_from}``,
        ``{cbv}`` (how it is read) and ``{times_by}``. One that begins with a comma continues the
        clause before it.
    believed : str
        The clause where a posterior gives the map; the other one, if nothing else is said.
    citation : str
        Source of the definition, for the place ``{cited}`` of its clause; empty: the clause names
        none. A clause never bears the number of another's.
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
    from_origin : bool
        Whether it is a time whose origin is a setting.
    on_request : bool
        Whether it is computed only where somebody asks for it, or where there is no artery.

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
    believed: str = ""
    citation: str = ""
    methods_place: int = LAST
    stem: str = ""
    report_name: str = ""
    dicom_name: str = ""
    caplex_from_arrival: str | None = None
    peak_ratio: tuple[str, str] | None = None
    from_tissue: bool = False
    relative_to: str | None = None
    from_origin: bool = False
    on_request: bool = False

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
        if bool(self.citation) != (CITED in self.sentence):
            raise TypeError(
                f"{self.symbol} must have a citation and {CITED} in its sentence, or neither."
            )
        for field, default in (
            ("stem", self.key),
            ("believed", self.sentence),
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
        if ttp_from == "start of scan" and self.from_origin:
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
    sentence=", CBV {cbv} over {window}, both scaled by {hematocrit_ratio} and {density}",
    believed=", CBV the mean of the volume under the posterior (neither {cbv} nor a window of the "
    "areas, {window}, has a part in it), both scaled by {hematocrit_ratio} and {density}",
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
    believed="CBF ({caplex}) is the flow F of the least expected relative error under the "
    "posterior, E[1/F]/E[1/F²]",
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
    sentence="MTT ({caplex}) = CBV/CBF {cited}",
    believed="MTT ({caplex}) is the mean of the transit time under the posterior, not CBV/CBF",
    citation="Calamante F et al. (1999). J Cereb Blood Flow Metab 19(7):701-735.",
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
    from_origin=True,
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
    sentence="Tmax is the time of the residue function's maximum{times_by}",
    believed="Tmax is the mean of the time at which the residue function has risen to 95 % of its "
    "maximum{times_by}",
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
    believed=", the arterial delay ({caplex}) that of its begin",
    methods_place=5,
)
CBV_CORRECTED = Quantity(
    symbol="Corrected CBV",
    key="cbv_corrected",
    name="Cerebral blood volume, corrected for leakage",
    unit=PER_100G,
    window=CBV.window,
    colours=AMOUNT,
    true_zero=True,
    caplex=None,
    dicom_code=None,
    sentence="the corrected CBV is that of curves from which the leaked agent was taken",
    methods_place=20,
    stem="desc-corrected_cbv",
    report_name="CBV corrected for leakage",
    dicom_name="CBV corrected for leakage",
    on_request=True,
)
K1 = Quantity(
    symbol="K1",
    key="k1",
    name="K1: blood volume over that of tissue that does not leak",
    unit=RATIO,
    window=(0.0, 4.0),
    colours=AMOUNT,
    true_zero=True,
    caplex="Q.LC1.001",
    dicom_code=None,
    sentence=", K1 ({caplex}) the share of the reference in a curve",
    methods_place=21,
    stem="desc-leakage_k1",
    report_name="K1 (volume over the reference)",
    dicom_name="K1 (volume over the reference)",
    from_tissue=True,
    on_request=True,
)
K2 = Quantity(
    symbol="K2",
    key="k2",
    name="K2: leakage; above zero it brightens the signal (T1), below it darkens it (T2*)",
    unit=PER_SECOND,
    window=(-0.05, 0.05),
    colours=SIGNED,
    true_zero=False,
    caplex="Q.LC1.002",
    dicom_code=None,
    sentence=", K2 ({caplex}) the leakage, of either sign",
    methods_place=22,
    stem="desc-leakage_k2",
    report_name="K2 (leakage, of either sign)",
    dicom_name="K2 (leakage, of either sign)",
    from_tissue=True,
    on_request=True,
)

REMOVED = Quantity(
    symbol="Removed",
    key="removed",
    name="Removed by denoising, over the noise: 1 is noise alone",
    unit=RATIO,
    window=(0.0, 2.0),
    colours=AMOUNT,
    true_zero=True,
    caplex=None,
    dicom_code=None,
    sentence="what denoising removed was told as its root mean square over the noise",
    methods_place=23,
    stem="desc-denoising_removed",
    report_name="Removed by denoising (1: noise alone)",
    dicom_name="Removed by denoising (1: noise alone)",
    from_tissue=True,
    on_request=True,
)

AUC = Quantity(
    symbol="AUC",
    key="auc",
    name="Area under the bolus (relative blood volume, not normalised)",
    unit=RATIO,
    window=(0.0, 200.0),
    colours=AMOUNT,
    true_zero=True,
    caplex=None,
    dicom_code=None,
    sentence="the area under the curve over {window}, which is proportional to blood volume",
    methods_place=7,
    report_name="Area under the bolus",
    dicom_name="Area under the bolus",
    from_tissue=True,
    on_request=True,
)
PEAK = Quantity(
    symbol="Peak",
    key="peak",
    name="Peak height of ΔR2*",
    unit=PER_SECOND,
    window=(0.0, 15.0),
    colours=AMOUNT,
    true_zero=True,
    caplex=None,
    dicom_code=None,
    sentence="the peak height, between samples",
    methods_place=8,
    dicom_name="Peak height",
    from_tissue=True,
    on_request=True,
)
FWHM = Quantity(
    symbol="FWHM",
    key="fwhm",
    name="Full width of the bolus at half of its peak",
    unit=SECONDS,
    window=(0.0, 20.0),
    colours=TIME,
    true_zero=True,
    caplex=None,
    dicom_code=None,
    sentence="the full width at half of the peak",
    methods_place=9,
    report_name="Width at half of the peak",
    dicom_name="Width at half of the peak",
    from_tissue=True,
    on_request=True,
)
FIRST_MOMENT = Quantity(
    symbol="First moment",
    key="first_moment",
    name="First moment of the bolus",
    unit=SECONDS,
    window=(0.0, 40.0),
    colours=TIME,
    true_zero=False,
    caplex=None,
    dicom_code=None,
    sentence="the first moment over {window} (the mean time, weighted by the curve), {ttp_from}",
    methods_place=10,
    stem="firstmoment",
    from_tissue=True,
    from_origin=True,
    on_request=True,
)
ARRIVAL = Quantity(
    symbol="Arrival",
    key="arrival",
    name="Time of bolus arrival",
    unit=SECONDS,
    window=(-3.0, 10.0),
    colours=TIME,
    true_zero=False,
    caplex=None,
    dicom_code=None,
    sentence="the time of arrival, where the line through the rise at 25 % and 75 % of the peak "
    "meets zero, {ttp_from}",
    methods_place=11,
    from_tissue=True,
    from_origin=True,
    on_request=True,
)
PSR = Quantity(
    symbol="PSR",
    key="psr",
    name="Percentage of signal recovery",
    unit=PERCENT,
    window=(40.0, 140.0),
    colours=AMOUNT,
    true_zero=False,
    caplex=None,
    dicom_code=None,
    sentence="the percentage of signal recovery, 100 (S_end - S_min)/(S_0 - S_min), S_end being "
    "the mean signal of {recovery} {cited}",
    citation="Cha S et al. (2007). AJNR Am J Neuroradiol 28(6):1078-1084.",
    methods_place=12,
    from_tissue=True,
    on_request=True,
)


def _relative(of: Quantity) -> Quantity:
    """Ratio of an amount to its mean in a reference region: 1 there."""
    *before, last = of.symbol.split(" ")
    return Quantity(
        symbol=" ".join((*before, f"r{last}")),
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
        on_request=True,
    )


def _beside(of: Quantity, kind: str) -> Quantity:
    """What stands beside a map, by the field of `ParameterMap`."""
    symbol, name, stem = WORDS_BESIDE[kind]
    wide = of.window[1] - of.window[0]
    return Quantity(
        symbol=symbol.format(of.symbol),
        key=f"{of.key}_{kind}",
        name=name.format(f"{of.name[0].lower()}{of.name[1:]}"),
        unit=of.unit,
        window=of.window if kind in ("low", "high") else (0.0, wide / 4),
        colours=of.colours,
        true_zero=of.true_zero,
        caplex=None,
        dicom_code=None,
        sentence=name.format(of.name),
        stem=f"desc-{stem}_{of.key}",
    )


# Symbol, name and part of the file's name of what stands beside a map.
WORDS_BESIDE: Mapping[str, tuple[str, str, str]] = {
    "sd": ("SD of {}", "Standard deviation of {} under the posterior", "sd"),
    "low": ("P16 of {}", "16th percentile of {} under the posterior", "p16"),
    "high": ("P84 of {}", "84th percentile of {} under the posterior", "p84"),
    "scatter": ("Scatter of {}", "Scatter of {} under noise alone, not its error", "scatter"),
}


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
COMPUTED = computed_table(
    (
        *(CBV, CBF, MTT, TTP, TMAX, DELAY, CBV_CORRECTED, K1, K2, REMOVED),
        *(AUC, PEAK, FWHM, FIRST_MOMENT, ARRIVAL, PSR),
    )
)
# Those that every deconvolution gives.
STANDARD: Mapping[str, Quantity] = MappingProxyType(
    {key: row for key, row in COMPUTED.items() if not row.on_request}
)
# Those of the bolus's shape, which need no artery.
BOLUS: Mapping[str, Quantity] = MappingProxyType(
    {row.key: row for row in (TTP, AUC, PEAK, FWHM, FIRST_MOMENT, ARRIVAL, PSR)}
)
# Those of a correction for leakage.
LEAKAGE: Mapping[str, Quantity] = MappingProxyType(
    {row.key: row for row in (CBV_CORRECTED, K1, K2)}
)
# Maps over their mean in a reference region, by the symbol of what they are relative to.
RELATIVE: Mapping[str, Quantity] = MappingProxyType(
    {of.symbol: _relative(of) for of in (CBV, CBF, CBV_CORRECTED)}
)
# What may stand beside maps, by the key of the map and the field of `ParameterMap`.
BESIDE: Mapping[tuple[str, str], Quantity] = MappingProxyType(
    {
        (row.key, kind): _beside(row, kind)
        for row in (CBV, CBF, MTT, TMAX, DELAY)
        for kind in WORDS_BESIDE
    }
)
# Every row, by the symbol of its map.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {row.symbol: row for row in computed_table((*COMPUTED.values(), *RELATIVE.values())).values()}
)
computed_table((*QUANTITIES.values(), *BESIDE.values()))  # no two files or keys are the same
