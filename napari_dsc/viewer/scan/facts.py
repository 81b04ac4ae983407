"""Facts of a scan: from its file, from the search for brain and baseline, and from the user."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from psygnal import Signal

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import Odd, bridged, chosen_volumes, in_words, retained
from napari_dsc.core.pipeline import (
    Proposal,
    refuse_late_baseline,
    refuse_without_bolus,
    sample_signals,
)
from napari_dsc.core.signal import propose_baseline
from napari_dsc.core.time_units import odd_step
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.viewer.scan.owner import Owner

__all__ = ["ScanFacts"]

FEWEST_IN_WINDOW = 3  # volumes
ENTERED = (  # what the user can change
    *("repetition_time", "echo_time", "baseline", "proposal", "window", "leave_out", "end"),
    *("checked", "settings", "flip_angle", "preload"),
)


@dataclass(frozen=True, eq=False)
class ScanFacts(Owner):
    """Facts of one scan.

    Parameters
    ----------
    series : Series
        The scan as the file gives it.
    repetition_time, echo_time : float or None
        What the user entered, s; None: what the file says.
    flip_angle, preload : float, bool, or None
        What the user entered, in degrees, and whether agent was given before; None: what the file
        says.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it; None until it is proposed.
    proposal : tuple of int, or None
        The baseline that was proposed.
    window : tuple of int, or None
        Volumes over which CBV integrates: the first and the first after; None: all retained ones.
    found : tuple of int, or None
        Volumes that are not used because they are blank, incomplete or foreign, counted from 0;
        None until they have been looked for.
    odd : tuple of Odd
        The same in runs, with reasons.
    leave_out : tuple of int, or None
        Volumes that the user leaves out instead; None: as found.
    end : int or None
        First volume that the user does not use, nor any after it; None: the whole scan.
    boluses : tuple of int
        At which volumes a bolus arrives, where there are several.
    bolus : int or None
        Which of these is analysed, from 0; None until the user has chosen.
    proposed : bool
        Whether brain and baseline have been looked for.
    notices : tuple of str
        What was found out then.
    questions : tuple of str
        What was found odd then: to be looked at before anything is computed.
    checked : bool
        Whether somebody has.
    settings : mapping
        Method, scale and switches, by the names of their widgets; empty until it was at hand.
    inherited : str
        Which of them were set by hand before it was opened, in words; empty once it has its own.
    mean_signal, measured : ndarray, shape (T,), or None
        Mean signal of the brain, a.u., with and without a bridge over volumes left out.
    signals : ndarray, shape (V, T), or None
        Signals of some of its voxels, a.u.
    fingerprint : str or None
        Of the scan's content; None until it is known.
    pinned : tuple of int, or None
        Voxel (z, y, x) of the screen whose curves stay in sight.

    Attributes
    ----------
    edited : SignalInstance
        Emits the names of facts, or of settings, that the user has changed, after `changed`.
    """

    edited = Signal(frozenset)

    series: Series
    repetition_time: float | None = None
    echo_time: float | None = None
    baseline: tuple[int, int] | None = None
    proposal: tuple[int, int] | None = None
    window: tuple[int, int] | None = None
    found: tuple[int, ...] | None = None
    odd: tuple[Odd, ...] = ()
    leave_out: tuple[int, ...] | None = None
    end: int | None = None
    boluses: tuple[int, ...] = ()
    bolus: int | None = None
    proposed: bool = False
    notices: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    checked: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    inherited: str = ""
    mean_signal: FloatArray | None = None
    measured: FloatArray | None = None
    signals: FloatArray | None = None
    fingerprint: str | None = None
    pinned: tuple[int, int, int] | None = None
    flip_angle: float | None = None
    preload: bool | None = None

    # -- what follows from them ----------------------------------------------------------------

    @property
    def doubts(self) -> tuple[str, ...]:
        """What seems odd, and nobody has looked at."""
        odd = (self.odd_time,) if self.odd_time else ()
        return () if self.checked else (*odd, *self.questions)

    @property
    def settled(self) -> Series:
        """The series with the times that the user has entered."""
        given = replace(
            self.series,
            checked=self.checked,
            left_out=self.left_out,
            leave_out=self.leave_out,
            end=self.end,
        )
        step = self.repetition_time
        if self.odd_time:  # unknown until somebody confirms it
            given, step = replace(given, time=None, questions=(self.odd_time,)), None
        return given.settled(
            repetition_time=step,
            echo_time=self.echo_time,
            flip_angle=self.flip_angle,
            preload=self.preload,
        )

    @property
    def odd_time(self) -> str:
        """What is odd of the repetition time that the user has entered; empty if nothing is."""
        step = self.repetition_time
        odd = "" if step is None or self.checked else odd_step(step)
        return odd and f"The repetition time must be {odd}"

    @property
    def span(self) -> tuple[int, int]:
        """The baseline, in volumes; while none is known, the first quarter of the scan."""
        return self.baseline or (0, max(2, self.series.n_volumes // 4))

    @property
    def undecided(self) -> bool:
        """Whether the user has still to choose one of several boluses."""
        return bool(self.boluses) and self.bolus is None and not self.checked

    @property
    def left_out(self) -> tuple[int, ...] | None:
        """Volumes that are not used: as the user chose, else as found; None: nobody has looked."""
        inside = self.found if self.leave_out is None else self.leave_out
        if inside is None and self.end is None:
            return None
        count = self.series.n_volumes
        return tuple(sorted({*(inside or ()), *range(self.end or count, count)}))

    @property
    def retained(self) -> slice:
        """Volumes that are read: from the baseline's first to the last that is not left out."""
        return retained(self.series.n_volumes, self.span[0], self.left_out or ())

    @property
    def frame(self) -> tuple[int, int]:
        """The window, in volumes; while none is set, all that are retained."""
        start, stop = self.retained.start, self.retained.stop
        if self.window is None:
            return start, stop
        first = max(start, self.window[0])
        return first, max(min(self.window[1], stop), min(first + FEWEST_IN_WINDOW, stop))

    # -- what the user changes -----------------------------------------------------------------

    def enter_repetition_time(self, seconds: float | None) -> None:
        """Take the time from one volume to the next, s; the baseline is proposed anew for it."""
        with self.held():
            changed = self._set(repetition_time=seconds) | self._repropose()
        self._tell(changed)

    def enter_echo_time(self, seconds: float | None) -> None:
        """Take the echo time, s."""
        self._tell(self._set(echo_time=seconds))

    def enter_flip_angle(self, degrees: float | None) -> None:
        """Take the flip angle, degrees; None: that of the file."""
        self._tell(self._set(flip_angle=degrees))

    def enter_preload(self, given: bool | None) -> None:
        """Take whether agent was given before the scan; None: nobody knows."""
        self._tell(self._set(preload=given))

    def set_baseline(self, start: int, stop: int) -> None:
        """Take the volumes before the bolus; earlier ones are discarded.

        Raises
        ------
        DscError
            If they end after the bolus has reached the brain, unless somebody has checked the scan.
        """
        if self.mean_signal is not None and not self.checked:
            step = self.settled.repetition_time
            refuse_late_baseline(self.mean_signal, (start, stop), step, self.bolus)
        self._tell(self._set(baseline=(start, stop)))

    def set_window(self, start: int, stop: int) -> None:
        """Integrate over these volumes; all of them is no window."""
        whole = start <= self.retained.start and stop >= self.retained.stop
        self._tell(self._set(window=None if whole else (start, stop)))

    def choose_left_out(
        self, leave_out: Iterable[int] | str | None, end: int | None = None
    ) -> None:
        """Leave out other volumes from now on; what was found is no choice.

        Parameters
        ----------
        leave_out, end : iterable of int or str, int, or None
            As `Series.leaving_out` takes them.

        Raises
        ------
        DscError
            If they are no volumes of the scan, too few are left, or nothing of the bolus.
        """
        chosen = self.settled.leaving_out(leave_out, end=end)
        if self.measured is not None:
            gone = chosen_volumes(self.odd, chosen.leave_out, chosen.end, chosen.n_volumes)
            refuse_without_bolus(chosen, self.measured, gone)
        as_found = chosen.end is None and chosen.leave_out == self.found
        self._tell(self._set(leave_out=None if as_found else chosen.leave_out, end=chosen.end))

    def toggle_volume(self, volume: int) -> None:
        """Leave a volume out that is used, or use it again.

        Raises
        ------
        DscError
            If too few are left, or nothing of the bolus.
        """
        wanted = {*(self.left_out or ())} ^ {volume}
        count = self.series.n_volumes
        end = self.end if wanted >= set(range(self.end or count, count)) else None
        tail = set(range(end or count, count))
        self.choose_left_out(wanted - tail, end)

    def confirm(self) -> None:
        """Take notice that somebody has looked at what seemed odd."""
        self._tell(self._set(checked=True))

    def change_setting(self, name: str, value: Any) -> None:
        """Take a setting that the user has changed, by the name of its widget."""
        with self.held():
            changed = self._set(settings={**self.settings, name: value}, inherited="")
        if "settings" in changed:
            self._tell(frozenset({"settings", name}))

    def entered(self) -> dict[str, Any]:
        """All that the user can change, as it is now."""
        return {name: getattr(self, name) for name in ENTERED}

    def take_back(self, values: Mapping[str, Any]) -> None:
        """Be as the user had it before, from `entered`."""
        changed = self._set(**{name: values[name] for name in ENTERED})
        if "settings" in changed:
            changed |= {name for name, value in values["settings"].items()}
        self._tell(changed)

    def _tell(self, changed: frozenset[str]) -> None:
        if changed:
            self.edited.emit(changed)

    # -- what is found out, or read ------------------------------------------------------------

    def propose(self, proposal: Proposal) -> None:
        """Take what the search for brain and baseline has found."""
        told = in_words(proposal.odd)  # the description of the scan says what is left out
        self._set(
            proposed=True,
            notices=tuple(one for one in proposal.notices if one not in told),
            questions=proposal.questions,
            odd=proposal.odd,
            baseline=proposal.baseline,
            proposal=proposal.baseline,
            found=proposal.left_out,
            boluses=proposal.boluses,
        )

    def fail(self, message: str) -> None:
        """Take why the search has found nothing."""
        self._set(proposed=True, notices=(message,), questions=())

    def give_up(self) -> None:
        """Take notice that the search has ended, and nobody needs what it has found."""
        self._set(proposed=True)

    def choose_bolus(self, bolus: int) -> None:
        """Analyse one of several boluses, counted from 0; its baseline is to be looked for."""
        self._set(bolus=bolus, proposed=False, leave_out=None, end=None)

    def take_as(self, series: Series) -> None:
        """Take the scan as one of another quantity; everything is to be looked for anew."""
        self._set(series=series, proposed=False, checked=False, bolus=None, found=None)

    def take_orientation(self, series: Series) -> None:
        """Take the scan as one that lies elsewhere; all that is known of its times stays."""
        self._tell(self._set(series=series, pinned=None))

    def inherit(self, settings: Mapping[str, Any], words: str) -> None:
        """Begin with settings, and with words on those that were set by hand before."""
        self._set(settings=dict(settings), inherited=words)

    def restore(
        self,
        baseline: tuple[int, int] | None,
        leave_out: tuple[int, ...] | None,
        end: int | None,
    ) -> None:
        """Take what an automatic copy has kept; what it does not tell, or cannot be, stays."""
        self._set(baseline=baseline or self.baseline)
        if leave_out is not None or end is not None:
            with contextlib.suppress(DscError):  # no volumes of this scan: what is on screen stays
                self.choose_left_out(leave_out, end)

    def take_record(self, **values: Any) -> None:
        """Take facts as a record tells them, by the names of the fields."""
        self._set(**values)

    def know_fingerprint(self, fingerprint: str) -> None:
        """Take what identifies the scan's content."""
        self._set(fingerprint=fingerprint)

    def know_brain(self, brain: BoolArray | None) -> None:
        """Read the brain's mean signal off its voxels; None: it is unknown."""
        raw = None
        if brain is not None and brain.any():
            raw = sample_signals(replace(self.series, left_out=()), brain)
        bridge = None if raw is None else bridged(raw, self.left_out or (), self.settled.time)
        self._set(
            measured=None if raw is None else mean_curve(raw),
            signals=bridge,
            mean_signal=None if bridge is None else mean_curve(bridge),
        )

    def pin(self, voxel: tuple[int, int, int] | None) -> None:
        """Keep the curves of a voxel (z, y, x) of the screen in sight; None lets it go."""
        self._set(pinned=voxel)

    def _repropose(self) -> frozenset[str]:
        """Propose the baseline anew for a time step just entered, unless the user has set it."""
        if self.mean_signal is None or self.baseline != self.proposal:
            return frozenset()
        with contextlib.suppress(DscError):  # no bolus: what stands in for a baseline stays
            span = propose_baseline(self.mean_signal, self.settled.repetition_time)
            edges = (span.start, span.stop)
            return self._set(baseline=edges, proposal=edges)
        return frozenset()
