"""Types that travel between the folders: scans, arterial inputs, maps. Time is last, in s."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import CONTENT, SLICE_AXIS
from napari_dsc.core.errors import DscError, NoArteryError
from napari_dsc.core.provenance import Origin
from napari_dsc.core.quantities import AUC, CBV, COMPUTED
from napari_dsc.core.quantities import BESIDE as ROWS_BESIDE
from napari_dsc.core.real_numbers import as_count, as_flag, as_number, as_reals
from napari_dsc.core.short_repr import brief
from napari_dsc.core.time_units import refuse_echo_time, refuse_flip_angle, refuse_step
from napari_dsc.core.timed_signal import SliceTiming, slice_offsets, timed_signal, timing_of
from napari_dsc.core.volumes import as_end, as_volumes, refuse_few_used

__all__ = [
    "BESIDE",
    "BY_USER",
    "FILE_SAID",
    "Aif",
    "AifAverage",
    "BolusMaps",
    "BoolArray",
    "Candidates",
    "CbvBy",
    "ComplexArray",
    "Content",
    "DSCPerfusionMaps",
    "DeconvolvedMaps",
    "DenoisingWay",
    "FloatArray",
    "KnownSeries",
    "Measures",
    "ParameterMap",
    "Progress",
    "Rows",
    "Series",
    "TtpOrigin",
]

FloatArray: TypeAlias = NDArray[np.floating[Any]]
ComplexArray: TypeAlias = NDArray[np.complexfloating[Any, Any]]
BoolArray: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = slice | NDArray[np.intp]  # some of the voxels of a mask
Content: TypeAlias = Literal["signal", "delta R2*"]  # what a scan holds
CbvBy: TypeAlias = Literal["integral", "weights"]  # how CBV is read off a curve
DenoisingWay: TypeAlias = Literal["none", "similar curves"]  # what tissue curves are means of
AifAverage: TypeAlias = Literal["mean", "median", "trimmed mean"]  # of the curves of its voxels
TtpOrigin: TypeAlias = Literal["start of scan", "bolus arrival"]  # from where TTP counts
OF_CBV = cast("BoolArray", None)  # the mask that maps have where none is given
CONFIRM = "If it is right, say so: checked=True."

BESIDE = ("sd", "low", "high", "scatter")  # fields of a map that not every method knows
BY_USER, FILE_SAID = "entered by the user", "; the file said: "  # of a fact, in its sources


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a computation is: what it does in words, and the fraction done (0 to 1)."""

    stage: str
    fraction: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """A dynamic scan: one volume per time point.

    Parameters
    ----------
    signal : ndarray, shape (..., T)
        Signal (Q.MS1.001), a.u. The stored integers or floats; never converted on the way in.
        Where slice times are known it knows them too, whatever is cut out of it: see
        `delta_r2_star`.
    time : ndarray, shape (T,), or None
        Time of each volume, s. None while the time step is unknown: it is asked for, not guessed.
    echo_time : float or None
        Echo time (Q.MS1.005), s. None while unknown.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres, as the file gives it. None while the orientation is
        unknown.
    sources : mapping
        What each source says of a fact of the scan, in words, in the order of trust.
        Two rows for one fact mean that the sources disagree and somebody has to decide.
    notices : tuple of str
        What a reader should know about this scan.
    questions : tuple of str
        What somebody has to decide before the time axis is known.
    slice_times : ndarray, shape (S,), or None
        When each slice is measured after its volume begins, s; None while unknown.
    slice_axis : int
        Along which axis of a volume the slices lie.
    quantity : str
        What `signal` holds: "signal", or "delta R2*" if somebody has computed that already, 1/s.
    files : tuple of Path
        What it was read from; empty: from no file.
    dicom : bool
        Whether those are DICOM images.
    oriented : bool
        Whether the file says which way its axes lie; if not, the affine tells voxel sizes only.
    checked : bool
        Whether somebody has looked at what seems odd of it, and found it right.
    choices : mapping
        What somebody chose for it to be read, by the fact: an echo, an axis, a series.
    name : str
        What results are called, where the file's name must not tell: number and description of a
        DICOM series.
    moves : ndarray, shape (T, 6), or None
        How each volume was moved back onto the baseline, as `napari_dsc.motion` counts: three
        angles, rad, and three shifts, mm; zeros where it was left as it is. None: no motion was
        corrected.
    left_out : tuple of int, or None
        Volumes that are not used, counted from 0 as in the file: blank, incomplete or foreign
        ones, those that a user chose, and all after the passage that is analysed. None: nobody
        has looked yet.
    leave_out : tuple of int, or None
        Volumes that a user chose to leave out, over what the program finds: see `leaving_out`.
    end : int or None
        First volume that is not used, nor any after it, as a user chose.
    hashes : tuple of str
        SHA-256 of each file that the signal was read from, of the bytes that were read; empty if
        it came from none.
    flip_angle : float or None
        Degrees; None while unknown.
    field_strength : float or None
        Of the scanner, T; None while unknown.
    preload : bool or None
        Whether agent was given before the scan; None: nobody has said, and no file tells it.
    two_echoes : bool
        Whether the signal is that of two echoes, combined so that T1 does not change it.
    early : ndarray, shape (..., T), or None
        Of two echoes the signal of the shorter one, a.u.; None: there is one echo.
    early_echo_time : float or None
        Its echo time, s.
    dose : float or None
        Agent of the bolus, mL, as the file says; None while unknown.

    Raises
    ------
    DscError
        If a shape, a time or the echo time makes no sense.
    """

    signal: NDArray[Any]
    time: FloatArray | None
    echo_time: float | None
    affine: FloatArray | None
    sources: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    slice_times: FloatArray | None = None
    slice_axis: int = SLICE_AXIS
    quantity: Content = CONTENT
    files: tuple[Path, ...] = ()
    dicom: bool = False
    oriented: bool = True
    checked: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    moves: FloatArray | None = None
    left_out: tuple[int, ...] | None = None
    leave_out: tuple[int, ...] | None = None
    end: int | None = None
    hashes: tuple[str, ...] = ()
    flip_angle: float | None = None
    field_strength: float | None = None
    preload: bool | None = None
    two_echoes: bool = False
    early: NDArray[Any] | None = None
    early_echo_time: float | None = None
    dose: float | None = None

    def __post_init__(self) -> None:
        self._refuse_other_than_numbers()
        if self.signal.ndim < 1:
            raise DscError(
                "signal must have a time axis, got a single number. Pass an array, shape (..., T)."
            )
        if self.affine is not None and self.affine.shape != (4, 4):
            raise DscError(f"affine must have shape (4, 4), got {self.affine.shape}.")
        if self.time is not None and self.time.shape != self.signal.shape[-1:]:
            raise DscError(
                f"time must have one entry for each of the {self.signal.shape[-1]} volumes, "
                f"got {self.time.size}. Enter the repetition time again."
            )
        if self.time is not None and not (np.diff(self.time) > 0).all():
            raise DscError("time must increase from volume to volume. Sort the volumes by time.")
        step = self.repetition_time
        if step is not None and not self.checked:
            refuse_step("time", step, CONFIRM)
        if self.echo_time is not None:
            refuse_echo_time(self.echo_time)
        if self.early is not None and self.early.shape != self.signal.shape:
            raise DscError(
                f"early must have the shape of signal, {self.signal.shape}, got "
                f"{self.early.shape}. Pass the shorter echo of the same scan."
            )
        if self.flip_angle is not None:
            refuse_flip_angle(self.flip_angle)
        if self.moves is not None and self.moves.shape != (self.signal.shape[-1], 6):
            raise DscError(
                f"moves must have six numbers for each of the {self.signal.shape[-1]} volumes, "
                f"got {self.moves.shape}."
            )
        if self.slice_times is not None and self.slice_times.shape != (
            self.signal.shape[self.slice_axis],
        ):
            raise DscError(
                f"slice_times must have one entry for each of the "
                f"{self.signal.shape[self.slice_axis]} slices, got {self.slice_times.shape}."
            )
        object.__setattr__(self, "signal", self._timed())

    def _refuse_other_than_numbers(self) -> None:
        """Take lists, masked arrays and the like as arrays; raise `DscError` for what is none."""
        for name in ("signal", "time", "affine", "slice_times", "moves"):
            values = getattr(self, name)
            plain = isinstance(values, np.ndarray) and not isinstance(values, np.ma.MaskedArray)
            optional = values is None and name != "signal"
            if not optional and not (plain and values.dtype.kind in "iuf"):
                object.__setattr__(self, name, as_reals(name, values, "Pass an array of numbers."))
            if values is not None and name in ("time", "slice_times", "moves"):
                finite = np.isfinite(getattr(self, name))
                if not finite.all():
                    raise DscError(
                        f"{name} must be finite, got {int((~finite).sum())} numbers that are not. "
                        "Mend it, or pass None while it is unknown."
                    )
        axis = as_count("slice_axis", self.slice_axis)
        if self.slice_times is not None and axis >= self.signal.ndim - 1:
            raise DscError(
                f"slice_axis must be an axis of the volume, below {self.signal.ndim - 1}, got "
                f"{axis}. Give the one along which the slices lie."
            )

    def _timed(self) -> NDArray[Any]:
        """Signal that knows when its slices are measured: itself, if it knows just that."""
        offsets = None
        if self.slice_times is not None:
            shape = self.signal.shape[:-1]
            offsets = slice_offsets(self.slice_times, self.slice_axis, shape)
        known = timing_of(self.signal)
        if offsets is None:
            return self.signal if known is None else np.asarray(self.signal)
        if known is not None and known.time is self.time and known.is_like(offsets):
            return self.signal
        return timed_signal(self.signal, SliceTiming(offsets, self.time))

    def known(self) -> "KnownSeries":
        """Return this scan as one whose time axis and echo time are known.

        Raises
        ------
        DscError
            If either is not: `settled` takes what a user knows.
        """
        for name in ("time", "echo_time"):
            if getattr(self, name) is None:
                said = " ".join(self.questions) or "The file does not say it."
                raise DscError(
                    f"{name} must be known, got None. {said} Give it: "
                    f"settled({'repetition_time' if name == 'time' else name}=…)."
                )
        return KnownSeries(**{one.name: getattr(self, one.name) for one in fields(self)})

    def settled(
        self,
        *,
        repetition_time: float | None = None,
        echo_time: float | None = None,
        checked: bool | None = None,
        flip_angle: float | None = None,
        preload: bool | None = None,
    ) -> "Series":
        """Return this scan with facts that a user gives, where they differ from the file's.

        Parameters
        ----------
        repetition_time, echo_time : float, optional
            Seconds. None leaves what the file says.
        checked : bool, optional
            Whether what seems odd has been looked at and is right; then a time step may be any.
        flip_angle : float, optional
            Degrees. None leaves what the file says.
        preload : bool, optional
            Whether agent was given before the scan.

        Raises
        ------
        DscError
            If a time is not positive, the echo time is not below 1 s, the flip angle
            is none, or the time step is not 0.2 to 6 s and nobody has checked it.
        """
        sources, time, questions = dict(self.sources), self.time, self.questions
        known_step, known_echo = self.repetition_time, self.echo_time
        if checked is not None:
            checked = as_flag("checked", checked)
        if repetition_time is not None:
            repetition_time = as_number("repetition_time", repetition_time)
        if echo_time is not None:
            echo_time = as_number("echo_time", echo_time)
        if repetition_time is not None and not _same(repetition_time, known_step):
            right = self.checked if checked is None else checked
            if not (right and 0 < repetition_time < np.inf):
                refuse_step("repetition_time", repetition_time, CONFIRM)
            time = repetition_time * np.arange(self.n_volumes)
            sources = _entered(sources, "Repetition time", repetition_time)
            questions = ()
        own = self.quantity == "delta R2*"  # then no echo time has a part in it
        if echo_time is not None and not own and not _same(echo_time, known_echo):
            echo_time = refuse_echo_time(echo_time)
            sources = _entered(sources, "Echo time", echo_time)
            known_echo = echo_time
        angle = self.flip_angle
        if flip_angle is not None and not _same(as_number("flip_angle", flip_angle), angle):
            angle = refuse_flip_angle(flip_angle)
            sources = _entered(sources, "Flip angle", angle, "°")
        if preload is not None:
            preload = as_flag("preload", preload)
        return replace(
            self,
            time=time,
            echo_time=known_echo,
            flip_angle=angle,
            preload=self.preload if preload is None else preload,
            sources=sources,
            questions=questions,
            checked=self.checked if checked is None else checked,
        )

    def leaving_out(
        self, volumes: Iterable[int] | str | None = None, *, end: int | None = None
    ) -> "Series":
        """Return this scan without the volumes that a user leaves out, over what is found.

        Parameters
        ----------
        volumes : iterable of int, or str, optional
            All that are left out, counted from 0 as in the file, or as "4, 50-55"; none of them:
            every volume is used. None: those that seem blank, incomplete or foreign, once they
            have been looked for.
        end : int, optional
            First volume that is not used, nor any after it. None: the whole scan.

        Raises
        ------
        DscError
            If they are no volumes of this scan, or fewer than eight would be left.

        Examples
        --------
        >>> scan = Series(signal=np.ones((2, 60)), time=None, echo_time=None, affine=None)
        >>> chosen = scan.leaving_out("4, 20-22", end=58)
        >>> chosen.leave_out, chosen.end
        ((4, 20, 21, 22), 58)
        """
        leave_out = None if volumes is None else as_volumes("leave_out", volumes, self.n_volumes)
        stop = None if end is None else as_end("end", end, self.n_volumes)
        refuse_few_used(leave_out or (), stop, self.n_volumes)
        return replace(self, leave_out=leave_out, end=stop, left_out=None)

    @property
    def n_volumes(self) -> int:
        """Number of time points."""
        return int(self.signal.shape[-1])

    @property
    def repetition_time(self) -> float | None:
        """Time from one volume to the next (median), s; None while unknown."""
        if self.time is None or self.time.size < 2:
            return None
        return float(np.median(np.diff(self.time)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class KnownSeries(Series):
    """A scan whose time axis and echo time are known: for type checkers, and for a phantom.

    Where either is taken away, as by `dataclasses.replace`, a plain `Series` is made.
    """

    time: FloatArray
    echo_time: float

    def __new__(cls, **facts: Any) -> Any:
        """Make a plain `Series` where a fact is not known."""
        if facts and (facts.get("time") is None or facts.get("echo_time") is None):
            return Series(**facts)
        return object.__new__(cls)


def _same(entered: float, known: float | None) -> bool:
    """Whether a number that a user sees rounded to microseconds is the one that is known."""
    return known is not None and abs(entered - known) < 1e-6


def _entered(sources: dict[str, str], fact: str, value: float, unit: str = " s") -> dict[str, str]:
    """Sources with a fact that a user gives, and what they had said of it."""
    before = [words for key, words in sources.items() if key.startswith(fact)]
    known = [words.partition(FILE_SAID)[2] if BY_USER in words else words for words in before]
    said = "; ".join(filter(None, known))
    return {
        **{key: words for key, words in sources.items() if not key.startswith(fact)},
        fact: f"{value:g}{unit} ({BY_USER})" + (f"{FILE_SAID}{said}" if said else ""),
    }


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measures:
    """What is measured of each of V vascular curves; every column has shape (V,).

    Parameters
    ----------
    arrival : ndarray
        Time at which the curve rises through 5 % of its peak, s.
    peak : ndarray
        Largest delta R2*, 1/s.
    ttp : ndarray
        Its time, between samples, s.
    fwhm : ndarray
        Full width of the first pass at half of the peak, s.
    first_moment : ndarray
        Mean time of the curve, weighted by its height, s.
    roughness : ndarray
        Sum of the squared second differences of the curve over its area, 1/s².
    end_over_peak : ndarray
        Mean of the last three samples over the peak.
    smallest_signal : ndarray
        Smallest signal over the baseline signal.
    saturated : ndarray of int
        Samples within the noise floor, or without a signal.
    relative_peak : ndarray
        Peak over the highest of these curves that is not saturated; NaN where all are.
    jitter : ndarray
        Root of the sum of the squared second differences beside the first pass, carried over to
        the whole curve, over the peak: what is left is noise.
    """

    arrival: FloatArray
    peak: FloatArray
    ttp: FloatArray
    fwhm: FloatArray
    first_moment: FloatArray
    roughness: FloatArray
    end_over_peak: FloatArray
    smallest_signal: FloatArray
    saturated: NDArray[np.intp]
    relative_peak: FloatArray
    jitter: FloatArray


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Voxels that a vascular curve may be read from, the best first.

    Parameters
    ----------
    index : ndarray of int, shape (V, ndim)
        Their voxels.
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    measures : Measures
        Of each.
    verdicts : tuple of tuple of str
        Of each: ("good",), or what stands against it.
    chosen : ndarray of bool, shape (V,)
        Which of them make the curve.
    """

    index: NDArray[np.intp]
    curves: FloatArray
    measures: Measures
    verdicts: tuple[tuple[str, ...], ...]
    chosen: BoolArray


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aif:
    """Arterial input function: the average of the curves of the voxels it was read from.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        Delta R2* in the artery, 1/s: what tissue is deconvolved with.
    voxels : ndarray of bool, shape (...)
        Where it was read.
    notices : tuple of str
        What was done to the curve, in words.
    scaled_by : float
        By what it was multiplied to have the area of a VOF; 1 if it was not.
    candidates : Candidates or None
        The voxels among which a proposal chose; None for an AIF that somebody drew.
    origin : Origin or None
        How its voxels, or its curve, were chosen; None: nobody has said.
    measured : ndarray, shape (T,), or None
        The curve before it was replaced by its gamma variate or shifted; None: it was neither.
    history : tuple of str
        What was made of the voxels' curves, in few words: "median", "shifted by 0.5 s".
    """

    curve: FloatArray
    voxels: BoolArray
    notices: tuple[str, ...] = ()
    scaled_by: float = 1.0
    candidates: Candidates | None = None
    origin: Origin | None = None
    measured: FloatArray | None = None
    history: tuple[str, ...] = ()

    @classmethod
    def none(cls, samples: int, shape: tuple[int, ...]) -> "Aif":
        """Stand for an artery that there is not: no voxels, and NaN at every sample."""
        return cls(curve=np.full(samples, np.nan), voxels=np.zeros(shape, np.bool_))

    @property
    def known(self) -> bool:
        """Whether there is a curve; if not, maps were computed without an artery."""
        return bool(np.isfinite(self.curve).any())


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParameterMap:
    """One perfusion parameter, voxel by voxel.

    Parameters
    ----------
    values : ndarray, shape (...)
        The parameter. NaN where there is no answer.
    name, symbol, units : str
        What it is, in words, as a symbol, and in which unit.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None if the caller gave none.
    quality_mask : ndarray of bool, shape (...)
        True where the voxel gave an answer that stands.
    sd : ndarray, shape (...), or None
        Standard deviation of the truth, as far as the method knows it, in the same unit; None
        where it does not. Of a posterior: where the data say little, it is that of the prior.
    low, high : ndarray, shape (...), or None
        Ends of the interval that holds the truth with a probability of 68 %: its 16th and 84th
        percentile, which need not lie evenly about the value.
    scatter : ndarray, shape (...), or None
        Standard deviation that the curve's noise alone gives the value, of a method that is linear
        in the curve. It tells how far the value lies from that of the same method without noise,
        and nothing of how far that is from the truth.
    """

    values: FloatArray
    name: str
    symbol: str
    units: str
    affine: FloatArray | None
    quality_mask: BoolArray
    sd: FloatArray | None = None
    low: FloatArray | None = None
    high: FloatArray | None = None
    scatter: FloatArray | None = None

    def cut(self, part: Callable[[NDArray[Any]], NDArray[Any]]) -> "ParameterMap":
        """Take a part of the map, and of all that is known of its voxels."""
        own: dict[str, Any] = {one: getattr(self, one) for one in ("values", *BESIDE)}
        cut: Any = {name: part(one) for name, one in own.items() if one is not None}
        return replace(self, quality_mask=part(self.quality_mask), **cut)


@brief
@dataclass(frozen=True, slots=True, eq=False)
class DSCPerfusionMaps:
    """The perfusion parameters of one analysis.

    Parameters
    ----------
    cbv : ParameterMap
        Cerebral blood volume, mL/100g.
    cbf : ParameterMap
        Cerebral blood flow (Q.PH1.003, per 100 g), mL/100g/min.
    mtt : ParameterMap
        Mean transit time (Q.PH1.006), s.
    ttp : ParameterMap or None
        Time to peak (Q.CD1.003 from the start of the scan, Q.CD1.010 from bolus arrival), s.
    tmax : ParameterMap or None
        Time to the maximum of the residue function, s.
    delay : ParameterMap or None
        Arterial delay (Q.PH1.007), s.
    quality_mask : ndarray of bool, shape (...)
        True where the voxel gave an answer that stands.
    quality : ndarray of uint16, shape (...)
        Why not, as the bits of `napari_dsc.core.quality.Quality`.
    more : mapping of str to ParameterMap
        Further maps, by their keys in `napari_dsc.core.quantities.COMPUTED`.

    Raises
    ------
    DscError
        If a further map has a key that is no other map's of that table.
    """

    cbv: ParameterMap
    cbf: ParameterMap
    mtt: ParameterMap
    ttp: ParameterMap | None = None
    tmax: ParameterMap | None = None
    delay: ParameterMap | None = None
    quality_mask: BoolArray | None = None
    quality: NDArray[np.uint16] | None = None
    more: Mapping[str, ParameterMap] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {one.name for one in fields(self)}
        for key in self.more:
            if key in own or key not in COMPUTED:
                others = [one for one in COMPUTED if one not in own]
                raise DscError(
                    f"more must hold maps by a key of {', '.join(others) or 'no further map'}, got "
                    f"{key!r:.40}. Add its row to core/quantities.py, or leave it out."
                )

    def __iter__(self) -> Iterator[ParameterMap]:
        """Yield the maps that were computed, in the order in which they are read."""
        return (one for _, one in self.items())

    def items(self) -> Iterator[tuple[str, ParameterMap]]:
        """Yield the key and the map of what was computed, in the order in which they are read."""
        every = ((key, self.get(key)) for key in COMPUTED)
        return ((key, one) for key, one in every if one is not None)

    def __getitem__(self, key: str) -> ParameterMap:
        """Return a map by its key in `COMPUTED`.

        Raises
        ------
        DscError
            If it was not computed.
        """
        found = self.get(key)
        if found is None:
            known = ", ".join(one for one, _ in self.items())
            raise DscError(
                f"a map must have a key of those that were computed ({known}), got {key!r:.40}. "
                "Compute it, or choose another."
            )
        return found

    @property
    def first(self) -> ParameterMap:
        """The first map that was computed."""
        return next(iter(self))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every map."""
        return self.first.values.shape

    @property
    def affine(self) -> FloatArray | None:
        """Voxel indices to RAS millimetres; None if nobody knows."""
        return self.first.affine

    @property
    def blood_volume(self) -> ParameterMap:
        """CBV; without an artery the area under the bolus, which is proportional to it."""
        return self.get(CBV.key) or self.get(AUC.key) or self.cbv

    def beside(self) -> Mapping[str, ParameterMap]:
        """Standard deviations, percentiles and scatter of the maps as maps, by their symbols."""
        found: dict[str, ParameterMap] = {}
        for key, one in self.items():
            for kind in BESIDE:
                values = getattr(one, kind)
                if values is not None:
                    row = ROWS_BESIDE[key, kind]
                    found[row.symbol] = ParameterMap(
                        values=values,
                        name=row.name,
                        symbol=row.symbol,
                        units=row.units,
                        affine=one.affine,
                        quality_mask=one.quality_mask,
                    )
        return found

    def get(self, key: str) -> ParameterMap | None:
        """Return a map by its key in `COMPUTED`; None: it was not computed."""
        if key in self.more:
            return self.more[key]
        return getattr(self, key, None) if key in COMPUTED else None

    @classmethod
    def from_keys(
        cls,
        maps: Mapping[str, ParameterMap],
        *,
        quality_mask: BoolArray | None = None,
        quality: NDArray[np.uint16] | None = None,
    ) -> Self:
        """Make it from maps by their keys, those with a field of their own and all others."""
        own = maps.keys() & {one.name for one in fields(cls)}
        named: dict[str, Any] = {key: maps[key] for key in maps if key in own}
        more = {key: one for key, one in maps.items() if key not in own}
        if quality_mask is not None:
            named["quality_mask"] = quality_mask
        return cls(**named, quality=quality, more=more)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DeconvolvedMaps(DSCPerfusionMaps):
    """Perfusion parameters of a deconvolution: every one of them is there.

    Its `quality_mask` is that of `cbv` where none is given.
    """

    ttp: ParameterMap
    tmax: ParameterMap
    delay: ParameterMap
    quality_mask: BoolArray = OF_CBV

    def __post_init__(self) -> None:
        DSCPerfusionMaps.__post_init__(self)
        if cast("BoolArray | None", self.quality_mask) is None:
            object.__setattr__(self, "quality_mask", self.cbv.quality_mask)


class BolusMaps(DSCPerfusionMaps):
    """Maps of the bolus's shape, which need no artery: there is no CBV, no CBF, no MTT.

    Parameters
    ----------
    maps : mapping of str to ParameterMap
        By their keys in `napari_dsc.core.quantities.BOLUS`.
    quality_mask : ndarray of bool, shape (...), optional
        True where the voxel gave an answer that stands.
    quality : ndarray of uint16, shape (...), optional
        Why not, as the bits of `napari_dsc.core.quality.Quality`.

    Raises
    ------
    NoArteryError
        Where somebody reads a map that an artery is needed for.
    """

    __slots__ = ()
    quality_mask: BoolArray

    def __init__(
        self,
        maps: Mapping[str, ParameterMap],
        *,
        quality_mask: BoolArray | None = None,
        quality: NDArray[np.uint16] | None = None,
    ) -> None:
        own = {"ttp": maps.get("ttp"), "tmax": None, "delay": None}
        more = {key: one for key, one in maps.items() if key not in own}
        held = {**own, "quality_mask": quality_mask, "quality": quality, "more": more}
        for name, value in held.items():
            object.__setattr__(self, name, value)
        self.__post_init__()
        if quality_mask is None:
            object.__setattr__(self, "quality_mask", self.first.quality_mask)

    def __getattr__(self, name: str) -> Any:
        """Refuse a map that was not computed, and say what it needs."""
        if name in NEED_AN_ARTERY:
            raise NoArteryError(
                f"{COMPUTED[name].symbol} must have an arterial input function (AIF), got maps "
                "that were computed without one. Draw or propose an artery, and compute again."
            )
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"BolusMaps({', '.join(one.symbol for one in self)})"

    def __reduce__(self) -> Any:
        return _bolus_maps, (dict(self.items()), self.quality_mask, self.quality)

    @classmethod
    def from_keys(
        cls,
        maps: Mapping[str, ParameterMap],
        *,
        quality_mask: BoolArray | None = None,
        quality: NDArray[np.uint16] | None = None,
    ) -> Self:
        """Make it from maps by their keys."""
        return cls(maps, quality_mask=quality_mask, quality=quality)


NEED_AN_ARTERY = ("cbv", "cbf", "mtt")


def _bolus_maps(
    maps: Mapping[str, ParameterMap],
    quality_mask: BoolArray | None,
    quality: NDArray[np.uint16] | None,
) -> BolusMaps:
    """Make maps again that were copied or sent to another process."""
    return BolusMaps(maps, quality_mask=quality_mask, quality=quality)
