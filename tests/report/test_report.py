"""A page of a folder of results: what it says is what the files hold."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, region_statistics
from napari_dsc.core.progress import finished
from napari_dsc.core.quality import REJECTING, WORDS
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.regions import HIR, Cleaning, normalised
from napari_dsc.core.types import Progress
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.region_files import Drawn
from napari_dsc.report import make_report
from napari_dsc.report.read_results import reading_results

CANARY = "ZZCANARY"
PREFIX = f"sub-{CANARY}_"
COLUMNS = tuple(STANDARD)
ROOM = Path(__file__).parents[2] / "napari_dsc" / "report"
NAMED = ("cbv.nii.gz", "tmax.nii.gz", "quality.nii.gz", "cbf.json", "desc-aif_curve.csv")


def loaded(directory, end):
    """Values of a file of the folder."""
    return np.asanyarray(nib.Nifti1Image.from_filename(directory / f"{PREFIX}{end}").dataobj)


def shown(value):
    """As the page writes a number: three digits."""
    return (f"{value:.0f}" if abs(value) >= 99.95 else f"{value:#.3g}").replace("-", "−")


def size(value):
    """As the page writes a volume."""
    return f"{value:.1f}" if value >= 1 else shown(value)


def row_of(directory, region):
    """What the page has to say of a region, from the files."""
    brain = loaded(directory, "desc-brain_mask.nii.gz") > 0
    accepted = region & brain & ((loaded(directory, "quality.nii.gz") & int(REJECTING)) == 0)
    affine = nib.Nifti1Image.from_filename(directory / f"{PREFIX}cbv.nii.gz").affine
    each = abs(np.linalg.det(affine[:3, :3])) / 1000
    cells = [f"{accepted.sum():,} / {region.sum():,}", size(region.sum() * each)]
    for key in COLUMNS:
        one = loaded(directory, f"{key}.nii.gz")[accepted].astype(float)
        one = one[np.isfinite(one)]
        fewer = f" n={one.size:,}" if one.size != accepted.sum() else ""
        mean, sd, median = one.mean(), one.std(ddof=1), np.median(one)
        cells.append(f"{shown(mean)} ± {shown(sd)} ({shown(median)}){fewer}")
    return cells


def style_of(page):
    """Rules of a page's style, by selector, but those for a printer."""
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    style = style.split("@media")[0]
    found: dict[str, str] = {}
    for selectors, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        for one in selectors.split(","):
            found[one.strip()] = found.get(one.strip(), "") + rule
    return found


def test_fault_453_no_word_or_number_of_a_table_is_broken(regions, report):
    """Tables of many columns stand in a box that scrolls, and no line ends within their cells."""
    page = report(regions[0]).decode()
    rules = style_of(page)
    assert "overflow-wrap: anywhere" in rules["body"]  # names of files, hashes
    assert "overflow-wrap: normal" in rules["table"]
    assert "overflow-x: auto" in rules[".wide"]
    for cell in (".wide th", ".wide td"):
        assert "white-space: nowrap" in rules[cell]
    boxes = re.findall(r'<div class="wide"><table.*?</table></div>', page, re.DOTALL)
    outside = page
    for one in boxes:
        assert one.count("<table") == 1
        outside = outside.replace(one, "")
    assert len(boxes) == 2
    rows = re.findall(r"<tr.*?</tr>", outside, re.DOTALL)
    assert rows
    assert max(len(re.findall("<t[dh]", one)) for one in rows) == 2


