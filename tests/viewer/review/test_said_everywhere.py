"""One state, one sentence: screen, table, CSV, record, report, methods and shell say the same."""

import csv
import html
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from qtpy.QtPdf import QPdfDocument

from napari_dsc import phantom
from napari_dsc.cli import main
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.plausibility import told
from napari_dsc.core.regions import HIR, HIR_WORDS, side_of
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.regions.lesion_regions import lesions_on
from napari_dsc.viewer.regions.region_layer import midline_of

SCANS = {"quiet": (1, 100.0), "noisy": (2, 40.0), "noisier": (3, 25.0)}  # seed and SNR


class Said(NamedTuple):
    """What the displays of one analysis say, as text."""

    record: dict[str, Any]
    html: str
    pdf: str
    methods: str
    table: list[list[str]]


def saved(desk, out: Path) -> Said:
    """Save the maps and both reports of the scan at hand, and read them."""
    panel = desk.panel
    panel.results.save_to(out)
    desk.wait(lambda: not panel.busy and (out / "record.json").exists())
    for kind in ("html", "pdf"):
        path = out.parent / f"{out.name}.{kind}"
        panel.room.reporting.save_to(path)
        desk.wait(lambda path=path: not panel.busy and path.exists())
    page = (out.parent / f"{out.name}.html").read_text(encoding="utf-8")
    (methods,) = out.glob("*methods.md")
    (table,) = out.glob("*late_tissue.csv")
    return Said(
        record=json.loads((out / "record.json").read_text(encoding="utf-8")),
        html=" ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split()),
        pdf=printed(out.parent / f"{out.name}.pdf"),
        methods=" ".join(methods.read_text(encoding="utf-8").split()),
        table=list(csv.reader(table.read_text(encoding="utf-8").splitlines())),
    )


def printed(path: Path) -> str:
    """Words of a PDF, as a reader of PDFs finds them."""
    document = QPdfDocument(None)
    document.load(str(path))
    words = [document.getAllText(at).text() for at in range(document.pageCount())]
    document.close()
    return " ".join(" ".join(words).split())


def shown(desk, path: Path, patient, artery) -> None:
    """Open a scan, draw an artery on it, compute."""
    layer = desk.open(path)
    place = placement(patient.series.affine)
    desk.panel.form.artery.value.data = to_screen(artery, place).astype("uint8")
    desk.wait(lambda: desk.panel.form.compute.enabled)
    desk.compute()
    desk.wait(lambda: desk.panel.scan.results.run is not None and not desk.panel.busy)
    assert desk.panel.scan.layer is layer


def in_the_shell(out: Path, scan: Path, capsys) -> tuple[str, str]:
    """What the command line says of the same masks: stdout and stderr."""
    masks = {end: next(out.glob(f"*desc-{end}_mask.nii.gz")) for end in ("aif", "brain")}
    start, stop = json.loads((out / "record.json").read_text())["settings"]["baseline_volumes"]
    capsys.readouterr()
    words = ["maps", scan, "--aif", masks["aif"], "--brain", masks["brain"]]
    words += ["--baseline", f"{start}:{stop}", "--out", out.with_name("shell")]
    assert main([str(one) for one in words]) == 0
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_fault_181_what_is_known_is_said_everywhere_in_the_same_sentence(
    desk, patient, scan_file, tmp_path, capsys
):
    """Of a vein as artery: nowhere "none", nowhere another wording."""
    vein = (patient.tissue == Tissue.VEIN) & patient.brain
    shown(desk, scan_file, patient, vein)
    findings = desk.panel.scan.results.run[1].findings
    sentences = told(findings)
    assert {"aif", "early brain"} <= {one.key for one in findings if one.level == "doubtful"}
    said = saved(desk, tmp_path / "screen")
    assert [one["words"] for one in said.record["findings"]] == [one.words for one in findings]
    _, errors = in_the_shell(tmp_path / "screen", scan_file, capsys)
    desk.wait(lambda: desk.panel.room.verdict.sentences == tuple(one.words for one in findings))
    for words in sentences:
        assert words in said.html
        assert words in said.pdf
        assert words in said.methods
        assert f"Note: {words}\n" in errors
    assert "Warnings None." not in said.html
    assert main(["methods", str(tmp_path / "screen" / "record.json")]) == 0
    printed = capsys.readouterr()
    for words in sentences:
        assert words in printed.out
        assert f"Note: {words}\n" in printed.err


