"""Session of a cohort's review: its scans, the one on screen, and what is said and saved of it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from psygnal import Signal
from qtpy.QtCore import QObject

from napari_dsc.cohort.group import GroupScan, read_group
from napari_dsc.cohort.looking import Look, find_sources, is_as_looked_at, looking, source_root
from napari_dsc.cohort.order import Ordered, in_order
from napari_dsc.cohort.redrawing import RECOMPUTED, saving_redrawn
from napari_dsc.cohort.redrawn import short_code
from napari_dsc.cohort.scans import CohortScan
from napari_dsc.cohort.verdicts import ACCEPT, Verdict, add_verdict, last_verdicts
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.types import Progress, Series
from napari_dsc.viewer.background.job_runner import Failure, Runner, soon

__all__ = ["Cohort", "Session"]

NOTHING = "{} has no maps: there is nothing to accept. Exclude it, or compute it again."
MEANWHILE = "{} had said {} meanwhile. Yours was added: the last one holds."
SOMEBODY = "Another reader"
READING = "Reading {} …"
SAVED = "Saved: maps, record, log and table of {} say that its AIF was redrawn by a reviewer."
DRAWN = 200  # ms that a window takes to draw a scan
Work: TypeAlias = Callable[[], Generator[Progress, None, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohort:
    """Results of a cohort as they lay there when they were opened.

    Parameters
    ----------
    out : Path
        Root of the results.
    ordered : Ordered
        Its scans, in the order in which they are looked at.
    sources : mapping of str to CohortScan
        Where the scans lie, by label.
    named : bool
        Whether somebody has said where they lie.
    why : str
        What stands against verdicts, or against finding the scans; empty: nothing.
    damaged : bool
        Whether `review.tsv` cannot be read.
    """

    out: Path
    ordered: Ordered
    sources: dict[str, CohortScan] = field(default_factory=dict)
    named: bool = False
    why: str = ""
    damaged: bool = False


def opening(out: Path, root: Path | None) -> Generator[Progress, None, Cohort]:
    """Read a cohort: its logs, its verdicts, and where its scans lie."""
    yield Progress("Reading the cohort", 0.0)
    why, damaged = "", False
    try:
        verdicts = last_verdicts(out)
    except DscError as error:
        verdicts, why, damaged = {}, str(error), True
    ordered = in_order(read_group(out, verdicts))
    yield Progress("Looking for the scans", 0.5)
    root = source_root(out) if root is None else root
    sources: dict[str, CohortScan] = {}
    try:
        sources = find_sources(root, out)
    except (DscError, OSError) as error:
        why = why or str(error)
    return Cohort(
        out=out,
        ordered=ordered,
        sources=sources,
        named=root is not None,
        why=why,
        damaged=damaged,
    )


class Session(QObject):
    """Reads the scans of a cohort one ahead of the reader, and keeps what is said of them.

    Parameters
    ----------
    parent : QObject
        Whose life the work shares.

    Attributes
    ----------
    opened : SignalInstance
        Emits when another cohort is at hand.
    ready : SignalInstance
        Emits the `Look` that was asked for.
    changed : SignalInstance
        Emits when the state of a scan is another, or work starts or ends.
    judged : SignalInstance
        Emits the label of a scan once its verdict is kept.
    said : SignalInstance
        Emits words for the reader.
    cohort : Cohort or None
        The one at hand.
    """

    opened = Signal()
    ready = Signal(object)
    changed = Signal()
    judged = Signal(str)
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.cohort: Cohort | None = None
        self._scans: dict[str, GroupScan] = {}
        self._wanted, self._reading = "", ""  # labels
        self._ahead: Look | None = None
        self._next = ""  # the label to be read ahead
        self._waiting: tuple[Work, Callable[[Any], None], str] | None = None
        self._reader, self._writer = Runner(self), Runner(self)
        self._writer.changed.connect(self.changed)

    @property
    def scans(self) -> Sequence[GroupScan]:
        """Scans in the order in which they are looked at."""
        return list(self._scans.values())

    @property
    def busy(self) -> bool:
        """Whether something is being written, or what was asked for is not there yet."""
        return self._writer.running or bool(self._wanted)

    def scan(self, label: str) -> GroupScan:
        """Return a scan by its label."""
        return self._scans[label]

    def after(self, label: str, step: int = 1, *, without_verdict: bool = False) -> str:
        """Label of the next scan, or of the one before; empty if there is none.

        One without a verdict is looked for beyond the end of the list too: from the first on.
        """
        labels = list(self._scans)
        at = labels.index(label) if label in labels else -1
        rest = labels[at + 1 :] if step > 0 else labels[: max(at, 0)][::-1]
        if not without_verdict:
            return next(iter(rest), "")
        around = [*rest, *(labels[: max(at, 0)] if step > 0 else labels[:at:-1])]
        return next((one for one in around if not self.is_judged(one)), "")

    def verdict_on(self, label: str) -> str:
        """What a reader has said of the maps of a scan that stand; empty: nobody has."""
        return self._scans[label].verdict if self.is_judged(label) else ""

    def is_judged(self, label: str) -> bool:
        """Whether a reader has given a verdict on the maps that stand."""
        one = self._scans[label]
        return bool(one.verdict) and not one.of_earlier_maps

    def is_ahead(self, label: str) -> bool:
        """Whether a scan was read ahead of the reader."""
        return self._ahead is not None and self._ahead.scan.label == label

    # -- reading -------------------------------------------------------------------------------

    def open(self, out: Path, root: Path | None = None) -> None:
        """Open the results of a cohort; `root` is where its scans lie, if that is to be said."""
        self._wanted = self._next = ""
        self._ahead = None
        self._start(lambda: opening(out, root), self._on_opened, "Opening the cohort")

    def _on_opened(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self._scans = {one.label: one for one in cohort.ordered.scans}
        self.opened.emit()
        if cohort.why:
            self.said.emit(cohort.why)

    def show(self, label: str) -> None:
        """Have a scan be ready to be shown; the one after it is read ahead."""
        self._wanted = label
        self._next = self.after(label)
        ahead = self._ahead
        if ahead is not None and ahead.scan.label == label:
            self._ahead = None
        else:
            ahead = None
        if ahead is not None and is_as_looked_at(ahead):
            self._hand_over(ahead)
        elif self._reading != label:
            self.said.emit(READING.format(label))
            self._reader.cancel()
        self.changed.emit()
        if self._wanted:
            self._go_on()
        else:  # what is on screen is drawn first
            soon(self, self._go_on, DRAWN)

    def _go_on(self) -> None:
        """Read what is wanted, or else what will be."""
        label = self._wanted or self._next
        cohort = self.cohort
        known = self._ahead is not None and self._ahead.scan.label == label
        if not label or known or self._reader.running or cohort is None:
            return
        self._reading = label
        one = self._scans[label]
        work = looking(cohort.out, one, cohort.sources, named=cohort.named)
        self._start(lambda: work, self._on_looked, f"Reading {label}")

    def _on_looked(self, look: Look) -> None:
        self._reading = ""
        if look.scan.label == self._wanted:
            self._hand_over(look)
        elif look.scan.label == self._next:
            self._ahead = look

    def _hand_over(self, look: Look) -> None:
        self._wanted = ""
        label = look.scan.label
        said = self._scans[label].said
        self._scans[label] = replace(look.scan, said=said)
        self.changed.emit()
        self.ready.emit(look)

    def _start(self, work: Work, done: Callable[[Any], None], title: str) -> None:
        """Start to read something; what is being read is stopped first."""
        if self._reader.running:
            self._waiting = (work, done, title)
            self._reader.cancel()
            return

        def ended(result: object) -> None:
            self._reading = ""
            if isinstance(result, Failure):
                self._wanted = ""
                self.said.emit(result.message)
                self.changed.emit()
                self._take_turn()
            else:
                done(result)
                self._take_turn()

        def cancelled() -> None:
            self._reading = ""
            self._take_turn()

        self._reader.start(title, work, done=ended, cancelled=cancelled, quiet=True)

    def _take_turn(self) -> None:
        """Start what waits for the reader of files, or read ahead."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._start(*waiting)
        elif not self._reader.running:
            self._go_on()

    # -- what is said and saved ------------------------------------------------------------------

    def judge(self, look: Look, verdict: str, note: str, reviewer: str) -> None:
        """Keep a verdict on the maps that are looked at, or, with an empty one, a note alone.

        Parameters
        ----------
        look : Look
            What was looked at. If its maps are others by now, nothing is kept.
        verdict : str
            "accept", "exclude", or empty.
        note, reviewer : str
            Words of the reader, and a code; both may be empty.
        """
        cohort, label = self.cohort, look.scan.label
        if cohort is None or self._writer.running:
            return
        if cohort.damaged:
            self.said.emit(cohort.why)
        elif verdict and not is_as_looked_at(look):
            self.said.emit(RECOMPUTED.format(label))
        elif verdict == ACCEPT and look.results is None:
            self.said.emit(NOTHING.format(label))
        else:
            said = Verdict(
                scan=label,
                verdict=verdict,
                when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                reviewer=short_code(reviewer),
                note=note,
                record=look.record_sha256 if verdict else "",
            )
            self._write(
                "Keeping the verdict",
                lambda: _judging(cohort.out, said),
                lambda found: self._on_judged(said, found),
            )

    def _on_judged(self, said: Verdict, found: tuple[Verdict | None, dict[str, Verdict]]) -> None:
        before, all_said = found
        known = self._scans[said.scan].said
        self._scans = {
            label: replace(one, said=all_said.get(label)) for label, one in self._scans.items()
        }
        if before is not None and before != known and before.verdict:
            who = before.reviewer or SOMEBODY
            self.said.emit(MEANWHILE.format(who, before.verdict))
        else:
            self.said.emit(f"Kept: {said.scan} {said.verdict or 'note'}.")
        self.changed.emit()
        if said.verdict:
            self.judged.emit(said.scan)

    def save(
        self,
        look: Look,
        run: tuple[Series, Analysis],
        reviewer: str,
        done: Callable[[Look], None],
    ) -> None:
        """Save the maps of a redrawn AIF in the place of those of the cohort.

        Parameters
        ----------
        look : Look
            What is looked at.
        run : tuple of Series and Analysis
            The maps on screen, and from what they were computed.
        reviewer : str
            Code of the reader; may be empty.
        done : callable
            Called with the scan as it is then, once all is on the disk.
        """
        cohort, label = self.cohort, look.scan.label
        if cohort is None or self._writer.running:
            return

        def saved(after: Look) -> None:
            self._scans[label] = replace(after.scan, said=self._scans[label].said)
            self.said.emit(SAVED.format(label))
            self.changed.emit()
            done(after)

        self._write(
            "Saving the redrawn AIF",
            lambda: saving_redrawn(look, *run, cohort.out, reviewer),
            saved,
        )

    def _write(self, title: str, work: Work, done: Callable[[Any], None]) -> None:
        def ended(result: object) -> None:
            if isinstance(result, Failure):
                self.said.emit(result.message)
            else:
                done(result)

        self._writer.start(title, work, done=ended, quiet=True)


def _judging(
    out: Path, said: Verdict
) -> Generator[Progress, None, tuple[Verdict | None, dict[str, Verdict]]]:
    """Add a verdict; return the one before it, and all that hold now."""
    yield Progress("Keeping the verdict", 0.0)
    before = last_verdicts(out).get(said.scan)
    add_verdict(out, said)
    return before, last_verdicts(out)
