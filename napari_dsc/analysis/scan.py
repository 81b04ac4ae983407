"""The scan of an analysis: read, turned as the user says, its times settled."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from napari_dsc.analysis.inputs import CONTENT_WORDS, PRELOADS
from napari_dsc.analysis.setup import Setup, Spelling, in_python
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.orientation import FACT, as_codes, stated
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.time_units import refuse_step
from napari_dsc.core.types import Progress, Series
from napari_dsc.io import reading
from napari_dsc.io.result_names import scan_file

__all__ = ["Opened", "Source", "opening"]

Source: TypeAlias = Series | str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """A scan with the facts that were given of it.

    Parameters
    ----------
    series : Series
        As its file lies: masks that were drawn on the file fit.
    codes : str or None
        Orientation that the user states; None: that of the file.
    path : Path or None
        What was opened.
    called : Path or None
        File after which results are called.
    """

    series: Series
    codes: str | None = None
    path: Path | None = None
    called: Path | None = None

    @property
    def turned(self) -> Series:
        """The scan as the user states that it lies."""
        return self.series if self.codes is None else stated(self.series, self.codes)


def opening(
    scan: Source, setup: Setup, *, spelled: Spelling = in_python
) -> Generator[Progress, None, Opened]:
    """Read a scan, and settle what is known of it.

    Parameters
    ----------
    scan : Series, path or sequence of paths
        A scan that was read, or what `read` takes.
    setup : Setup
        Its times, its quantity, and choices for reading.
    spelled : callable
        How the user writes the name of a choice, for errors.

    Yields
    ------
    Progress
        While it is read.

    Raises
    ------
    DscError
        If it cannot be read, something has to be chosen first, or the time step is unknown.
    """
    choices = setup.choices
    codes = as_codes(choices.pop(FACT)) if FACT in choices else None
    if isinstance(scan, Series):
        if choices:
            raise DscError(
                f"{' and '.join(choices)} must be chosen while a file is read, got a scan that was "
                "read already. Give them to `read`."
            )
        series, path = scan, None
    else:
        try:
            series = yield from reading(scan, **choices)
        except ChoiceNeededError as error:
            raise DscError(f"{error} Give it with {spelled(error.fact)}.") from error
        path = Path(scan) if isinstance(scan, str | PathLike) else Path(scan[0]).parent
    called = scan_file(path, series)
    settled = _computable(_settled(series, setup, spelled), setup, spelled)
    return Opened(series=settled, codes=codes, path=path, called=called)


def _settled(series: Series, setup: Setup, spelled: Spelling) -> Series:
    """Take the times that were given; an odd one has to be confirmed."""
    tr, te, checked = (setup.get(one) for one in ("repetition_time", "echo_time", "checked"))
    if te is not None and _is_delta(setup):
        raise DscError(
            f"{spelled('echo_time')} must be left out for ΔR2* that was computed already, got "
            f"{te:g}: no echo time has a part in it. Leave it out."
        )
    if tr is not None and not checked and 0 < tr < float("inf"):
        refuse_step(spelled("repetition_time"), tr, f"If it is right, give {spelled('checked')}.")
    preload = setup.get("preload")
    return series.settled(
        repetition_time=tr,
        echo_time=te,
        checked=checked,
        flip_angle=setup.get("flip_angle"),
        preload=None if preload is None else preload == PRELOADS[0],
    )


def _is_delta(setup: Setup) -> bool:
    return bool(setup.get("quantity") == CONTENT_WORDS["delta R2*"])


def _computable(series: Series, setup: Setup, spelled: Spelling) -> Series:
    """Take a scan as what it holds; refuse one without a time step."""
    if _is_delta(setup):
        series = from_delta_r2_star(series)
    if series.time is None:
        said = "; ".join(f"{key}: {words}" for key, words in series.sources.items()) or "nothing"
        raise DscError(
            f"the repetition time must be known, got from the file: {said}. Give it with "
            f"{spelled('repetition_time')} in seconds."
        )
    return series