def test_fault_454_the_reference_is_said_once_and_its_ratio_is_not_emphasised(
    tmp_path, head, save, words_of, report
):
    """Others are compared with it; its numbers stand there as theirs do."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[5:12, 10:20, 1:3] = 2
    labels[18:25, 10:20] = 7
    drawn = Drawn(labels=labels, names={2: "White matter"}, reference=2)
    results = save(tmp_path / "r", drawn=drawn)
    page = report(results, "reference.html").decode()
    rows = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*? · (?:(?!</tr>).)*</tr>", page, re.DOTALL)
    against = [one for one in rows if 'class="ratio"' in one]
    marked = [one for one in against if one.startswith('<tr class="reference">')]
    assert len(against) == 2
    assert len(marked) == 1
    assert ">2 · White matter: the reference<" in marked[0]
    assert page.count(": the reference") == 1
    assert "font-weight: bold" in style_of(page)[".compared .ratio"]
    assert "font-weight: normal" in style_of(page)[".compared .reference .ratio"]
    told = words_of(results).against("2 · White matter: the reference")
    assert sum(bool(re.fullmatch(r"−?\d[\d.]*", one)) for one in told[3:]) == len(told[3:])


def test_the_brain_is_measured(results, words_of):
    """Mean, SD and median of each map over the accepted voxels."""
    brain = loaded(results, "desc-brain_mask.nii.gz") > 0
    assert words_of(results).told("Brain") == row_of(results, brain)


def test_regions_are_measured(regions, words_of):
    """Each has a row, whether the record knows it or not; names are text."""
    results, labels = regions
    page = words_of(results)
    assert page.told("2 · Left <b>& co</b>") == row_of(results, labels == 2)
    assert page.told("7 · Right") == row_of(results, labels == 7)
    assert page.told("9 · Empty") == ["0 / 0", "0", *["–"] * len(COLUMNS)]
    assert "b" not in page.tags


def test_fault_451_no_voxel_outside_the_brain_is_accepted(results, head, words_of):
    """None has a value there: the report counts as every other table does."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[~head.brain] = 1
    labels[5:25, 10:20] = 2
    affine = nib.Nifti1Image.from_filename(results / f"{PREFIX}cbv.nii.gz").affine
    nib.save(nib.Nifti1Image(labels, affine), results / f"{PREFIX}desc-regions_dseg.nii.gz")
    page = words_of(results)
    outside = int((labels == 1).sum())
    assert page.told("1 · Region 1")[0] == f"0 / {outside:,}"
    assert page.against("1 · Region 1")[2].endswith(" in")  # without an answer, as on screen
    read = finished(reading_results(results))
    table = region_statistics(read.maps, labels)
    most = table[table["label"] == 2]["accepted"].max()
    assert page.told("2 · Region 2")[0] == f"{most:,} / {(labels == 2).sum():,}"
    assert table[table["label"] == 1]["accepted"].max() == 0


def test_maps_relative_to_a_reference_are_measured(tmp_path, head, analysis, save, words_of):
    """Saved with the maps, and in columns of their own: CBV and CBF over those of the region."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[5:12, 10:20, 1:3] = 2
    labels[18:25, 10:20] = 7
    volume, flow = analysis.maps.cbv, analysis.maps.cbf
    relative = {one.symbol: one for one in (normalised(m, labels == 2) for m in (volume, flow))}
    drawn = Drawn(labels=labels, names={7: "Right"}, reference=2, relative=relative)
    results = save(tmp_path / "r", drawn=drawn)
    page = words_of(results)
    assert page.told("Region")[-2:] == ["rCBV", "rCBF"]
    stands = (loaded(results, "quality.nii.gz") & int(REJECTING)) == 0
    stands &= loaded(results, "desc-brain_mask.nii.gz") > 0
    cells = []
    for end in ("cbv.nii.gz", "cbf.nii.gz"):
        values = loaded(results, end).astype(float)
        own = values[(labels == 7) & stands] / values[(labels == 2) & stands].mean()
        cells.append(f"{shown(own.mean())} ± {shown(own.std(ddof=1))} ({shown(np.median(own))})")
    assert page.told("7 · Right")[-2:] == cells
    assert page.told("2 · Region 2")[-1].startswith("1.00 ± ")
    assert "Regions are outlined on CBV" in page.text
    assert "rCBV and rCBF: over the mean of region 2." in page.text


def test_late_tissue_is_measured(results, words_of):
    """Above each limit, and not at it, in the brain, over the accepted voxels."""
    page, tmax = words_of(results), loaded(results, "tmax.nii.gz")
    where = (loaded(results, "desc-brain_mask.nii.gz") > 0) & (
        (loaded(results, "quality.nii.gz") & int(REJECTING)) == 0
    )
    affine = nib.Nifti1Image.from_filename(results / f"{PREFIX}tmax.nii.gz").affine
    each = abs(np.linalg.det(affine[:3, :3])) / 1000
    told = json.loads((results / "record.json").read_text(encoding="utf-8"))["late_tissue"]
    assert [row["tmax_above_s"] for row in told["volumes"]] == [4, 6, 8, 10]
    for row in told["volumes"]:
        limit, cleaned, raw = row.values()
        assert raw == pytest.approx(np.count_nonzero(where & (tmax > limit)) * each)
        both = (
            f" ({raw:.1f} mL before cleaning)"
            if abs(raw - cleaned) > 0.1 * max(raw, cleaned)
            else ""
        )
        assert page.told(f"Tmax > {limit:g} s") == [f"{cleaned:.1f} mL{both}"]
    assert page.told(HIR)[0].startswith(f"{told['hir']:.2f}")
    assert page.told("Volumes") == [Cleaning().words]
    for word in ("core", "penumbra", "mismatch"):
        assert word not in page.text.lower()


def test_flags_are_counted(results, words_of):
    """As the record has counted them."""
    page = words_of(results)
    known = json.loads((results / "record.json").read_text(encoding="utf-8"))["quality"]
    for words in WORDS.values():
        assert page.told(words) == [f"{known[words]:,}"]
    share = known["accepted"] / known["voxels"]
    told = f"{known['accepted']:,} of {known['voxels']:,} ({share:.1%})"
    assert page.told("Accepted voxels of the brain") == [told]


def test_what_was_done_is_said(results, words_of):
    """Scan, times and their sources, settings, methods, versions."""
    page = words_of(results)
    methods = (results / f"{PREFIX}methods.md").read_text(encoding="utf-8").split("\n\n")
    for words in (
        *methods,
        "digital patient",
        "32 × 32 × 4 × 60",
        "ab" * 32,
        "TR1.5 s (source: ",
        "TE30 ms (source: ",
    ):
        assert " ".join(words.split()) in " ".join(page.text.split()), words
    assert page.told("CBV window (from 0)") == ["10 to 33"]
    assert page.told("TTP counts from") == ["start of scan"]
    assert page.text.count(RESEARCH_USE) >= 3


def test_windows_are_fixed(results, report):
    """TTP's begins at the bolus arrival, where the map counts from the start of the scan."""
    page = report(results).decode()
    assert "Tmax in s, steps above 4, 6, 8, 10, slices" in page
    assert "Tmax in s, window 0 to 16, slices" in report(results, "even.html", steps=False).decode()
    arrival = json.loads((results / "record.json").read_text(encoding="utf-8"))["bolus_arrival_s"]
    for row in (one for one in STANDARD.values() if one.key != "tmax"):  # it is in steps
        low, high = row.window
        later = arrival if row.key == "ttp" else 0
        assert re.search(
            rf"{row.symbol} in [^,]*, window {low + later:g} to {high + later:g}", page
        )


