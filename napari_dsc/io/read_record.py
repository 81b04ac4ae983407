"""Record of results read back: what made the maps, so that they can be made again."""

import math
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import FACT
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline import Analysis, LeakageMasks, Settings, stages
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.provenance import Origins
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.settings import ALWAYS, SETTINGS, Setting, settings_from
from napari_dsc.core.time_units import LARGEST_DOSE, LARGEST_FLIP
from napari_dsc.core.tumour import TumourReading, read_tumour
from napari_dsc.core.types import Aif, BoolArray, Content, FloatArray, Progress, Series
from napari_dsc.core.volumes import as_end
from napari_dsc.io.aif.curve_text import refuse_factor
from napari_dsc.io.atomic_files import read_json
from napari_dsc.io.judgements import read_findings, read_late
from napari_dsc.io.mask_files import listed_voxels, mask_of
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.provenance import read_origin
from napari_dsc.io.record import EARLIER, FORMAT, LARGEST_RECORD, WINDOWED_SCALING
from napari_dsc.io.tumour_json import TumourAgain, read_tumour_again, read_tumour_lines
from napari_dsc.motion import moved_back

__all__ = ["Replay", "brought", "read_record", "replayed", "tumour_again"]

STRONGEST = 25.0  # T
FARTHEST = 100.0  # mm, or rad: no volume was moved by more
MOST_VOXELS = 2**28  # of one volume: masks of more are not made room for
SHA256 = re.compile(r"[0-9a-f]{64}")
EARLIER_SCALING = (
    "These maps were made by an earlier version, which took the areas of AIF and VOF within the "
    "window of CBV: over all retained volumes the factor, and with it CBF and CBV, are others."
)
AS_FILE = "as its file says it"
REMEDY = "Choose a record.json that napari-dsc has written."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """All that a record says of how its maps were made.

    Parameters
    ----------
    content : mapping
        The record itself.
    sha256 : str or None
        Of the scan; None if it came from no file.
    shape : tuple of int
        Of the scan, (X, Y, Z, T).
    time : ndarray, shape (T,)
        When each volume was measured, s.
    repetition_time, echo_time : float or None
        Seconds; None: unknown.
    quantity : str
        What the scan was taken to hold: "signal", or "delta R2*".
    checked : bool
        Whether somebody had looked at what seemed odd of it.
    slice_times : ndarray, shape (S,), or None
        When each slice was measured after its volume began, s; None: unknown.
    slice_axis : int
        Along which axis the slices lie.
    choices : mapping
        What was chosen for the scan to be read.
    moves : ndarray, shape (T, 6), or None
        How its volumes were moved back; None: not at all.
    left_out : tuple of int
        Volumes that were not used, counted from 0.
    leave_out, end : tuple of int, int, or None
        What a user had chosen of these: see `Series.leaving_out`.
    artery : ndarray of bool, shape (X, Y, Z), Aif, or None
        Arterial voxels, or a curve that was loaded; None: maps were computed without one.
    vein : ndarray of bool, shape (X, Y, Z), or None
        Voxels to which the AIF was scaled.
    brain : ndarray of bool, shape (X, Y, Z)
        Voxels that were computed.
    settings : Settings
        How.
    files : mapping
        SHA-256 of each file that was written, by the ending of its name.
    tumour : tuple, or None
        What enhances, what it is relative to, and how it is read; None: nothing was.
    origins : Origins
        How AIF, VOF and brain were chosen, as far as the record says.
    notices : tuple of str
        What a replay of a record of an earlier version does otherwise.
    leakage : LeakageMasks or None
        Tissue that was taken not to leak, and where leakage was corrected; None: nobody asked.
    flip_angle, field_strength, preload, dose : float, float, bool, float, or None
        Degrees, T, whether agent was given before the scan, and mL of its bolus; None: unknown.
    """

    content: Mapping[str, Any]
    sha256: str | None
    shape: tuple[int, ...]
    time: FloatArray
    repetition_time: float | None
    echo_time: float | None
    quantity: Content
    checked: bool
    slice_times: FloatArray | None
    slice_axis: int
    choices: Mapping[str, str]
    moves: FloatArray | None
    left_out: tuple[int, ...]
    artery: BoolArray | Aif | None
    vein: BoolArray | None
    brain: BoolArray
    settings: Settings
    files: Mapping[str, str]
    tumour: TumourAgain | None = None
    origins: Origins = field(default_factory=Origins)
    notices: tuple[str, ...] = ()
    leave_out: tuple[int, ...] | None = None
    end: int | None = None
    leakage: LeakageMasks | None = None
    flip_angle: float | None = None
    field_strength: float | None = None
    preload: bool | None = None
    dose: float | None = None

    def of(self, series: Series, sha256: str | None) -> Series:
        """Scan as it was taken when the maps were made: its times, and what it holds.

        Parameters
        ----------
        series : Series
            The scan as its file gives it.
        sha256 : str or None
            Its fingerprint.

        Raises
        ------
        DscError
            If it is not the scan of this record.
        """
        self._refuse_other(series, sha256)
        known = series.settled(
            repetition_time=self.repetition_time, echo_time=self.echo_time, checked=self.checked
        )
        settled = replace(
            known,
            time=self.time,
            echo_time=self.echo_time,
            slice_times=self.slice_times,
            slice_axis=self.slice_axis,
            checked=self.checked,
            left_out=self.left_out,
            leave_out=self.leave_out,
            end=self.end,
            flip_angle=self.flip_angle,
            field_strength=self.field_strength,
            preload=self.preload,
            dose=self.dose,
        )
        return settled if self.quantity == "signal" else from_delta_r2_star(settled)

    def _refuse_other(self, series: Series, sha256: str | None) -> None:
        """Raise for another scan, or for this one read in another way."""
        if self.sha256 is None or sha256 is None:
            raise DscError(
                "a record must name the scan that it was made from, got one without a file. "
                "Nobody can tell whether this is the same."
            )
        if self.sha256 != sha256:
            raise DscError(
                f"the scan must be the one that the record was made from ({self.sha256[:8]}…), "
                f"got another ({sha256[:8]}…). Open that one."
            )
        for fact in ("echo", "axis"):
            was, now = self.choices.get(fact), series.choices.get(fact)
            if was is not None and now is not None and was != now:
                raise DscError(
                    f"the scan must be read with {fact} {was}, as for the record, got {now}. Open "
                    "it again and choose that."
                )
        was, now = self.choices.get(FACT), series.choices.get(FACT)
        if was != now:
            raise DscError(
                f"the scan must have the orientation of the record, {was or AS_FILE}, got "
                f"{now or AS_FILE}. State it so: Orientation … in the viewer, --orientation."
            )
        if series.moves is not None and not np.array_equal(series.moves, self.moves):  # type: ignore[arg-type]
            raise DscError(
                "these maps were made of the scan without this motion correction. Choose the scan "
                "as it was measured."
            )
        if series.signal.shape != self.shape:
            raise DscError(
                f"the scan must have the record's shape {self.shape}, got {series.signal.shape}. "
                "Choose the same echo or axis."
            )


