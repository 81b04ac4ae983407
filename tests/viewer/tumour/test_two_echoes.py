"""A scan of two echoes on screen: the artery from the short echo, by keyboard."""

from dataclasses import replace

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc import delta_r2_star
from napari_dsc.core.phantom import two_echo_phantom
from napari_dsc.io.nifti.echoes import combined
from napari_dsc.viewer.contributions import scan_layer


def test_the_artery_is_read_from_the_short_echo_where_that_is_chosen(desk):
    """Its choice is shown for two echoes alone; curves, maps and record follow it."""
    early, late = two_echo_phantom(shape=(32, 32, 4), snr=25.0)
    series = combined(early.series, late.series).known()
    patient = replace(late, series=series)
    panel, form = desk.panel, desk.panel.form
    assert not form.aif_echo.visible
    data, options, _ = scan_layer(series, "two echoes")
    layer = desk.viewer.add_image(data, **options)
    desk.wait(lambda: form.series.value is layer and "Looking" not in panel.status.text())
    desk.wait(lambda: form.aif_echo.visible)
    desk.draw(patient)
    desk.compute()
    first = panel.scan.results.run[1]
    assert first.settings.aif_echo == "as tissue"
    box = form.aif_echo.native
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert form.aif_echo.value == "short echo"
    desk.wait(lambda: panel.scan.results.outdated)
    desk.compute()
    second = panel.scan.results.run[1]
    start, stop = second.prepared.baseline
    wanted = delta_r2_star(
        early.series.signal[late.artery], early.series.echo_time, slice(start, stop)
    ).mean(axis=0)[start:]
    found = second.aif.curve
    np.testing.assert_allclose(found, wanted[-found.size :], atol=0.02 * wanted.max())
    truth = late.aif[-found.size :]
    peaks = [np.abs(one.aif.curve.max() / truth.max() - 1) for one in (first, second)]
    assert peaks[1] < peaks[0]