def test_nothing_is_fetched_and_nothing_runs(results, words_of):
    """One file, no script, no link."""
    page = words_of(results)
    assert len(page.pictures) == 2 + len(STANDARD)
    assert not {"script", "link", "iframe", "object", "a"} & set(page.tags)


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_words_of_strangers_are_text(tmp_path, save, report, kind):
    """Markup, formulas, control characters, and words without an end."""
    notices = [f"<script>alert('{CANARY}')</script>", "$x^{$ \x07\u202eabc", "w" * 3000, "中文"]
    results = save(tmp_path / "r", prefix="", notices=notices)
    page = report(results, f"r.{kind}")
    if kind == "html":
        text = page.decode()
        assert "<script" not in text
        assert f"&lt;script&gt;alert(&#39;{CANARY}&#39;)&lt;/script&gt;" in text
        assert not re.search("[\x00-\x08\u202e]", text)
        assert "$x^{$ abc" in text
        assert "中文" in text


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_no_name_no_path_no_date(results, report, monkeypatch, kind):
    """Wherever the folder lies and whatever its files are called: the same bytes, on any day.

    A fingerprint, or the commit of the program, may hold the digits of a year.
    """
    monkeypatch.setattr("time.time", lambda: 2e9)
    first = report(results, f"one.{kind}")
    moved = results.parent / "elsewhere"
    moved.mkdir()
    for path in results.iterdir():
        (moved / path.name.replace(PREFIX, "other_")).write_bytes(path.read_bytes())
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert report(moved, f"two.{kind}") == first
    for secret in (CANARY, str(results.parent), "CreationDate", "2033", "2001"):
        assert secret.encode() not in re.sub(
            rb"base64,[^\"]*|\b[0-9a-f]{12,64}\b|stream.*?endstream|\nxref\n.*?trailer",
            b"",
            first,
            flags=re.S,
        )