def brought(record: Replay, series: Series) -> Generator[Progress, None, Series]:
    """Move the volumes of a scan, which `Replay.of` returned, as they were moved for a record.

    Raises
    ------
    DscError
        If they were, and SimpleITK is not installed.
    """
    if record.moves is None or series.moves is not None:
        return series
    return (yield from moved_back(series, record.moves))


def replayed(record: Replay, series: Series) -> Generator[Progress, None, Analysis]:
    """Make the maps of a record again, from the scan that `brought` returns.

    What was known only while its inputs were chosen, such as why a volume is left out, or that a
    curve was scaled before, is taken over from the record's notices.
    """
    work = stages(
        series,
        record.artery,
        record.brain,
        record.settings,
        vein=record.vein,
        origins=record.origins,
        leakage=record.leakage,
    )
    analysis = yield from work
    said = record.content.get("notices", ())
    written = [notice for notice in said if isinstance(notice, str) and notice.isprintable()]
    again = {*series.notices, *analysis.notices}
    notices = [*analysis.notices, *(notice for notice in written if notice not in again)]
    notices.sort(key=lambda notice: written.index(notice) if notice in written else len(written))
    return replace(analysis, notices=tuple(notices))


def tumour_again(record: Replay, analysis: Analysis) -> TumourReading | None:
    """Read the tumour of a record again, from maps that were made again; None: none was read."""
    if record.tumour is None:
        return None
    enhancing, reference, choice, scale, unseen = record.tumour
    axis = analysis.prepared.series.slice_axis
    return read_tumour(
        analysis.maps,
        analysis.brain,
        enhancing,
        reference,
        choice,
        scale=scale,
        corrected_in=None if analysis.leaked is None else analysis.leaked.corrected_in,
        leakage_doubt=Protocol.of(analysis.prepared.series).doubt,
        unseen=unseen,
        slice_axis=axis,
    )


