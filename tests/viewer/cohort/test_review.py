"""A reader goes through a cohort with mouse and keys."""

import json
import shutil

import numpy as np
import pytest
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from napari_dsc.cohort.group import read_group, write_tables
from napari_dsc.cohort.group_page import write_page
from napari_dsc.cohort.looking import looking
from napari_dsc.cohort.one_scan import SKIPPED, Job, run_scan
from napari_dsc.cohort.scans import find_scans
from napari_dsc.cohort.verdicts import Verdict, add_verdict, last_verdicts
from napari_dsc.core.regions import blank_voxels
from napari_dsc.viewer.button_keys import BUTTON_KEYS
from napari_dsc.viewer.layers import placement, to_screen
from tests.viewer.desk import LEFT


def press_key(desk, text) -> None:
    """Press the key of a button on the pictures."""
    window = desk.panel.window()
    window.activateWindow()
    desk.wait(lambda: QApplication.activeWindow() is window)
    stroke = QKeySequence(BUTTON_KEYS[text])[0]
    button = next(
        one for one in window.findChildren(QPushButton) if one.shortcut() == QKeySequence(stroke)
    )
    pressed: list[bool] = []
    button.clicked.connect(pressed.append)
    QTest.keyClick(desk.canvas(), stroke.key(), stroke.keyboardModifiers())
    desk.wait(lambda: bool(pressed), timeout=5000)
    button.clicked.disconnect(pressed.append)


def go_to(desk, review, label) -> None:
    """Click a row of the list."""
    item = next(
        review.list.topLevelItem(at)
        for at in range(review.list.topLevelItemCount())
        if review.list.topLevelItem(at).text(0) == label
    )
    spot = review.list.visualItemRect(item).center()
    QTest.mouseClick(review.list.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, spot)
    desk.wait(lambda: review.settled and review.look.scan.label == label)


