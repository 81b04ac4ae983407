"""The lines of the status."""

from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.panel.status_lines import READY, StatusLines


def test_what_is_missing_and_done_is_said_once():
    lines = StatusLines()
    assert lines.words(None, "", "") == READY
    lines.done, lines.noted = "Done.", "Done."
    assert lines.words(None, "Open a scan.", "Painted before.") == (
        "Done.\nOpen a scan.\nPainted before."
    )


def test_a_sentence_can_be_dropped():
    lines = StatusLines()
    lines.done = "Done.\nAIF: proposed, not looked at.\nSaved."
    lines.drop("not looked at")
    assert lines.words(None, "", "") == "Done.\nSaved."


def test_a_change_forgets_what_was_said():
    lines = StatusLines()
    lines.done = lines.noted = lines.probed = "said"
    lines.forget()
    assert lines.words(None, "", "") == "said"  # of the probe


def test_fault_494_maps_that_stand_are_said_again_when_their_scan_comes_back(
    computed, patient, tmp_path
):
    """Not that Compute should be pressed: they are up to date."""
    desk, scan = computed, computed.panel.scan
    good = next(one.words for one in scan.results.run[1].findings)
    write_series(tmp_path / "second.nii.gz", patient.series)
    desk.open(tmp_path / "second.nii.gz")
    desk.wait(lambda: good not in desk.panel.status.text())
    desk.panel.form.series.value = scan.layer
    desk.wait(lambda: good in desk.panel.status.text())
    assert not scan.results.outdated
    assert READY not in desk.panel.status.text()


def test_fault_494_a_threshold_that_is_set_back_says_what_its_maps_came_to(computed):
    """Older meanwhile, and no longer."""
    desk, scan = computed, computed.panel.scan
    good = next(one.words for one in scan.results.run[1].findings)
    own = desk.panel.form.svd_threshold.value
    desk.panel.form.svd_threshold.value = own + 0.1
    desk.wait(lambda: "older" in desk.panel.status.text())
    desk.panel.form.svd_threshold.value = own
    desk.wait(lambda: good in desk.panel.status.text())
    assert READY not in desk.panel.status.text()