def read_record(path: Path) -> Replay:
    """Read a record.

    Parameters
    ----------
    path : Path
        `record.json` of a folder of results.

    Raises
    ------
    DscError
        If it is damaged, is none, or comes from another version.
    """
    try:
        content = read_json(path, LARGEST_RECORD)
    except OSError as error:
        raise DscError(
            f"{path.name} must be readable, got: {error.strerror}. Choose another file."
        ) from error
    if content.get("record") not in (FORMAT, *EARLIER):
        raise DscError(f"{path.name} must say {FORMAT!r}, got something else. {REMEDY}")
    try:
        made = _replay(content)
        _refuse_untold(content)
        return made
    except DscError as error:
        raise DscError(f"{path.name}: {error}") from error
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise DscError(
            f"{path.name} must be a whole record, got one that is damaged "
            f"({type(error).__name__}). {REMEDY}"
        ) from error


def _refuse_untold(content: Mapping[str, Any]) -> None:
    """Raise for a record of which nobody could tell what was done, or only with control codes."""
    read_findings(content)
    read_late(content)
    read_tumour_lines(content)
    if not all(map(str.isprintable, [methods_paragraph(content), *citations(content)])):
        raise DscError(f"a record must be plain text, got control characters. {REMEDY}")


def _replay(content: Mapping[str, Any]) -> Replay:
    scan, aif = content["input"], content["aif"]
    shape = _shape(scan)
    voxels = _marked(aif["voxels"], shape[:3])
    measured = aif.get("measured", aif["curve"])  # fit and shift are made anew
    curve = None if measured is None else _finite(measured)
    vein = content["vof"]
    return Replay(
        content=content,
        shape=shape,
        **_facts(scan, shape[3]),
        **_volumes_not_used(scan, shape[3]),
        artery=_artery(aif, voxels, curve),
        # A curve without voxels was scaled when it was recorded.
        vein=None if vein is None or not voxels.any() else _marked(vein, shape[:3]),
        brain=mask_of(content["brain_runs"], shape[:3]),
        tumour=read_tumour_again(content, shape[:3]),
        settings=_settings(content["settings"]),
        files=_texts("files", content.get("files", {})),
        origins=Origins(
            aif=read_origin(aif.get("origin")),
            vof=read_origin(content.get("vof_origin")),
            brain=read_origin(content.get("brain_origin")),
        ),
        notices=_notices(content),
        leakage=_leakage(content.get("leakage"), shape[:3]),
    )