def test_the_same_bytes_in_another_process(results, report):
    """Whatever Python's hashes are, and without a screen; no window's library is loaded."""
    first = {kind: report(results, f"one.{kind}") for kind in ("html", "pdf")}
    code = (
        "import sys; from pathlib import Path; from napari_dsc.report import make_report\n"
        "from napari_dsc.core.progress import finished\n"
        "results, *outs = map(Path, sys.argv[1:])\n"
        "for out in outs: finished(make_report(results, out))\n"
        "slow = {'napari', 'qtpy', 'magicgui', 'PyQt6', 'matplotlib.pyplot', 'tkinter'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
    )
    outs = [results.parent / f"two.{kind}" for kind in first]
    hidden = {"DISPLAY", "WAYLAND_DISPLAY"}
    free = {key: value for key, value in os.environ.items() if key not in hidden}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(results), *map(str, outs)],
        check=True, env=free | {"PYTHONHASHSEED": "7", "MPLBACKEND": "qtagg"},
    )  # fmt: skip
    assert [path.read_bytes() for path in outs] == list(first.values())


def test_whose_scan_it_is_stands_there_only_if_it_is_given(results, report):
    """And is text."""
    anonymous = report(results, "a.html").decode()
    assert "identity" not in anonymous
    named = report(results, "b.html", identity={"Patient": "Doe & <i>Jane</i>\n"}).decode()
    assert "<dt>Patient</dt><dd>Doe &amp; &lt;i&gt;Jane&lt;/i&gt;</dd>" in named
    whose = r'<dl class="pairs identity">.*?</dl>\s*'
    assert re.sub(whose, "", named, count=1, flags=re.S) == anonymous


def test_a_report_that_stands_is_kept(results, report):
    """Unless its replacement is allowed."""
    out = results.parent / "r.html"
    out.write_text("mine")
    with pytest.raises(DscError, match=r"out must not exist yet, got r\.html\. Choose another"):
        report(results, "r.html")
    assert out.read_text() == "mine"
    assert report(results, "r.html", overwrite=True).startswith(b"<!doctype html>")
    (results.parent / "d.pdf").mkdir()
    with pytest.raises(DscError, match=r"out must be a file, got the folder d\.pdf"):
        report(results, "d.pdf", overwrite=True)


@pytest.mark.parametrize("name", ["r.png", "r", "r.html.gz"])
def test_other_kinds_are_refused(results, report, name):
    """In words."""
    with pytest.raises(DscError, match=rf"out must end in \.html or \.pdf, got {name}\. Choose"):
        report(results, name)


def test_unknown_colours_are_refused(results, report):
    """In words."""
    with pytest.raises(DscError, match=r"family must be one of Clinical rainbow, .*, got grey\."):
        report(results, family="grey")


@pytest.mark.parametrize(
    ("what", "value"), [("paper", "A3"), ("reading", "heart"), ("planes", ("axial",))]
)
def test_what_there_is_not_is_refused(results, report, what, value):
    """In words, with what there is."""
    with pytest.raises(DscError, match=rf"{what} must be one of .*, got .*\. Choose one of them\."):
        report(results, **{what: value})


