"""Scan on screen: its facts, layers and results, and the curves that are read off it."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import bridged, choice_in_words
from napari_dsc.core.maps import Residue, optimal_weights, residue_at
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.noise import scanner_noise
from napari_dsc.core.number_words import unit_words
from napari_dsc.core.pipeline import (
    Analysis,
    Prepared,
    Settings,
    everywhere,
    finer_times,
    prepare,
    remedy_in_words,
    sample_signals,
)
from napari_dsc.core.plausibility import COARSE_KEY
from napari_dsc.core.progress import finished
from napari_dsc.core.provenance import Origin
from napari_dsc.core.signal import log_attenuation
from napari_dsc.core.types import Aif, BoolArray, FloatArray, Series
from napari_dsc.io.aif import GivenCurve, resampled_curve
from napari_dsc.viewer.layers import (
    KEY,
    OBLIQUE,
    Placement,
    label_of,
    mask_from_layer,
)
from napari_dsc.viewer.scan.facts import ScanFacts
from napari_dsc.viewer.scan.layer_set import ScanLayers
from napari_dsc.viewer.scan.quality_layer import verdict
from napari_dsc.viewer.scan.results import ScanResults

if TYPE_CHECKING:
    from napari.layers import Image, Labels

__all__ = ["CURVE", "Scan", "Units", "is_blank"]

Units: TypeAlias = Sequence[Any] | None  # pint units, an axis each
CURVE = "curve"  # of a layer's metadata: times, values and unit of a curve that was loaded
UNSCALED = "Values"  # a fact for the record: what most files say is no news
VESSELS = ("artery", "vein")  # of these one label counts


class Scan:
    """A 4-D image layer and what belongs to it: facts, layers and results.

    What is read off it, such as a mask or a curve, is read on the axes of the file.

    Parameters
    ----------
    layer : Image
        The scan on screen, (t, z, y, x).
    series : Series
        The scan as the file gives it.
    place : Placement
        From the one to the other.
    settings : mapping
        Method, scale and switches with which it begins; empty: those of the form.

    Attributes
    ----------
    facts : ScanFacts
        What is known of it.
    layers : ScanLayers
        The layers chosen for it, and made of it.
    results : ScanResults
        What was computed of it.
    """

    def __init__(
        self,
        layer: "Image",
        series: Series,
        place: Placement,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.layer, self.place = layer, place
        self.facts = ScanFacts(
            series, leave_out=series.leave_out, end=series.end, settings=dict(settings or {})
        )
        self.layers, self.results = ScanLayers(), ScanResults()
        self._steady: dict[tuple[Labels, str], BoolArray] | None = None
        self._seen: dict[str, NDArray[Any] | None] = {}
        self._noise: tuple[Any, ...] | None = None  # of which signals and volumes, and how much
        self._reader: tuple[Analysis, Callable[[FloatArray, float], Residue]] | None = None
        self._weights: tuple[Analysis, dict[float, FloatArray]] | None = None
        self._finer: tuple[Analysis, tuple[str, str]] | None = None

    @property
    def ras(self) -> FloatArray | None:
        """Voxel indices to RAS millimetres; None where nobody knows left from right."""
        return self.facts.series.affine if self.facts.series.oriented else None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a volume, in the file."""
        return self.facts.series.signal.shape[:-1]

    def place_anew(self, series: Series, place: Placement) -> None:
        """Take where the scan lies; its layer is to be turned with it.

        Parameters
        ----------
        series : Series
            The scan, with another affine.
        place : Placement
            Of that.
        """
        self.place = place
        self.results.drop()
        self.facts.take_orientation(series)

    def mask(self, layer: "Labels | None", role: str = "") -> BoolArray | None:
        """Mask that a labels layer holds, on the axes of the file; None for no layer.

        Parameters
        ----------
        layer : Labels or None
            Which.
        role : str
            "artery" or "vein": of several labels the one that was chosen for it; else all count.

        Raises
        ------
        ChoiceNeededError
            If there are several labels, and none was chosen yet.
        DscError
            If it does not fit this scan.
        """
        if layer is None:
            return None
        known = {} if self._steady is None else self._steady
        if (layer, role) not in known:
            label = label_of(layer, role) if role in VESSELS else None
            known[layer, role] = mask_from_layer(layer, self.place, self.shape, label)
        return known[layer, role]

    def chosen(self, layer: "Labels", origin: Origin) -> None:
        """Keep how the voxels that a layer holds now were chosen."""
        mask = self.mask_or_none(layer)
        self.layers.remember(
            layer, origin, np.zeros(self.shape, np.bool_) if mask is None else mask
        )

    def meet(self, layer: "Labels | None") -> None:
        """Keep that a layer came from a file, unless more is known of it."""
        if layer is not None and layer not in self.layers.origins and layer.source.path is not None:
            self.chosen(layer, Origin(kind="mask file"))

    def origin_of(self, layer: "Labels | None") -> Origin | None:
        """How the voxels of a layer were chosen, and what was edited since; None for no layer."""
        if layer is None:
            return None
        mask = self.mask_or_none(layer)
        origin, first = self.layers.origins.get(layer, (Origin(kind="drawn"), None))
        if mask is None or first is None or origin.kind == "drawn":
            return origin
        if origin.kind == "curve file":  # voxels that are painted on it replace it
            return Origin(kind="drawn") if mask.any() else origin
        return origin.edited(first, mask)

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """Read each mask once, for as long as nobody can paint: in one turn of the event loop."""
        outer, self._steady = self._steady, {} if self._steady is None else self._steady
        try:
            yield
        finally:
            self._steady = outer

    def mask_or_none(self, layer: "Labels | None", role: str = "") -> BoolArray | None:
        """Mask that a labels layer holds; None also where it does not fit this scan."""
        try:
            return self.mask(layer, role)
        except DscError:  # the panel says so
            return None

    def voxel_at(self, position: Sequence[float], units: Units) -> tuple[int, int, int] | None:
        """Voxel (z, y, x) of the screen under a position of the world, in its units; or None."""
        if len(position) != self.layer.ndim:
            return None
        z, y, x = self._index_at(position, units)
        inside = all(0 <= i < n for i, n in zip((z, y, x), self.layer.data.shape[1:], strict=True))
        return (z, y, x) if inside else None

    def slice_at(self, position: Sequence[float], units: Units) -> int | None:
        """Slice (z) of the screen at a position of the world, in its units; or None."""
        if len(position) != self.layer.ndim:
            return None
        z, _, _ = self._index_at(position, units)
        return z if 0 <= z < self.layer.data.shape[1] else None

    def beside(self, position: Sequence[float], units: Units, axis: int, step: int) -> float | None:
        """Where the slice so many further on lies, along one of the last three axes of the world.

        Parameters
        ----------
        position : sequence of float
            Where the world is cut now, in its units.
        units : sequence, or None
            Those of the world.
        axis : int
            -3, -2 or -1.
        step : int
            How many slices, towards higher coordinates.

        Returns
        -------
        float or None
            On that axis of the world; the last slice where there are no more; None if the world
            is cut beside the scan.
        """
        if len(position) != self.layer.ndim:
            return None
        index = list(self._index_at(position, units))
        last = self.layer.data.shape[axis] - 1
        if not 0 <= index[axis] <= last:
            index[axis] = 0 if index[axis] < 0 else last
            step = 0
        after = index.copy()
        after[axis] += 1
        (z, y, x), ahead = index, after
        up = self.position_of((ahead[0], ahead[1], ahead[2]), units)[axis]
        rising = up > self.position_of((z, y, x), units)[axis]
        index[axis] = min(max(index[axis] + (step if rising else -step), 0), last)
        return self.position_of((index[0], index[1], index[2]), units)[axis]

    def _index_at(self, position: Sequence[float], units: Units) -> tuple[int, int, int]:
        z, y, x = map(int, np.round(self.layer.world_to_data(self._own(position, units)))[1:])
        return z, y, x

    def file_index(self, voxel: tuple[int, int, int]) -> tuple[int, int, int]:
        """Index in the file of a voxel (z, y, x) of the screen."""
        index = [0, 0, 0]
        for axis, at in zip(self.place.order, voxel[::-1], strict=True):
            index[axis] = at
        i, j, k = index
        return i, j, k

    def screen_index(self, index: Sequence[int]) -> tuple[int, int, int]:
        """Voxel (z, y, x) of the screen of an index in the file."""
        x, y, z = (int(index[axis]) for axis in self.place.order)
        return z, y, x

    def position_of(self, voxel: tuple[int, int, int], units: Units) -> list[float]:
        """Where a voxel (z, y, x) lies in the world, in its units, on the last three axes."""
        world = self.layer.data_to_world((0, *voxel))
        pairs = zip(world, units or self.layer.units, self.layer.units, strict=True)
        return [
            float((at * ours).to(theirs).magnitude) if theirs.is_compatible_with(ours) else at
            for at, theirs, ours in pairs
        ][1:]

    def volume_at(self, position: Sequence[float], units: Units) -> int | None:
        """Volume that a position of the world, in its units, lies in; None outside the scan."""
        if len(position) != self.layer.ndim:
            return None
        volume = int(np.round(self.layer.world_to_data(self._own(position, units))[0]))
        return volume if 0 <= volume < self.facts.series.n_volumes else None

    def _own(self, position: Sequence[float], units: Units) -> list[float]:
        """Position in the units of the layer: beside a layer in µm the world is in µm."""
        pairs = zip(position, units or self.layer.units, self.layer.units, strict=True)
        return [
            float((at * theirs).to(ours).magnitude) if theirs.is_compatible_with(ours) else at
            for at, theirs, ours in pairs
        ]

    def read_out(self, voxel: tuple[int, int, int]) -> str:
        """Value and unit of every map at a voxel (z, y, x) of the screen.

        A second line says what stands against them, if anything does.
        """
        words = []
        for symbol, layer in self.layers.maps.items():
            value = float(layer.data[voxel])
            unit = unit_words(layer.metadata[KEY]["unit"])
            words.append(
                f"{symbol} {value:.3g} {unit}".rstrip() if np.isfinite(value) else f"{symbol} –"
            )
        said = "" if self.layers.quality is None else verdict(int(self.layers.quality.data[voxel]))
        return "\n".join(filter(None, ["   ".join(words), said]))

    def input_of(self, layer: "Labels | None") -> "BoolArray | Aif | None":
        """What a layer says of the artery: its voxels; a curve that was loaded, if it has none.

        Raises
        ------
        DscError
            If the layer lies on another grid, or its curve does not cover the scan.
        """
        mask = self.mask(layer, "artery")
        curve = None if layer is None else layer.metadata.get(KEY, {}).get(CURVE)
        if mask is None or mask.any() or curve is None:
            return mask
        time = self.facts.settled.time
        if time is None:
            raise DscError("Enter the repetition time TR first: a loaded curve runs in seconds.")
        given = GivenCurve(*curve)
        times, values, unit = given[:3]
        echo_time = self.facts.settled.echo_time
        if unit == "1/s" and echo_time is None:
            raise DscError("Enter the echo time TE first: the loaded curve is in 1/s.")
        if unit != "1/s" and echo_time is not None:
            values = values / echo_time
        onto = time[self.facts.retained]
        return Aif(
            curve=resampled_curve(times, values, onto),
            voxels=mask,
            notices=given.said,
            scaled_by=given.scaled_by,
        )

    def given_on(self, layer: "Labels | None") -> GivenCurve | None:
        """Curve that was loaded onto a layer and stands for the artery: it has no voxel; or None.

        Raises
        ------
        DscError
            If the layer lies on another grid.
        """
        mask = self.mask(layer)
        curve = None if layer is None else layer.metadata.get(KEY, {}).get(CURVE)
        return None if curve is None or mask is None or mask.any() else GivenCurve(*curve)

    def given_samples(self, layer: "Labels | None") -> FloatArray | None:
        """Samples of the curve that a layer carries and that stands for the artery; or None."""
        try:
            given = self.given_on(layer)
        except DscError:  # the panel says so
            return None
        return None if given is None else np.asarray(given.curve)

    def arterial_input(
        self, artery: "BoolArray | Aif", vein: BoolArray | None, settings: Settings
    ) -> tuple[Aif, FloatArray]:
        """Arterial input as a run would take it now, and the times of its samples, s.

        It is cheap: where no run has read the curves, those of the vessels alone are read.

        Parameters
        ----------
        artery : ndarray of bool, shape (X, Y, Z), or Aif
            Arterial voxels, or a curve that was loaded.
        vein : ndarray of bool, shape (X, Y, Z), or None
            Voxels to whose area it is scaled; None: it is not.
        settings : Settings
            How the maps would be computed.

        Raises
        ------
        DscError
            If the time step is unknown, the voxels make no curve, or no gamma variate fits where
            one is wanted.
        """
        time = self.facts.settled.time
        if time is None:
            raise DscError("Enter the repetition time TR first: a curve runs in seconds.")
        if isinstance(artery, Aif) and vein is None:
            onto = time[self.facts.retained]
            return settings.recipe.applied(artery, onto), onto
        vessels = np.zeros(self.shape, dtype=np.bool_)
        for mask in (artery, vein):
            if isinstance(mask, np.ndarray):
                vessels |= mask
        if not vessels.any():
            raise DscError("Draw the artery first: press Draw AIF, or Propose AIF.")
        made = None if self.results.run is None else self.results.run[1].prepared
        serves = (
            made is not None
            and made.serves(self.facts.settled, made.brain, self.facts.span)
            and not (vessels & ~made.brain).any()
        )
        known = made if made is not None and serves else self._prepared(vessels)
        known = known.under(settings)
        return known.arterial_input(artery, vein), known.time

    def _prepared(self, vessels: BoolArray) -> Prepared:
        """Curves of some vessels, prepared as a run prepares those of the brain."""
        # A few vessels do not tell which volumes are odd: what the brain told holds.
        series = replace(self.facts.settled, checked=True, left_out=self.facts.left_out or ())
        return finished(prepare(series, vessels, self.facts.span))

    def in_words(self) -> str:
        """What is known of the scan, in one or two lines."""
        series = self.facts.settled
        words = [f"{series.n_volumes} volumes"]
        if series.repetition_time is not None:
            total = series.repetition_time * series.n_volumes
            words.append(f"TR {series.repetition_time:g} s, {total:g} s in all")
        told = {fact: said for fact, said in series.sources.items() if fact != UNSCALED}
        sources = [f"{fact}: {said}" for fact, said in told.items()]
        if self.place.obliquity > OBLIQUE:
            sources.append(f"Oblique by {self.place.obliquity:.0f}°: shown on the nearest axes")
        facts = self.facts
        left_out = choice_in_words(facts.odd, facts.leave_out, facts.end)
        return "\n".join([", ".join(words), *sources, *series.notices, *facts.notices, *left_out])

    def curve_at(self, voxel: tuple[int, int, int]) -> FloatArray:
        """Delta R2* of a voxel (z, y, x) of the screen, 1/s; scaled by TE while it is unknown."""
        return self._relaxation(self.facts.series.signal[self.file_index(voxel)])

    def look_at(self, voxel: tuple[int, int, int]) -> Residue | None:
        """Residue function of a voxel (z, y, x) of the screen, as in the run that made the maps.

        None where there is none: outside the brain, without a whole curve, before a run, or once
        the times or the baseline of that run are no longer those on screen.
        """
        if self.results.run is None:
            return None
        analysis, index = self.results.run[1], self.file_index(voxel)
        made = analysis.prepared
        if not made.brain[index] or not made.serves(
            self.facts.settled, made.brain, self.facts.span
        ):
            return None
        curve = self.curve_at(voxel)[self.facts.retained]
        if not np.isfinite(curve).all():
            return None
        if not analysis.with_artery:  # nothing was deconvolved
            return None
        if self._reader is None or self._reader[0] is not analysis:
            how, curve_of_aif = analysis.settings, analysis.aif.curve
            self._reader = (
                analysis,
                residue_at(made.tissue, curve_of_aif, how.method, how.timing),
            )
        return self._reader[1](curve, made.offset_of(index))

    def finer_times(self) -> tuple[str, str]:
        """Method that tells Tmax and delay better than the last run's, and how well; or empty."""
        if self.results.run is None:
            return "", ""
        analysis = self.results.run[1]
        if self._finer is None or self._finer[0] is not analysis:
            found = None
            if any(one.key == COARSE_KEY for one in analysis.findings):
                found = finer_times(analysis.prepared, analysis.aif.curve, analysis.settings)
            told = ("", "") if found is None else (found.name, remedy_in_words(found))
            self._finer = analysis, told
        return self._finer[1]

    def weights_at(
        self, voxel: tuple[int, int, int] | None
    ) -> tuple[FloatArray, FloatArray] | None:
        """Weights that CBV of a voxel (z, y, x) was read with, and their times, s.

        None: of a voxel in the first slice. Nothing where CBV is an integral, before a run, or
        once the times or the baseline of that run are no longer those on screen.
        """
        if self.results.run is None or self.results.run[1].settings.cbv != "weights":
            return None
        analysis = self.results.run[1]
        made = analysis.prepared
        if not made.serves(self.facts.settled, made.brain, self.facts.span):
            return None
        offset = 0.0 if voxel is None else made.offset_of(self.file_index(voxel))
        if self._weights is None or self._weights[0] is not analysis:
            self._weights = analysis, {}
        known = self._weights[1]
        if offset not in known:
            artery = made.tissue.artery_at(analysis.aif.curve, offset)
            known[offset] = optimal_weights(made.tissue, artery).values
        return made.tissue.axis.time, known[offset]

    def curves_at(self, index: NDArray[np.intp]) -> FloatArray:
        """Delta R2* of some indices of the file, shape (V, T), 1/s; as `curve_at`."""
        return self._relaxation(self.facts.series.signal[tuple(index.T)])

    def curves_in(self, mask: BoolArray | None) -> FloatArray:
        """Delta R2* of the voxels of a mask, shape (V, T), 1/s; as `curve_at`."""
        if mask is None or not mask.any():
            return np.empty((0, self.facts.series.n_volumes))
        return self._relaxation(curves_of(self.facts.series.signal, mask))

    def mean_curve(self, region: BoolArray | None = None) -> FloatArray | None:
        """Delta R2* of the mean signal of a region, or of the brain, 1/s; None without voxels."""
        signal = self.facts.mean_signal
        if region is not None:
            signal = (
                mean_curve(sample_signals(self.facts.settled, region)) if region.any() else None
            )
        return None if signal is None else self._relaxation(signal)

    @property
    def noise(self) -> float | None:
        """Standard deviation of the scanner's noise before the bolus, a.u.; None: no brain."""
        facts, signals = self.facts, self.facts.signals
        if signals is None:
            return None
        of = (signals, facts.retained, facts.span)
        known = self._noise
        if known is None or known[0] is not of[0] or known[1:3] != of[1:]:
            start, stop = facts.span
            around = everywhere(facts.settled)[:, facts.retained]
            noise = scanner_noise(signals[:, facts.retained], slice(0, stop - start), around)
            self._noise = known = (*of, noise)
        return float(known[3])

    def is_changed(self, name: str, mask: NDArray[Any] | None) -> bool:
        """Whether a mask, or a curve, differs from the one last seen under that name."""
        known = self._seen.get(name)
        if known is None or mask is None:
            return known is not mask
        return not np.array_equal(known, mask)

    def is_new(self, name: str, mask: NDArray[Any] | None) -> bool:
        """As `is_changed`; from now on it is the one last seen."""
        changed = self.is_changed(name, mask)
        self._seen[name] = mask
        return changed

    def _relaxation(self, signal: NDArray[Any]) -> FloatArray:
        with np.errstate(all="ignore"):
            whole = bridged(signal, self.facts.left_out or (), self.facts.settled.time)
            curves = log_attenuation(whole, slice(*self.facts.span))
        if not self.facts.undecided:  # else all is shown that there is to choose from
            curves[..., : self.facts.retained.start] = np.nan  # discarded
            curves[..., self.facts.retained.stop :] = np.nan  # left out, and nothing is behind them
        echo_time = self.facts.settled.echo_time
        return curves if echo_time is None else curves / np.float32(echo_time)


def is_blank(layer: "Labels") -> bool:
    """Whether a labels layer holds neither a voxel nor a curve that was loaded."""
    return not np.any(layer.data) and CURVE not in layer.metadata.get(KEY, {})