def _shape(scan: Mapping[str, Any]) -> tuple[int, ...]:
    """Shape of the scan, (X, Y, Z, T)."""
    shape = tuple(int(one) for one in scan["shape"])
    if len(shape) != 4 or min(shape) < 1 or math.prod(shape[:3]) > MOST_VOXELS:
        raise DscError(f"shape must be that of a scan, got {shape!s:.60}. {REMEDY}")
    return shape


def _facts(scan: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Facts of a scan of so many volumes: its times, its protocol, and how it was read."""
    time, sha256 = _finite(scan["time_s"]), scan["sha256"]
    if time.shape != (count,):
        raise DscError(f"time_s must have a number for each of {count} volumes. {REMEDY}")
    if sha256 is not None and not SHA256.fullmatch(sha256):
        raise DscError(f"sha256 must be 64 hexadecimal digits, got something else. {REMEDY}")
    known = scan["quantity"] in get_args(Content)
    if not known or type(scan["checked_by_user"]) is not bool:
        raise DscError(f"quantity and checked_by_user must be known, got something else. {REMEDY}")
    slices, moves = scan["slice_times_s"], scan["moves"]
    return {
        "sha256": sha256,
        "time": time,
        "repetition_time": _seconds(scan["repetition_time_s"]),
        "echo_time": _seconds(scan["echo_time_s"]),
        "quantity": scan["quantity"],
        "checked": scan["checked_by_user"],
        "slice_times": None if slices is None else _finite(slices),
        "slice_axis": (0, 1, 2).index(scan["slice_axis"]),
        "choices": _texts("choices", scan["choices"]),
        "moves": None if moves is None else _moves(moves, count),
        "flip_angle": _within(scan.get("flip_angle_deg"), LARGEST_FLIP),
        "field_strength": _within(scan.get("field_strength_T"), STRONGEST),
        "preload": _preload(scan.get("preload")),
        "dose": _within(scan.get("dose_mL"), LARGEST_DOSE),
    }


def _volumes_not_used(scan: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Volumes that were not used, and those of them that a user had chosen."""
    leave_out, end = scan.get("left_out_by_user"), scan.get("end_by_user")
    return {
        "left_out": _left_out(scan.get("left_out_volumes", []), count),
        "leave_out": None if leave_out is None else _left_out(leave_out, count),
        "end": None if end is None else as_end("end_by_user", end, count),
    }


def _leakage(known: Mapping[str, Any] | None, shape: tuple[int, ...]) -> LeakageMasks | None:
    """Masks of a correction for leakage; None where nobody asked for one."""
    if known is None:
        return None
    runs = known["region_runs"]
    region = None if runs is None else mask_of(runs, shape)
    return LeakageMasks(
        reference=mask_of(known["reference_runs"], shape),
        region=region if region is not None and region.any() else None,
        reference_origin=read_origin(known.get("reference_origin")),
        region_origin=read_origin(known.get("region_origin")),
    )


def _within(value: Any, most: float) -> float | None:
    """A positive number up to some limit, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not 0 < float(value) <= most:
        raise DscError(f"a fact of the scan must be a number up to {most:g}. {REMEDY}")
    return float(value)


def _preload(value: Any) -> bool | None:
    if value is not None and type(value) is not bool:
        raise DscError(f"preload must be true, false or unknown, got something else. {REMEDY}")
    return value


def _notices(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what today's program computes otherwise than the one that wrote a record."""
    windowed = content["settings"]["window_volumes"] is not None
    if content["record"] in WINDOWED_SCALING and content["vof"] is not None and windowed:
        return (EARLIER_SCALING,)
    return ()


def _artery(
    aif: Mapping[str, Any], voxels: BoolArray, curve: FloatArray | None
) -> BoolArray | Aif | None:
    """Voxels of an AIF, or its curve; None of maps that were computed without one."""
    if curve is None and voxels.any():
        raise DscError(f"an AIF of voxels must have a curve, got none. {REMEDY}")
    if voxels.any() or curve is None:
        return voxels if curve is not None else None
    return Aif(curve=curve, voxels=voxels, scaled_by=_factor(aif))


def _factor(aif: Mapping[str, Any]) -> float:
    """By what a curve without voxels was multiplied when it was recorded."""
    factor = float(aif.get("scaled_by") or 1.0)
    refuse_factor(factor)
    return factor


def _finite(values: Any) -> FloatArray:
    made = np.array(values, dtype=np.float64)
    if made.ndim != 1 or not np.isfinite(made).all():
        raise DscError(f"times and curves must be lists of numbers, got something else. {REMEDY}")
    return made


def _moves(values: Any, count: int) -> FloatArray:
    made = np.array(values, dtype=np.float64)
    if made.shape != (count, 6) or not (np.abs(made) < FARTHEST).all():
        raise DscError(f"moves must be six small numbers for each volume. {REMEDY}")
    return made


def _left_out(values: Any, count: int) -> tuple[int, ...]:
    numbers = isinstance(values, list) and all(type(one) is int for one in values)
    if not numbers or not all(0 <= one < count for one in values):
        raise DscError(f"left_out_volumes must be volumes of the scan. {REMEDY}")
    return tuple(sorted(set(values)))


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if not 0 < float(value) < 1e6:
        raise DscError(f"a time must be positive, got {float(value):g}. {REMEDY}")
    return float(value)


def _marked(index: Any, shape: tuple[int, ...]) -> BoolArray:
    voxels = np.zeros(shape, np.bool_)
    voxels[tuple(listed_voxels(index, shape, REMEDY).T)] = True
    return voxels


def _settings(known: Mapping[str, Any]) -> Settings:
    """Settings from what `settings_as_json` made of them."""
    name = str(known["deconvolution_method"])
    own = [parameters_of(kind) for key, kind in DECONVOLVERS.items() if key == name]
    if not own:
        raise DscError(f"the method must be one of {', '.join(DECONVOLVERS)}. {REMEDY}")
    rows = [
        row
        for row in SETTINGS.values()
        if row.owner and (row.owner != "method" or row.kind == "method" or row.name in own[0])
    ]
    return settings_from({row.name: _value(row, _named(row, known)) for row in rows})


def _named(row: Setting, known: Mapping[str, Any]) -> Any:
    """What a record says of a setting, or what held before there was such a setting.

    One that hangs on another that was not asked for is as by default: nobody has chosen it.
    """
    if row.before == ALWAYS:
        return known[row.key[-1]]
    other = SETTINGS.get(row.beside)
    idle = other is not None and known.get(other.key[-1], other.before) == other.before
    return known.get(row.key[-1], row.default if idle else row.before)


def _value(row: Setting, value: Any) -> Any:
    """Value of a setting from that of a record."""
    key = row.key[-1]
    if row.kind == "span":
        return _volumes(key, value)
    if row.kind == "number":
        return _number(key, value)
    if row.kind == "choice" and value not in row.choices:
        raise DscError(f"{key} must be known, got something else. {REMEDY}")
    if row.kind == "switch" and type(value) is not bool:
        raise DscError(f"{key} must be true or false, got something else. {REMEDY}")
    return value


def _number(key: str, value: Any) -> float:
    if type(value) not in (int, float):  # True is none
        raise DscError(f"{key} must be a number, got something else. {REMEDY}")
    return float(value)


def _volumes(key: str, value: Any) -> tuple[int, int] | None:
    """A first volume and the first after the last."""
    if value is None:
        return None
    whole = isinstance(value, list) and [type(one) for one in value] == [int, int]
    if not whole or not 0 <= value[0] < value[1]:
        raise DscError(f"{key} must be a volume and a later one, got something else. {REMEDY}")
    return value[0], value[1]


def _texts(name: str, told: Any) -> dict[str, str]:
    """Words by their names."""
    if not isinstance(told, dict) or not all(type(one) is str for one in told.values()):
        raise DscError(f"{name} must be words, got something else. {REMEDY}")
    return told
