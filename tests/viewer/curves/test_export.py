"""Picture and numbers of the curve dock as files."""

import csv
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from napari_dsc import residue
from napari_dsc.viewer.curves import Curves

TIME = 1.5 * np.arange(50)
AIF = 100 * np.exp(-(((TIME - 20) / 5) ** 2))
TISSUE = 5 * np.exp(-(((TIME - 24) / 8) ** 2))


@pytest.fixture
def curves(viewer, qtbot) -> Curves:
    """A docked plot of a scan, with nothing drawn yet."""
    one = Curves(viewer)
    one.dock()
    one.show_scan(TIME, TIME.size, True)
    qtbot.waitUntil(one.plot.isVisible)
    return one


@pytest.fixture
def told(curves) -> list[tuple[str, str]]:
    """What the plot says of files, and whether they failed."""
    words_of: list[tuple[str, str]] = []
    curves.said.connect(lambda words: words_of.append(("said", words)))
    curves.failed.connect(lambda words: words_of.append(("failed", words)))
    return words_of


def table(path):
    """Headers, and columns of numbers without the empty cells at their ends."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1
    assert not any("nan" in row or "inf" in row for row in rows)  # not known: an empty cell
    columns = zip(*rows[1:], strict=True)
    numbers = [np.array([float(cell or "nan") for cell in column]) for column in columns]
    return rows[0], dict(zip(rows[0], numbers, strict=True))


def test_there_is_nothing_to_save_until_something_is_drawn(curves, told, tmp_path):
    """The buttons sleep, and a call is refused in words."""
    buttons = curves.export_picture, curves.export_numbers
    assert not any(one.enabled for one in buttons)
    curves.save_numbers(tmp_path / "none.csv")
    curves.save_picture(tmp_path / "none.png")
    assert [kind for kind, _ in told] == ["failed", "failed"]
    assert list(tmp_path.iterdir()) == []
    curves.show_artery(AIF[None])
    assert all(one.enabled for one in buttons)
    curves.show_artery(np.empty((0, TIME.size)))
    assert not any(one.enabled for one in buttons)
    curves.show_brain(TISSUE)
    curves.clear()
    assert not any(one.enabled for one in buttons)


def test_the_numbers_are_those_that_are_drawn(curves, told, tmp_path):
    """A column for each name of the legend with its unit, and the residue at the right."""
    one = residue(TISSUE, AIF, TIME)
    known = TISSUE.copy()
    known[:4] = np.nan  # discarded
    curves.show_artery(np.stack([AIF, 3 * AIF]))
    curves.show_vof(1.5 * AIF)
    curves.show_others({"AIF, left <M2>": (0.5 * AIF, "#00ff00")})
    curves.show_cursor(known, "(4, 5, 6)")
    curves.show_residue(one)
    path = tmp_path / "curves.csv"
    curves.save_numbers(path)
    assert told == [("said", f"Numbers of the curves in {path}.")]
    headers, columns = table(path)
    assert headers == [
        "Time (s)",
        "AIF (mean) (1/s)",
        "VOF (1/s)",
        "AIF, left <M2> (1/s)",
        "Cursor (4, 5, 6) (1/s)",
        "Cursor (4, 5, 6) fit (1/s)",
        "Lag (s)",
        "Residue function, voxel under the cursor (4, 5, 6) (1/s)",
    ]
    expected = (TIME, 2 * AIF, 1.5 * AIF, 0.5 * AIF, known, one.fit, one.lags, one.values)
    for (name, found), wanted in zip(columns.items(), expected, strict=True):
        np.testing.assert_allclose(found[: wanted.size], wanted, rtol=1e-6, err_msg=name)
        assert np.isnan(found[wanted.size :]).all()


def test_the_pinned_voxel_s_residue_is_called_so(curves, tmp_path):
    """It is the one that is drawn."""
    one, other = residue(TISSUE, AIF, TIME), residue(2 * TISSUE, AIF, TIME)
    curves.show_pinned("(1, 2, 3)", TISSUE, one)
    curves.show_residue(other)
    curves.save_numbers(tmp_path / "curves.csv")
    headers, columns = table(tmp_path / "curves.csv")
    assert headers[1:4] == [
        "Cursor fit (1/s)",
        "Pinned (1, 2, 3) (1/s)",
        "Pinned (1, 2, 3) fit (1/s)",
    ]
    found = columns["Residue function, pinned voxel (1, 2, 3) (1/s)"]
    np.testing.assert_allclose(found[: one.lags.size], one.values, rtol=1e-6)


def test_a_fit_at_other_times_brings_its_own(curves, tmp_path):
    """Where the scan's times are uneven, the fit's are even."""
    uneven = TIME + 0.1 * (np.arange(TIME.size) % 2)
    curves.show_scan(uneven, uneven.size, True)
    one = residue(TISSUE, AIF, uneven)
    curves.show_cursor(TISSUE)
    curves.show_residue(one)
    curves.save_numbers(tmp_path / "curves.csv")
    headers, columns = table(tmp_path / "curves.csv")
    assert headers[:4] == ["Time (s)", "Cursor (1/s)", "Cursor fit: Time (s)", "Cursor fit (1/s)"]
    np.testing.assert_allclose(columns["Time (s)"][: uneven.size], uneven, rtol=1e-6)
    np.testing.assert_allclose(columns["Cursor fit: Time (s)"][: one.time.size], one.time)
    np.testing.assert_allclose(columns["Cursor fit (1/s)"][: one.fit.size], one.fit, rtol=1e-6)


def test_samples_at_few_times_stand_beside_them(curves, tmp_path):
    """Saturated samples: a cell where there is one."""
    curves.show_artery(AIF[None])
    curves.show_saturated(TIME[[12, 14]], AIF[[12, 14]])
    curves.save_numbers(tmp_path / "curves.csv")
    _, columns = table(tmp_path / "curves.csv")
    found = columns["saturated sample (1/s)"]
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(found)), [12, 14])
    np.testing.assert_allclose(found[[12, 14]], AIF[[12, 14]], rtol=1e-6)


def test_without_times_the_numbers_say_volumes(curves, tmp_path):
    """And give no unit that is not known."""
    curves.show_scan(None, TIME.size, False)
    curves.show_brain(TISSUE)
    curves.save_numbers(tmp_path / "curves.csv")
    headers, columns = table(tmp_path / "curves.csv")
    assert headers == ["Volume", "Brain mean (ΔR2*·TE)"]
    np.testing.assert_array_equal(columns["Volume"], np.arange(TIME.size))


def test_a_hidden_curve_is_left_out(curves, qtbot, tmp_path):
    """A click on its name in the legend hides it, another shows it again."""
    curves.show_artery(AIF[None])
    curves.show_brain(TISSUE)
    spot = curves.legend.place_of("Brain mean").center()
    qtbot.mouseClick(curves.legend, Qt.MouseButton.LeftButton, pos=spot)
    assert curves.legend.hidden() == {"Brain mean"}
    assert not curves.brain.isVisible()
    curves.save_numbers(tmp_path / "curves.csv")
    assert table(tmp_path / "curves.csv")[0] == ["Time (s)", "AIF (mean) (1/s)"]
    qtbot.mouseClick(curves.legend, Qt.MouseButton.LeftButton, pos=spot)
    assert curves.legend.hidden() == set()
    assert curves.brain.isVisible()


def test_the_picture_holds_what_is_on_screen(curves, told, tmp_path):
    """Both plots on the theme's background, twice as fine."""
    curves.show_artery(AIF[None])
    curves.show_vof(0.3 * AIF)
    curves.show_pinned("(1, 2, 3)", TISSUE, residue(TISSUE, AIF, TIME))
    QApplication.processEvents()
    path = tmp_path / "curves.PNG"
    curves.save_picture(path)
    assert told == [("said", f"Picture of the curves in {path}.")]
    picture = QImage(str(path))
    assert picture.width() >= 2 * (curves.plot.width() + curves.lens.width())
    assert picture.height() >= 2 * curves.plot.height()
    width, height = picture.width(), picture.height()
    seen = [
        {picture.pixelColor(x, y).name() for x in range(*span) for y in range(height)}
        for span in ((0, width // 2), (3 * width // 4, width))
    ]
    background = curves.plot.backgroundBrush().color().name()
    assert all(background in colors for colors in seen)
    assert QColor(curves.mean.opts["pen"].color()).name() in seen[0]
    assert QColor(curves.vof.opts["pen"].color()).name() in seen[0]
    assert QColor(curves.lens.curve.opts["pen"].color()).name() in seen[1]


def test_the_picture_as_svg_has_its_words(curves, tmp_path):
    """Read-out, axes and legend as text; curves that are clipped at the axes."""
    curves.show_artery(AIF[None])
    curves.show_readout("CBF 42 mL/100g/min")
    curves.show_pinned("(1, 2, 3)", TISSUE, residue(TISSUE, AIF, TIME))
    QApplication.processEvents()
    path = tmp_path / "curves.svg"
    curves.save_picture(path)
    root = ET.parse(path).getroot()
    words = " ".join("".join(root.itertext()).split())
    for one in ("CBF 42 mL/100g/min", "Time (s)", "Lag (s)", "AIF (mean)", "Pinned (1, 2, 3)"):
        assert one in words
    assert any(one.tag.endswith("clipPath") for one in root.iter())


@pytest.mark.parametrize(
    ("save", "name", "rule"),
    [
        ("save_picture", "curves.gif", ".png or .svg"),
        ("save_picture", "curves", ".png or .svg"),
        ("save_numbers", "curves.txt", ".csv"),
        ("save_picture", "absent/curves.png", "No such file"),
        ("save_picture", "absent/curves.svg", "No such file"),
        ("save_numbers", "absent/curves.csv", "No such file"),
    ],
)
def test_what_cannot_be_saved_is_said_in_one_line(curves, told, tmp_path, save, name, rule):
    """And nothing is left behind."""
    curves.show_artery(AIF[None])
    getattr(curves, save)(tmp_path / name)
    ((kind, words),) = told
    assert kind == "failed"
    assert rule in words
    assert "\n" not in words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["curves.png", "curves.svg", "curves.csv"])
def test_a_file_is_complete_or_as_it_was(curves, told, tmp_path, monkeypatch, name):
    """A disk that gives out leaves the earlier file, and no half of the new one."""
    import errno
    import os

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    curves.show_artery(AIF[None])
    path = tmp_path / name
    path.write_text("earlier")
    monkeypatch.setattr(os, "fsync", full)
    (curves.save_numbers if name.endswith("csv") else curves.save_picture)(path)
    ((kind, words),) = told
    assert kind == "failed"
    assert "No space left" in words
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("what", ["picture", "numbers"])
def test_the_buttons_ask_for_a_file(curves, told, qtbot, tmp_path, monkeypatch, what):
    """Nothing happens if no file is chosen."""
    curves.show_artery(AIF[None])
    path = tmp_path / f"mine{'.png' if what == 'picture' else '.csv'}"
    button = curves.export_picture if what == "picture" else curves.export_numbers
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)
    assert told == []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)
    assert [kind for kind, _ in told] == ["said"]
    assert path.stat().st_size > 0


def test_a_name_without_an_end_gets_one(curves, told, qtbot, tmp_path, monkeypatch):
    """What that would replace is asked about."""
    curves.show_artery(AIF[None])
    bare = str(tmp_path / "mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (bare, ""))
    for button in (curves.export_picture, curves.export_numbers):
        qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)
    assert {one.name for one in tmp_path.iterdir()} == {"mine.png", "mine.csv"}
    written = (tmp_path / "mine.csv").stat().st_mtime_ns
    no = QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *_: no)
    qtbot.mouseClick(curves.export_numbers.native, Qt.MouseButton.LeftButton)
    assert [kind for kind, _ in told] == ["said", "said"]
    assert (tmp_path / "mine.csv").stat().st_mtime_ns == written
