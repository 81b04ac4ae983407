"""A window of its own for a second scan, in a process of its own.

Two napari windows of one process share its graphics: closing one spoils the pictures of the other.
Two processes share nothing, not even by mistake.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir
from threading import Thread
from typing import TYPE_CHECKING

from napari_dsc.io.nifti import write_series
from napari_dsc.io.temporaries import temporary_folder
from napari_dsc.viewer.layers import file_of, series_of

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["open_window"]

COMMAND = "import sys; from napari_dsc.cli import main; sys.exit(main(sys.argv[1:]))"
PLAIN = "-_ ()"  # of names of files, beside letters and digits


def open_window(layer: "Image", *more: str) -> subprocess.Popen[bytes]:
    """Show the scan of a layer in a window of its own.

    One that was read from a file is read from it again; another lies in a temporary file for as
    long as the window is open.

    Parameters
    ----------
    layer : Image
        The scan on screen.
    *more : str
        Further words of the command line.

    Returns
    -------
    subprocess.Popen
        The process: it goes on when this one ends.

    Raises
    ------
    OSError
        If it cannot be started, or the scan cannot be written.
    """
    file, held = file_of(layer), ExitStack()
    if file is None or not file.exists():
        plain = "".join(one for one in layer.name if one.isalnum() or one in PLAIN).strip()
        file = held.enter_context(temporary_folder(Path(gettempdir()))) / f"{plain or 'scan'}.nii"
        try:
            write_series(file, series_of(layer))
        except BaseException:
            held.close()
            raise
    words = [sys.executable, "-c", COMMAND, "view", str(file.absolute()), *more]
    own = {**os.environ, "NAPARI_DSC_TOUR": "off"}
    process = subprocess.Popen(words, env=own)  # noqa: S603  (this program, and a file)

    def wait() -> None:
        with held:
            process.wait()

    Thread(target=wait, name="second window", daemon=True).start()
    return process
