"""Standard scales of blood volume on the page of tumours: made, saved, loaded, chosen."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.tumour import StandardScale
from napari_dsc.core.types import Progress
from napari_dsc.io.standard_scale import read_scale, write_scale
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.file_dialogs import ask_file, ask_folder, ask_new_file
from napari_dsc.viewer.tumour.tumour_tab import TumourPage

if TYPE_CHECKING:
    from napari_dsc.viewer.screen import Screen

__all__ = ["Scales"]

KIND = "Standard scale (*.json)"


class Scales:
    """Makes standard scales, and brings them onto the page.

    Parameters
    ----------
    screen : Screen
        Takes words for the status line.
    page : TumourPage
        Whose buttons ask for it, and which offers the scales.
    runner : Runner
        Works beside the window.
    changed : callable
        Is told when a job has begun or ended.
    """

    def __init__(
        self, screen: "Screen", page: TumourPage, runner: Runner, changed: Callable[[], None]
    ) -> None:
        self._screen, self._page, self._runner, self._changed = screen, page, runner, changed
        page.load_scale.changed.connect(self.ask_load)
        page.make_scale.changed.connect(self.ask_make)

    def ask_load(self) -> None:
        """Ask for the file of a scale."""
        path = ask_file(self._page, "Load a standard scale", KIND)
        if path is not None:
            self.load(path)

    def load(self, file: Path) -> None:
        """Read a scale, and read blood volume on it."""
        try:
            scale = read_scale(file)
        except DscError as error:
            self._screen.say(str(error))
        else:
            self._page.offer_scale(file.stem, scale)

    def ask_make(self) -> None:
        """Ask for a folder of results, and where the scale is kept."""
        folder = ask_folder(self._page, "Folder of saved results")
        if folder is None:
            return
        file = ask_new_file(self._page, "Save the standard scale", "scale.json", KIND)
        if file is not None:
            self.make(folder, file)

    def make(self, folder: Path, file: Path) -> None:
        """Make a scale of all results of a folder, save it, and read blood volume on it."""

        def done(result: StandardScale | Failure) -> None:
            from napari_dsc.report.scale_of_results import scale_words

            if isinstance(result, Failure):
                self._screen.say(result.message)
            else:
                self._page.offer_scale(file.stem, result)
                self._screen.say(scale_words(result, file.name))
            self._changed()

        self._runner.start(
            "Standard scale", _made, folder, file, done=done, cancelled=self._changed
        )


def _made(folder: Path, file: Path) -> Generator[Progress, None, StandardScale]:
    """Make a scale of all results of a folder, and write it; the dialog has asked to overwrite."""
    from napari_dsc.report.scale_of_results import making_scale, results_below

    made = yield from part_of_whole(making_scale(results_below(folder)), 0.0, 1.0)
    write_scale(file, made, overwrite=True)
    return made