@pytest.mark.parametrize(
    ("module", "kind"), [("matplotlib", "pdf"), ("reportlab", "pdf"), ("jinja2", "html")]
)
def test_a_missing_extra_is_said(results, report, monkeypatch, module, kind):
    """With what to do about it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DscError, match=rf"{module} must be installed.*'napari-dsc\[report\]'"):
        report(results, f"r.{kind}")


def test_a_folder_that_is_not_there_is_said(results, report):
    """For reading, and for writing."""
    with pytest.raises(DscError, match="writable, got: No such file"):
        report(results, "nowhere/r.html")
    with pytest.raises(DscError, match=r"record\.json must be readable"):
        report(results.parent / "nothing")


@pytest.mark.parametrize("end", NAMED)
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_folder_that_is_not_as_recorded_is_refused(results, report, end, how):
    """The error says which file, and not what its name begins with."""
    path = results / f"{PREFIX}{end}"
    path.unlink() if how == "gone" else path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(DscError, match=rf"{end} ") as caught:
        report(results)
    assert CANARY not in str(caught.value)
    assert not (results.parent / "report.html").exists()


def test_a_damaged_file_that_is_as_recorded_is_refused(forge, report):
    """Its hash proves nothing of its content."""
    with pytest.raises(DscError, match=r"tmax\.nii\.gz must be a whole NIfTI file") as caught:
        report(forge("tmax.nii.gz", b"nothing"))
    assert CANARY not in str(caught.value)


def test_a_map_on_another_grid_is_refused(results, forge, report):
    """Of another shape, or elsewhere."""
    image = nib.Nifti1Image.from_filename(results / f"{PREFIX}mtt.nii.gz")
    other = results.parent / "other.nii.gz"
    nib.save(nib.Nifti1Image(image.get_fdata()[:-1], image.affine), other)
    with pytest.raises(DscError, match=r"mtt\.nii\.gz must have the scan's shape"):
        report(forge("mtt.nii.gz", other.read_bytes()))
    nib.save(nib.Nifti1Image(image.get_fdata(), image.affine + np.eye(4)), other)
    with pytest.raises(DscError, match=r"mtt\.nii\.gz must lie where the other maps do"):
        report(forge("mtt.nii.gz", other.read_bytes()))


def test_a_record_without_a_map_that_it_speaks_of_is_refused(results, report):
    """Also when the file itself is gone with its hash."""
    record = json.loads((results / "record.json").read_text(encoding="utf-8"))
    del record["files"]["delay.nii.gz"]
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(DscError, match=r"record must list delay\.nii\.gz, got none"):
        report(results)


@pytest.mark.parametrize("end", ["../secret.txt", "/etc/passwd", "a\x00b"])
def test_a_record_leads_nowhere_else(results, report, end):
    """Files of other folders are not even looked at."""
    record = json.loads((results / "record.json").read_text(encoding="utf-8"))
    record["files"][end] = "00" * 32
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(DscError, match="must list files of its own folder"):
        report(results)


@pytest.mark.parametrize("content", [b"nothing", b"index\tname\n2\n", b"a\tb\n1\t2\n", b"\xff"])
def test_regions_that_cannot_be_read_are_left_out(regions, words_of, content):
    """If the record does not know them; the page says so."""
    results, _ = regions
    kind = "nii.gz" if content == b"nothing" else "tsv"
    (results / f"{PREFIX}desc-regions_dseg.{kind}").write_bytes(content)
    page = words_of(results)
    left_out = "could not be read and were left out" in page.text
    assert left_out or content == b"index\tname\n2\n"  # a label without a name has a number
    assert page.told("Brain")


def test_regions_that_the_record_lists_have_to_be_read(regions, forge, report):
    """They belong to it."""
    results, _ = regions
    with pytest.raises(DscError, match=r"desc-regions_dseg\.nii\.gz must be a whole NIfTI file"):
        report(forge("desc-regions_dseg.nii.gz", b"nothing"))
    assert results.is_dir()


def test_an_old_record_has_curves_of_the_artery_only(results, words_of):
    """Brain and vein are drawn where the record has them; background is CBV without a baseline."""
    record = json.loads((results / "record.json").read_text(encoding="utf-8"))
    del record["curves"]
    record["files"].pop("desc-baseline_dsc.nii.gz", None)
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    assert "over CBV." in words_of(results).text


@pytest.mark.parametrize(
    "changed",
    [{"maps": 3}, {"notices": "none"}, {"versions": []}, {"bolus_arrival_s": None}, {"curves": 1}],
)
def test_a_record_that_does_not_say_what_it_has_to_is_refused(results, report, changed):
    """In words, not by a traceback."""
    record = json.loads((results / "record.json").read_text(encoding="utf-8")) | changed
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(DscError):
        report(results)


@pytest.mark.parametrize("wrong", [[1, 2], "abc", [1e300] * 58, {"a": 1}])
def test_curves_that_are_none_are_refused(results, report, wrong):
    """In words."""
    record = json.loads((results / "record.json").read_text(encoding="utf-8"))
    record["curves"] = {"brain": wrong, "vof": None}
    (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(DscError, match="curves of a record must be numbers over ascending times"):
        report(results)


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_it_can_be_stopped_anywhere(results, kind):
    """It tells how far it is; nothing is left behind."""
    out = results.parent / f"r.{kind}"
    before = sorted(results.parent.iterdir())
    work = make_report(results, out)
    steps = [next(work) for _ in range(12)]
    work.close()
    assert sorted(results.parent.iterdir()) == before
    steps = list(make_report(results, out))
    assert all(isinstance(step, Progress) for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert 0.8 < fractions[-1] <= 1


def test_the_room_knows_no_screen():
    """Neither napari nor Qt, and never pyplot."""
    known = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                known |= {one.name for one in node.names}
            if isinstance(node, ast.ImportFrom):
                known.add(node.module or "")
    banned = ("napari.", "qtpy", "magicgui", "pyqtgraph", "napari_dsc.viewer", "matplotlib.pyplot")
    assert not [one for one in known if f"{one}.".startswith(banned) or one.startswith(banned)]