def lines_of(out) -> list[list[str]]:
    """Lines of the review below its head."""
    text = (out / "review.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def stroke_over(desk, voxels) -> None:
    """Draw over voxels (z, y, x) of one slice on the tile of Tmax."""
    tile = desk.map("Tmax")
    desk.viewer.dims.set_current_step(1, voxels[0][0])
    QApplication.processEvents()
    desk.drag_over([desk.tile(tile, voxel) for voxel in voxels])


def arterial_stroke(desk, patient) -> list[tuple[int, ...]]:
    """Two arterial voxels beside each other, on the axes of the screen."""
    found = np.argwhere(to_screen(patient.artery, desk.panel.scan.place))
    pairs = ((one, other) for one in found for other in found if tuple(other - one) == (0, 0, 1))
    return [tuple(map(int, one)) for one in next(pairs)]


def test_the_doubtful_come_first_as_on_the_page_of_the_group(desk, review, out):
    write_page(out, read_group(out))
    page = (out / "group_dsc.html").read_text()
    order = sorted(review.list.labels, key=lambda label: page.index(f'id="{label}"'))
    assert review.list.labels == order == ["sub-03", "sub-02", "sub-01", "sub-04"]
    assert review.look.scan.label == "sub-03"
    assert review.list.words("sub-03") == ("doubtful", "")
    assert review.list.words("sub-02") == ("failed", "")
    assert "late and wide" in review.words.toPlainText()
    scan = desk.panel.scan
    assert scan.layer.name == "sub-03"
    assert not scan.results.unsaved
    assert not scan.results.outdated
    assert set(scan.layers.maps) == {one.symbol for one in review.look.results.maps}
    stored = {one.symbol: one.values for one in review.look.results.maps}
    for symbol, layer in scan.layers.maps.items():
        shown = to_screen(stored[symbol], scan.place)
        assert np.array_equal(layer.data, shown, equal_nan=True)


def test_fault_296_a_scan_takes_six_actions_at_most_with_a_redrawn_aif(desk, review, out, patient):
    """Four by keys and mouse: redraw, a stroke, save, accept; the maps follow the stroke."""
    actions = []
    before = np.array(desk.map("CBF").data)
    actions.append("redraw")
    press_key(desk, "Redraw AIF")
    assert desk.panel.tools.armed == "aif"
    actions.append("stroke")
    stroke_over(desk, arterial_stroke(desk, patient))
    scan = desk.panel.scan
    desk.wait(lambda: scan.results.unsaved and not desk.panel.busy)
    drawn = desk.file_voxels(desk.panel.form.artery.value)
    assert not np.array_equal(desk.map("CBF").data, before, equal_nan=True)
    review.code.setText("R7")
    actions.append("save")
    press_key(desk, "Save redrawn AIF")
    desk.wait(lambda: "redrawn by a reviewer" in review.status.text())
    assert not scan.results.unsaved
    actions.append("accept")
    press_key(desk, "Accept")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    assert len(actions) <= 6
    told = json.loads((out / "log/sub-03.json").read_text())
    assert told["aif_redrawn"] == {"reviewer": "R7"}
    assert told["aif"]["voxels"] == 2
    record = json.loads((out / "sub-03/perf/sub-03_record.json").read_text())
    assert record["aif"]["origin"]["notes"] == ["AIF redrawn by reviewer R7"]
    assert {tuple(one) for one in record["aif"]["voxels"]} == drawn
    (line,) = lines_of(out)
    assert (line[0], line[1], line[3]) == ("sub-03", "accept", "R7")
    assert line[5] == told["record_sha256"]
    write_tables(out, read_group(out))
    rows = [line.split("\t") for line in (out / "group_scans.tsv").read_text().splitlines()]
    of = dict(zip(rows[0], next(row for row in rows if row[0] == "sub-03"), strict=True))
    assert (of["aif_redrawn"], of["verdict"], of["reviewer"]) == ("yes", "accept", "R7")
    raw = next(one for one in find_scans(out.parents[1]) if one.label == "sub-03")
    assert run_scan(Job(scan=raw, out=out, values={}, report=False))["state"] == SKIPPED


def test_what_is_accepted_or_excluded_leads_to_the_next_without_a_verdict(desk, review, out):
    review.note.setText("moved\tmuch")
    press_key(desk, "Exclude")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    assert review.list.words("sub-03") == ("doubtful", "excluded")
    assert review.note.text() == ""
    press_key(desk, "Next scan")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-01")
    assert desk.panel.scan.layer.name == "sub-01"
    assert {one.name for one in desk.viewer.layers if one.name.startswith("sub-")} == {"sub-01"}
    press_key(desk, "Accept")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-04")
    press_key(desk, "Accept")  # the last of the list: round to the one that was passed over
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    assert [line[:2] for line in lines_of(out)] == [
        ["sub-03", "exclude"],
        ["sub-01", "accept"],
        ["sub-04", "accept"],
    ]
    assert {one.label for one in read_group(out) if one.counted} == {"sub-01", "sub-04"}
    assert "3 with a verdict" in review.count.text()


def answer_box(desk, words, answer) -> None:
    """Press a button of the question that is on screen."""
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox)]
    (box,) = [one for one in boxes if one.isVisible()]
    assert words in box.text()
    button = next(one for one in box.buttons() if one.text().replace("&", "") == answer)
    QTest.mouseClick(button, LEFT)
    desk.wait(lambda: not isalive(box) or not box.isVisible())


def test_fault_483_the_last_scan_leads_to_the_first_without_a_verdict(desk, review, out):
    """And only where each has one, that is said."""
    go_to(desk, review, "sub-04")
    press_key(desk, "Exclude")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-03")
    assert "Every scan" not in review.status.text()
    press_key(desk, "Accept")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    press_key(desk, "Exclude")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-01")
    press_key(desk, "Accept")
    desk.wait(lambda: "Every scan below has a verdict" in review.status.text())
    assert len(lines_of(out)) == 4


def test_fault_484_a_verdict_is_turned_into_its_opposite_after_a_question_only(desk, review, out):
    go_to(desk, review, "sub-04")
    press_key(desk, "Exclude")
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-03")
    go_to(desk, review, "sub-04")
    press_key(desk, "Exclude")  # the same once more asks nothing
    desk.wait(lambda: review.settled and len(lines_of(out)) == 2)
    go_to(desk, review, "sub-04")
    press_key(desk, "Accept")
    answer_box(desk, "sub-04 was excluded. Accept it instead?", "Cancel")
    assert [line[1] for line in lines_of(out)] == ["exclude", "exclude"]
    press_key(desk, "Accept")
    answer_box(desk, "sub-04 was excluded. Accept it instead?", "Accept")
    desk.wait(lambda: len(lines_of(out)) == 3)
    assert lines_of(out)[-1][:2] == ["sub-04", "accept"]
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-03")


