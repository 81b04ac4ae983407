"""The dock in which a cohort is reviewed: its list, and what a reader says of the scan at hand."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget

from napari_dsc.cohort.looking import Look
from napari_dsc.cohort.verdicts import ACCEPT, EXCLUDE
from napari_dsc.cohort.whereabouts import keep_scans_of, scans_of
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.cohort.pictures import Pictures
from napari_dsc.viewer.cohort.review_form import WIDE, ReviewForm
from napari_dsc.viewer.cohort.session import Session
from napari_dsc.viewer.docks import free
from napari_dsc.viewer.file_dialogs import ask_folder
from napari_dsc.viewer.reading.docks_around import dock_of, window_of
from napari_dsc.viewer.reading.start_screen import StartScreen
from napari_dsc.viewer.scan.second_scan import ask_question

if TYPE_CHECKING:
    from napari_dsc.viewer.panel.panel import Panel

__all__ = ["Review"]

PLUGIN, PANEL, LAYERS = "napari-dsc", "Perfusion maps", "layer list"
PAUSE = 20  # ms between two looks whether a run is over
SCAN_FIRST = "The maps can be looked at, but an AIF is drawn on a scan: {}"
UNCHANGED = "The AIF is as it was: there is nothing to save."
OLDER = "The maps on screen are older than the AIF: press Compute, then save."
ONLY_AIF = (
    "Something else than the AIF was changed: all scans of a cohort share their settings. Open the "
    "scan again and redraw the AIF alone, or run `napari-dsc cohort` with other settings."
)
DRAWING = "Draw the AIF with the left button; the maps follow. Then press Save redrawn AIF."
ALL_DONE = "Every scan below has a verdict."
TURNED = {
    ACCEPT: ("{} was excluded. Accept it instead?", (("Accept", ACCEPT),)),
    EXCLUDE: ("{} was accepted. Exclude it instead?", (("Exclude", EXCLUDE),)),
}
LAST_HOLDS = "The last verdict holds; the one before stays in review.tsv."
FIRST, LAST = "This is the first scan.", "This is the last scan."
UNSAVED = "The redrawn AIF of {} was not saved."
LOST = "What is discarded cannot be brought back."
CHOICES = (("Save", "save"), ("Discard", "discard"))


class Review(ReviewForm):
    """Review of a cohort: its list, next and previous, verdict, note, and an AIF that is redrawn.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer on whose pictures the scans are seen.

    Attributes
    ----------
    session : Session
        The cohort at hand.
    look : Look or None
        What is on screen.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.session = Session(self)
        self.look: Look | None = None
        self._pictures: Pictures | None = None
        self._showing = False
        self._out: Path | None = None
        session = self.session
        session.opened.connect(self._on_opened)
        session.ready.connect(self._on_ready)
        session.changed.connect(self.refresh)
        session.judged.connect(self._on_judged)
        session.said.connect(self.say)
        self.list.chosen.connect(self.go_to)
        for button, act in (
            (self.previous, lambda: self.step(-1)),
            (self.next, lambda: self.step(1)),
            (self.accept, lambda: self.judge(ACCEPT)),
            (self.exclude, lambda: self.judge(EXCLUDE)),
            (self.keep_note, lambda: self.judge("")),
            (self.redraw, self.redraw_aif),
            (self.save, self.save_redrawn),
            (self.folder, self.ask_folder),
        ):
            button.changed.connect(act)
        self.note.returnPressed.connect(lambda: self.judge(""))
        self.refresh()

    # -- the cohort ----------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """Whether the scan that was asked for is on screen, and nothing is being written."""
        return self.look is not None and not self._showing and not self.session.busy

    def open(self, out: Path, scans: Path | None = None) -> None:
        """Open the results of a cohort.

        Parameters
        ----------
        out : Path
            What `napari-dsc cohort` has written.
        scans : Path, optional
            Where its scans lie; None: where they lay when the cohort was computed or reviewed on
            this machine, or where the results say.
        """
        self._dock()
        self._leaving(lambda: self._open(out.absolute(), scans))

    def _open(self, out: Path, scans: Path | None) -> None:
        if scans is not None:
            keep_scans_of(out, scans)
        else:
            scans = scans_of(out)
        self._out, self.look = out, None
        self.say("Reading the cohort …")
        self.session.open(out, scans)

    def ask_folder(self) -> None:
        """Ask where the scans of this cohort lie, and open it with them."""
        if self._out is None:
            return
        scans = ask_folder(self, "Folder of the scans of this cohort")
        if scans is not None:
            self.open(self._out, scans)

    def _dock(self) -> None:
        """Stand at the left of the pictures, beside a panel."""
        if self._pictures is None:
            self._pictures = Pictures(self._panel())
            self._panel().workspaces.changed.connect(self._stay)
        dock, window = dock_of(self), window_of(self)
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        if dock is not None and window is not None and window.dockWidgetArea(dock) != left:
            free(dock)
            window.addDockWidget(left, dock)
        start = None if window is None else window.findChild(StartScreen)
        if start is not None:
            start.kept_away = True
            start.refresh()
        tour = self._panel().room.tour  # it is about opening a scan: here they are read
        tour.offered = False
        tour.stop()
        self._stay()

    def _stay(self) -> None:
        """Be seen in either workspace while a cohort is at hand."""
        if not isalive(self):  # type: ignore[no-untyped-call]  # its dock was closed for good
            return
        dock, window = dock_of(self), window_of(self)
        if dock is None or window is None:
            return
        layers = window.findChild(QDockWidget, LAYERS)
        if layers is not None:  # below them there would be no room for it
            window.tabifyDockWidget(layers, dock)
        dock.show()
        dock.raise_()
        window.resizeDocks([dock], [WIDE], Qt.Orientation.Horizontal)

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Have a panel beside it: its key opens a cohort."""
        super().showEvent(event)
        if self._pictures is None:
            soon(self, self._have_panel)

    def _have_panel(self) -> None:
        self._panel()

    def _panel(self) -> "Panel":
        """The panel of this window; it is docked if there is none."""
        for one in self._viewer.window.dock_widgets.values():
            if hasattr(one, "show_saved"):
                return one  # type: ignore[no-any-return]
        _, panel = self._viewer.window.add_plugin_dock_widget(PLUGIN, PANEL)
        return panel  # type: ignore[no-any-return]

    def _on_opened(self) -> None:
        cohort = self.session.cohort
        if cohort is None:
            return
        self.list.fill(self.session.scans, cohort.ordered)
        self.say("")
        labels = self.list.labels
        first = next((one for one in labels if not self.session.is_judged(one)), labels[0])
        self._show(first)

    # -- the scan ------------------------------------------------------------------------------

    def step(self, step: int) -> None:
        """Go to the next scan of the list, or to the one before."""
        at = "" if self.look is None else self.look.scan.label
        label = self.session.after(at, step)
        if label:
            self.go_to(label)
        else:
            self.say(LAST if step > 0 else FIRST)

    def go_to(self, label: str) -> None:
        """Show a scan; what was redrawn and not saved is asked about first."""
        self._leaving(lambda: self._show(label))

    def _show(self, label: str) -> None:
        self._showing = True
        self.list.mark(label)
        self.session.show(label)

    def _on_ready(self, look: Look) -> None:
        if self._pictures is None:
            return
        self.look = look
        self.show_words(look.scan)
        why = self._pictures.show(look)
        cohort = self.session.cohort
        self._showing = False
        self.say(why or (cohort.why if cohort is not None else ""))
        self.refresh()

    def _leaving(self, go_on: Callable[[], None]) -> None:
        """Go on once nothing that was redrawn is unsaved, or the reader discards it."""
        scan = None if self._pictures is None else self._pictures.scan
        if scan is None or self.look is None or not scan.results.unsaved:
            go_on()
            return

        def answered(answer: str) -> None:
            if answer == "save":
                self._save(go_on)
            elif answer == "discard":
                scan.results.drop()
                go_on()
            elif self.look is not None:
                self.list.mark(self.look.scan.label)

        words = UNSAVED.format(self.look.scan.label)
        ask_question(self, "Unsaved work", words, LOST, CHOICES, answered)

    # -- what is said and saved ------------------------------------------------------------------

    def judge(self, verdict: str) -> None:
        """Keep a verdict and the note, or the note alone."""
        look = self.look
        if look is None or self._showing:
            return
        note, code = self.note.text(), self.code.text()
        if verdict:
            self._turning(look.scan.label, verdict, lambda: self._judge(verdict, note, code))
        elif note.strip():
            self.session.judge(look, "", note, code)

    def _turning(self, label: str, verdict: str, go_on: Callable[[], None]) -> None:
        """Go on with a verdict; one that turns an earlier one into its opposite is asked about."""
        if self.session.verdict_on(label) in ("", verdict):
            self._leaving(go_on)
            return

        def answered(answer: str) -> None:
            if answer == verdict and self.look is not None and self.look.scan.label == label:
                self._leaving(go_on)

        words, choices = TURNED[verdict]
        ask_question(self, "Verdict", words.format(label), LAST_HOLDS, choices, answered)

    def _judge(self, verdict: str, note: str, code: str) -> None:
        if self.look is not None:
            self.session.judge(self.look, verdict, note, code)

    def _on_judged(self, label: str) -> None:
        """Go on to the next scan that nobody has judged yet."""
        following = self.session.after(label, without_verdict=True)
        scan = None if self._pictures is None else self._pictures.scan
        if following:
            self._show(following)
        elif scan is not None and scan.results.run is None:  # what was redrawn was discarded
            self._show(label)
        else:
            self.say(ALL_DONE)

    def redraw_aif(self) -> None:
        """Take an empty AIF at hand, with the brush down and the maps following it."""
        look, pictures = self.look, self._pictures
        if look is None or pictures is None or self._showing:
            return
        if pictures.scan is None:
            self.say(SCAN_FIRST.format(look.why))
            return
        panel = self._panel()
        panel.form.live.value = True
        panel.tools.draw_anew()
        self.say(DRAWING)

    def save_redrawn(self) -> None:
        """Save the maps of the redrawn AIF, once they are computed."""
        self._save(lambda: None)

    def _save(self, then: Callable[[], None]) -> None:
        look, pictures, panel = self.look, self._pictures, self._panel()
        if look is None or pictures is None or pictures.scan is None or self.session.busy:
            return
        if panel.busy:
            soon(self, lambda: self._save(then), PAUSE)
            return
        scan, run = pictures.scan, pictures.scan.results.run
        why = self._why_not(pictures)
        if why or run is None:
            self.say(why or OLDER)
            return
        panel.tools.disarm()

        def saved(after: Look) -> None:
            scan.results.take_saved(run)
            self.look = after
            self.show_words(self.session.scan(after.scan.label))
            panel.refresh_state()
            then()

        self.say("Saving …")
        self.session.save(look, run, self.code.text(), saved)

    @staticmethod
    def _why_not(pictures: Pictures) -> str:
        """Why the maps on screen cannot be saved in the cohort's place; empty if they can."""
        scan, before = pictures.scan, pictures.made_from
        if scan is None or before is None:
            return OLDER
        now: Any = scan.results.made_from
        if scan.results.outdated or now is None:
            return OLDER
        if now.differs(before, but=("artery",)):
            return ONLY_AIF
        return "" if scan.results.unsaved else UNCHANGED

    def refresh(self) -> None:
        """Enable what can be done now, and show what has changed."""
        cohort = self.session.cohort
        idle = self.look is not None and not self.session.busy and not self._showing
        open_ = cohort is not None and not self.session.busy
        has_scan = self._pictures is not None and self._pictures.scan is not None
        damaged = cohort is not None and cohort.damaged
        self.previous.enabled = self.next.enabled = open_
        self.exclude.enabled = self.keep_note.enabled = idle and not damaged
        shown = self.look is not None and self.look.results is not None
        self.accept.enabled = idle and not damaged and shown
        self.redraw.enabled = self.save.enabled = idle and has_scan
        self.folder.enabled = cohort is not None
        if cohort is not None and self.list.labels:
            self.list.refresh(self.session.scans, cohort.ordered)
            self.show_count(self.session.scans)

    def show_words(self, one: Any) -> None:
        """Show what is known of a scan, and the note on it."""
        cohort = self.session.cohort
        if cohort is not None:
            self.tell(one, cohort.ordered)
