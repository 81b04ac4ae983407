"""The lines of the status."""

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