def test_the_next_scan_is_read_ahead(desk, begin, out, monkeypatch):
    """Nothing is read when it is asked for."""
    add_verdict(out, Verdict(scan="sub-03", verdict="accept"))
    add_verdict(out, Verdict(scan="sub-02", verdict="exclude"))
    review = begin(out)  # at the first without a verdict
    assert review.look.scan.label == "sub-01"
    desk.wait(lambda: review.session.is_ahead("sub-04"))
    started: list[str] = []

    def noted(out, one, *rest, **options):
        started.append(one.label)
        return looking(out, one, *rest, **options)

    monkeypatch.setattr("napari_dsc.viewer.cohort.session.looking", noted)
    QTest.mouseClick(review.next.native, LEFT)
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-04")
    assert "sub-04" not in started
    assert desk.panel.scan.layer.name == "sub-04"


def test_a_note_alone_is_kept_by_enter_and_gives_no_verdict(desk, review, out):
    QTest.keyClicks(review.note, "look at the vein")
    QTest.keyClick(review.note, Qt.Key.Key_Return)
    desk.wait(lambda: "Kept" in review.status.text())
    assert [line[:2] for line in lines_of(out)] == [["sub-03", ""]]
    assert review.look.scan.label == "sub-03"
    assert review.session.scan("sub-03").note == "look at the vein"


def test_fault_290_a_damaged_review_is_told_and_left_as_it_is(desk, begin, out):
    (out / "review.tsv").write_bytes(b"\xff\xfe\x00scan")
    review = begin(out)
    assert "review.tsv must be a table" in review.status.text()
    assert "Mend it" in review.status.text()
    assert not review.accept.enabled
    assert not review.exclude.enabled
    assert desk.panel.scan.layer.name == "sub-03"
    assert (out / "review.tsv").read_bytes() == b"\xff\xfe\x00scan"


def test_fault_291_what_another_reader_said_meanwhile_is_told_and_stays(desk, review, out):
    add_verdict(out, Verdict(scan="sub-03", verdict="exclude", reviewer="R2"))
    add_verdict(out, Verdict(scan="sub-04", verdict="exclude", reviewer="R2"))
    said: list[str] = []
    review.session.said.connect(said.append)
    QTest.mouseClick(review.accept.native, LEFT)
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    assert any("R2 had said exclude meanwhile" in words for words in said)
    assert [line[1] for line in lines_of(out)] == ["exclude", "exclude", "accept"]
    assert last_verdicts(out)["sub-03"].verdict == "accept"
    assert review.list.words("sub-04") == ("as usual", "excluded")


def test_a_scan_that_failed_says_why_and_can_be_excluded(desk, review, out):
    go_to(desk, review, "sub-02")
    assert "has no maps" in review.status.text()
    assert "incomplete or damaged" in review.words.toPlainText()
    assert not desk.viewer.layers
    assert not review.accept.enabled
    assert not review.redraw.enabled
    QTest.mouseClick(review.exclude.native, LEFT)
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-01")
    assert lines_of(out)[0][:2] == ["sub-02", "exclude"]


def test_fault_293_no_verdict_on_maps_that_were_computed_again_meanwhile(desk, review, out):
    raw = next(one for one in find_scans(out.parents[1]) if one.label == "sub-03")
    run_scan(Job(scan=raw, out=out, values={"svd_threshold": 0.1}, report=False))
    QTest.mouseClick(review.accept.native, LEFT)
    desk.wait(lambda: "computed again since" in review.status.text())
    assert not (out / "review.tsv").exists()
    before = review.look.record_sha256
    go_to(desk, review, "sub-03")
    desk.wait(lambda: review.look.record_sha256 != before and review.settled)
    assert review.look.record_sha256 != before
    assert desk.panel.form.svd_threshold.value == pytest.approx(0.1)


def test_a_verdict_on_earlier_maps_is_one_to_be_given_again(desk, begin, out):
    add_verdict(out, Verdict(scan="sub-03", verdict="accept", record="0" * 64))
    review = begin(out)
    assert review.list.words("sub-03") == ("doubtful", "accepted, earlier maps")
    assert review.look.scan.label == "sub-03"
    assert "was given on earlier maps" in review.words.toPlainText()
    assert desk.panel.scan is not None


