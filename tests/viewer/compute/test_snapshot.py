"""How AIF and brain came to be what they are on screen, as a run is told and a record keeps it."""

import json

import numpy as np

from napari_dsc.core.provenance import Kind, Origin
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.viewer.layers import placement, to_screen


def origins(desk):
    """Of what a run would compute now."""
    desk.wait(lambda: desk.panel.form.compute.enabled)
    return desk.panel.reading.snapshot().origins


def test_fault_97_every_way_to_an_aif_is_kept(desk, scan_file, patient, tmp_path):
    """Painted, proposed in a region and edited, saved and loaded, a curve; from a record again."""
    desk.open(scan_file)
    panel = desk.panel
    desk.draw(patient)
    assert origins(desk).aif == Origin(kind="drawn")
    assert origins(desk).brain == Origin(kind="proposed")
    panel.form.brain.value.data_setitem(tuple(np.array([at]) for at in (0, 0, 0)), 1)
    assert origins(desk).brain == Origin(kind="proposed", added=1)
    panel.form.brain.value.undo()
    half = np.ones(patient.brain.shape, np.uint8)
    half[0] = 0
    shown = to_screen(half, placement(patient.series.affine))
    panel.form.region.value = desk.viewer.add_labels(
        np.array(shown), name="Search", affine=panel.form.brain.value.affine, units=("mm",) * 3
    )
    desk.press(panel.form.propose)
    desk.wait(lambda: "Proposed" in panel.status.text())
    assert origins(desk).aif == Origin(kind="proposed", region=True)
    first = sorted(desk.file_voxels(panel.form.artery.value))[0]
    panel.workshop.table.ticked.emit(first, False)
    desk.compute()
    edited = Origin(kind="proposed", region=True, removed=1)
    assert panel.scan.results.run[1].origins.aif == edited
    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: not panel.busy and "Saved" in panel.status.text())
    record = next((tmp_path / "out").glob("record.json"))
    words = methods_paragraph(json.loads(record.read_text(encoding="utf-8")))
    assert "within a region that the user had given, edited afterwards (voxel 1 removed)" in words
    kinds: dict[str, Kind] = {"one.json": "saved AIF", "two.csv": "curve file"}
    for name, kind in kinds.items():
        panel.keeping.save_to(tmp_path / name)
        panel.keeping.load_from(tmp_path / name)
        assert origins(desk).aif == Origin(kind=kind)
    panel.results.open_from(record)
    assert origins(desk).aif == edited
    assert origins(desk).brain.kind == "proposed"
