"""The lines of the rail."""

from napari_dsc.viewer.panel.guide import report_line
from napari_dsc.viewer.reading.steps import ARTERY, MAPS, REPORT, SCAN


def lines(desk):
    return {key: head.state for key, head in desk.panel.workspaces.rail.heads.items()}


def test_each_step_tells_its_state(computed):
    desk = computed
    told = lines(desk)
    run = desk.panel.scan.results.run[1]
    assert told[SCAN] == "TR 1.5 s, TE 30 ms"
    assert told[ARTERY] == run.findings[0].words.removeprefix("AIF: ").rstrip(".")
    assert told[MAPS].startswith("oSVD 0.2, ")
    assert f"{int(run.brain.sum()):,} voxels" in told[MAPS]
    assert told[MAPS].endswith("% accepted")
    assert told[REPORT] == "maps not saved yet"


def test_maps_that_are_older_say_so(computed):
    desk = computed
    desk.panel.form.svd_threshold.value = 0.1
    desk.wait(lambda: "older" in lines(desk)[MAPS])
    assert lines(desk)[MAPS].startswith("oSVD 0.1")
    desk.panel.form.svd_threshold.value = 0.2
    desk.wait(lambda: "accepted" in lines(desk)[MAPS])


def test_before_the_maps_the_voxels_that_are_used_are_counted(opened, patient):
    desk = opened
    assert lines(desk)[ARTERY] == "no AIF yet"
    desk.draw(patient)
    count = int(patient.artery.sum())
    desk.wait(lambda: lines(desk)[ARTERY].startswith(f"{count} voxels"))
    assert lines(desk)[MAPS] == "oSVD 0.2"


def test_the_work_goes_on_to_the_next_step(opened, patient):
    desk, rail = opened, opened.panel.workspaces.rail
    assert rail.step == ARTERY
    desk.draw(patient)
    assert rail.step == ARTERY  # its voxels are to be looked at
    desk.compute()
    desk.wait(lambda: rail.step == REPORT)


def test_fault_367_step_4_tells_that_a_report_was_written(computed, tmp_path):
    """And of which maps, and that they are still to be saved."""
    desk, scan = computed, computed.panel.scan
    path = tmp_path / "report.html"
    desk.panel.room.reporting.save_to(path)
    desk.wait(lambda: path.exists() and not desk.panel.busy)
    desk.wait(lambda: lines(desk)[REPORT] == "report written, maps not saved")
    desk.panel.form.svd_threshold.value = 0.1
    desk.wait(lambda: lines(desk)[REPORT] == "report of the earlier maps written, maps not saved")
    desk.panel.form.svd_threshold.value = 0.2
    desk.wait(lambda: not scan.results.outdated)
    scan.results.keep(scan.results.run[1], scan.results.made_from)
    assert report_line(scan) == "maps not saved yet"  # of this run there is none
