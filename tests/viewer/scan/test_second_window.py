"""A second scan in a process of its own: it lives, with that scan, and leaves nothing behind."""

import sys
from time import sleep

import numpy as np
import pytest
from napari.layers import Image
from PIL import Image as Picture

from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.scan.second_window import open_window


@pytest.mark.skipif(sys.platform != "linux", reason="its screen is the tests'")
@pytest.mark.parametrize("on_disk", [True, False])
def test_a_window_of_its_own_shows_the_scan(patient, scan_file, tmp_path, monkeypatch, on_disk):
    """One with a file is read again; another is handed over in a file that goes with the window."""
    monkeypatch.setattr("napari_dsc.viewer.scan.second_window.gettempdir", lambda: str(tmp_path))
    data, options, _ = scan_layer(patient.series, "Case/7", scan_file if on_disk else None)
    layer = Image(data, **options)
    picture = tmp_path / "window.png"
    process = open_window(layer, "--screenshot", str(picture))
    assert bool(list(tmp_path.rglob("Case7.nii"))) is not on_disk
    assert process.wait(120) == 0
    shown = np.asarray(Picture.open(picture).convert("L"))
    assert shown.std() > 10
    for _ in range(100):
        if not list(tmp_path.rglob("*.nii")):
            break
        sleep(0.05)
    assert not list(tmp_path.rglob("*.nii"))