def test_fault_295_maps_are_looked_at_without_their_scan_which_is_then_found(
    desk, begin, out, tmp_path, monkeypatch
):
    """Moved meanwhile: a sentence says so, and the folder can be named."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in [out.parents[1] / "dataset_description.json", *out.parents[1].glob("sub-*")]:
        shutil.move(path, elsewhere / path.name)
    review = begin(out)
    assert review.look.scan.label == "sub-03"
    assert "Folder of scans" in review.status.text()
    assert "left is on the right of the pictures" in review.status.text()
    assert desk.panel.scan is None
    names = {one.name for one in desk.viewer.layers}
    assert "CBF (mL/100g/min)" in names
    assert len(names) == 6
    blank = desk.viewer.layers["Tmax (s)"].blank
    results = review.look.results
    axis = results.replay.slice_axis
    rejected = blank_voxels(results.maps, results.brain, slice_axis=axis)
    assert rejected.any()
    place = placement(results.affine)
    np.testing.assert_array_equal(blank, to_screen(~results.brain | rejected, place))
    assert review.accept.enabled
    assert not review.redraw.enabled
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(elsewhere))
    QTest.mouseClick(review.folder.native, LEFT)
    desk.wait(lambda: review.settled and desk.panel.scan is not None)
    assert {"sub-03"} <= {one.name for one in desk.viewer.layers}
    assert review.redraw.enabled


def test_fault_478_no_card_of_the_tour_lies_over_a_review(desk, begin, out):
    """Neither one that stands there, nor one that a window would offer."""
    tour = desk.panel.room.tour
    tour.start()
    begin(out)
    assert tour.at is None
    assert not tour.offered


def test_fault_297_only_the_aif_is_redrawn_in_a_review(desk, review, out, patient):
    """All scans of a cohort share their settings."""
    held = (out / "log/sub-03.json").read_bytes()
    press_key(desk, "Redraw AIF")
    desk.panel.form.svd_threshold.value = 0.1
    stroke_over(desk, arterial_stroke(desk, patient))
    scan = desk.panel.scan
    desk.wait(lambda: scan.results.unsaved and not desk.panel.busy)
    press_key(desk, "Save redrawn AIF")
    desk.wait(lambda: "share their settings" in review.status.text())
    assert (out / "log/sub-03.json").read_bytes() == held


def test_a_redrawn_aif_that_was_not_saved_is_asked_about(desk, review, out, patient):
    press_key(desk, "Redraw AIF")
    stroke_over(desk, arterial_stroke(desk, patient))
    scan = desk.panel.scan
    desk.wait(lambda: scan.results.unsaved and not desk.panel.busy)
    press_key(desk, "Accept")
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox)]
    (box,) = [one for one in boxes if one.isVisible()]
    assert "sub-03 was not saved" in box.text()
    save = next(one for one in box.buttons() if one.text().replace("&", "") == "Save")
    QTest.mouseClick(save, LEFT)
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-02")
    assert "aif_redrawn" in json.loads((out / "log/sub-03.json").read_text())
    assert lines_of(out)[0][:2] == ["sub-03", "accept"]


def test_nothing_is_saved_of_an_aif_that_is_as_it_was(desk, review, out):
    held = (out / "log/sub-03.json").read_bytes()
    press_key(desk, "Save redrawn AIF")
    desk.wait(lambda: "nothing to save" in review.status.text())
    assert (out / "log/sub-03.json").read_bytes() == held


def test_every_button_states_a_key_and_lies_in_the_window_in_both_workspaces(desk, review):
    window = desk.panel.window()
    for kind in ("reading", "workbench", "reading", "workbench"):
        desk.panel.workspaces.show(kind)
        desk.wait(lambda: review.isVisible() and review.width() > 0)
        for button in (review.next, review.accept, review.save, review.folder):
            inside = button.native.mapTo(window, button.native.rect().bottomRight())
            assert window.rect().contains(inside), kind
    buttons = (review.previous, review.next, review.accept, review.exclude)
    more = (review.keep_note, review.redraw, review.save, review.folder)
    for button in (*buttons, *more):
        key = BUTTON_KEYS[button.text]
        assert key in button.tooltip
        assert button.native.shortcut().toString() == key
        assert button.native.focusPolicy() & Qt.FocusPolicy.TabFocus