@pytest.mark.parametrize(("seed", "snr"), SCANS.values(), ids=SCANS)
def test_fault_182_volumes_of_late_tissue_agree_to_the_digit(desk, tmp_path, capsys, seed, snr):
    """Cleaned is the headline; both figures stand where they are more than a tenth apart."""
    patient = phantom((32, 32, 4), seed=seed, snr=snr)
    scan = tmp_path / "scan.nii.gz"
    write_series(scan, patient.series)
    shown(desk, scan, patient, patient.artery)
    room = desk.panel.room
    room.show_late()
    desk.wait(lambda: room.pages.late.table.rowCount() == 4)
    said = saved(desk, tmp_path / "screen")
    line, _ = in_the_shell(tmp_path / "screen", scan, capsys)
    told = said.record["late_tissue"]
    assert told["smallest_piece_mL"] == 1.0
    apart = 0
    for at, row in enumerate(as_asked(told["volumes"])):
        cleaned, raw = f"{row['mL']:.1f}", f"{row['as_found_mL']:.1f}"
        words = f"{cleaned} mL"
        if abs(row["mL"] - row["as_found_mL"]) > 0.1 * max(row["mL"], row["as_found_mL"]):
            words, apart = f"{words} ({raw} mL before cleaning)", apart + 1
        name = f"> {row['tmax_above_s']:g} s"
        assert cells(room.pages.late.table, at)[1:3] == [cleaned, raw]
        assert [f"Tmax {name} (mL)", cleaned, raw] in said.table
        assert f"Tmax {name} {words}" in said.html
        assert f"Tmax {name}" in said.pdf
        assert words in said.pdf
        assert f"{name} {words}" in line
    ratio, raw_ratio = (f"{told[key]:.2f}" for key in ("hir", "hir_as_found"))
    (own,) = (one for one in said.table if one[0].startswith("HIR"))
    assert own[1:] == [ratio, raw_ratio]
    for words in (said.html, room.pages.late.note.text()):
        assert f"{HIR} {ratio}" in words
    assert f"; {HIR_WORDS} {ratio}" in said.pdf
    assert f"{HIR_WORDS} {ratio}" in line
    assert apart, "the scan must hold specks, else nothing is tested"


def test_fault_254_findings_and_ratios_agree_to_the_digit(desk, tmp_path, capsys):
    """Bar, table of regions, both reports and shell, of lesions that became regions."""
    patient = phantom((32, 32, 4), seed=1)
    scan = tmp_path / "scan.nii.gz"
    write_series(scan, patient.series)
    shown(desk, scan, patient, patient.artery)
    room = desk.panel.room
    desk.wait(lambda: room.lead.label.text() != "")
    first = str(room.lead.label.text())
    said = saved(desk, tmp_path / "screen")
    line, _ = in_the_shell(tmp_path / "screen", scan, capsys)
    late, ratios, trust = line.splitlines()[-4:-1]
    assert late.startswith(f"{first}")
    assert trust.startswith("AIF: ")
    for words in (late, ratios, trust):
        assert words in said.html
        assert words in said.pdf
    desk.wait(lambda: room.lead.region.visible)
    desk.press(room.lead.region)
    desk.wait(lambda: room.pages.regions.rows and room.pages.regions.rows[0].words[11])
    regions = saved(desk, tmp_path / "regions")
    for row in room.pages.regions.rows:
        name, of, _n, size, _beside, mean, sd, median, _p5, _p95, mirror, ratio, _ = row.words
        symbol = of.split()[0]
        cell = " ".join((mean, "±", sd, f"({median})")).replace("-", "−")
        assert cell in regions.html
        assert cell in regions.pdf
        assert f"{row.label} · {name} {size} " in regions.pdf
        if symbol in ("CBV", "CBF", "MTT", "Tmax"):
            across = f"{mean} {mirror} {ratio}"
            assert across in regions.html
            assert across in regions.pdf
            assert f"{symbol} {ratio}" in regions.html  # in the sentence
    assert regions.html.count(f"{late}") == 1


def test_fault_254_a_midline_that_was_dragged_halves_the_report_too(computed, tmp_path):
    """Without a region: the side is that of the bar, not of the proposal."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    desk.wait(lambda: room.lead.label.text() != "")
    before = str(room.lead.label.text())
    room.pages.regions.mirror.value = True
    line = scan.layers.midline
    whole = np.array(line.data[0])
    labels, _ = lesions_on(scan)
    away = 90.0  # mm: beyond one side of the head, or the other
    line.data = [np.add(whole, (0, away))]
    if side_of(labels > 0, scan.ras, midline_of(scan)) in before:
        line.data = [np.add(whole, (0, -away))]
    desk.wait(lambda: room.lead.label.text() not in ("", before))
    words = str(room.lead.label.text())
    said = saved(desk, tmp_path / "screen")
    assert words in said.html
    assert words in said.pdf
    assert "Regions are outlined" not in said.html
    line.data = [whole]
    room.pages.regions.mirror.value = False


def test_fault_182_another_cleaning_goes_into_what_is_saved(computed, tmp_path):
    """Record and report tell what the table tells, and how it was cleaned."""
    desk, room = computed, computed.panel.room
    room.show_late()
    page = room.pages.late
    assert cells(page.table, 0)[0].startswith("> 6 s")
    usual = cells(page.table, 3)  # > 4 s, where there is most noise
    page.clean.value = False
    desk.wait(lambda: cells(page.table, 3) != usual)
    said = saved(desk, tmp_path / "screen")
    told = said.record["late_tissue"]
    assert (told["smallest_piece_mL"], told["holes_filled"]) == (0.0, False)
    assert cells(page.table, 3)[1] == f"{told['volumes'][0]['mL']:.1f}" == usual[2]
    assert "Volumes not cleaned: every accepted voxel" in said.html
    page.clean.value = True


def as_asked(volumes: list[dict[str, float]]) -> list[dict[str, float]]:
    """Tmax > 6 s first, lower limits last."""
    return sorted(volumes, key=lambda one: (one["tmax_above_s"] < 6, one["tmax_above_s"]))


def cells(table, row: int) -> list[str]:
    """Words of a row of a table."""
    return [
        "" if (item := table.item(row, column)) is None else item.text()
        for column in range(table.columnCount())
    ]
