"""Tables and page of a cohort, from its results alone."""

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from napari_dsc import DscError
from napari_dsc.cohort.group import GroupScan, read_group, write_tables
from napari_dsc.cohort.group_page import PAGE, write_page
from napari_dsc.cohort.one_scan import Job, run_scan
from napari_dsc.cohort.places import prepare_folder
from napari_dsc.cohort.scans import find_scans
from napari_dsc.cohort.thumbnails import pictures_of
from napari_dsc.cohort.verdicts import Verdict
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.regions import blank_voxels
from napari_dsc.io.nifti import read_voxels, write_nifti
from napari_dsc.report.read_results import reading_results
from tests.cohort.conftest import bytes_of, damage, subjects


@pytest.fixture(scope="module")
def computed(stored, tmp_path_factory):
    """Seven scans, of which one is damaged; the first has a report."""
    place = tmp_path_factory.mktemp("group")
    root = subjects(stored, place / "bids", 7)
    damage(root / "sub-04/perf/sub-04_dsc.nii.gz")
    prepare_folder(place / "out", root, bids=True)
    for number, scan in enumerate(find_scans(root)):
        if number < 2 or number == 3:
            run_scan(Job(scan=scan, out=place / "out", values={}, report=number == 0))
    for number in (3, 5, 6, 7):  # the same results under other labels
        twin(place / "out", "sub-02", f"sub-{number:02}")
    return place / "out"


def twin(out, label, other):
    """Copy the results of a scan under another label."""
    (out / other / "perf").mkdir(parents=True)
    for path in (out / label / "perf").iterdir():
        shutil.copy(path, out / other / "perf" / path.name.replace(label, other))
    told = json.loads((out / f"log/{label}.json").read_text())
    (out / f"log/{other}.json").write_text(json.dumps({**told, "label": other}))


@pytest.fixture
def out(computed, tmp_path):
    """The same, to be changed."""
    shutil.copytree(computed, tmp_path / "out")
    return tmp_path / "out"


def change(out, label, **facts):
    """Change the log of a scan."""
    path = out / "log" / f"{label}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def table(path):
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Page(HTMLParser):
    """What a page holds: rows of cells as words, links, pictures, tags."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.links, self.images, self.tags, self.ids = [], [], [], [], []
        self.sources, self.values, self.lines = [], [], []
        self.inside, self.dots = 0, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.tags.append(tag)
        self.sources += [facts[key] for key in ("src", "href") if key in facts]
        if tag == "tr":
            self.rows.append([])
            self.values.append([])
            self.ids.append(facts.get("id"))
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.values[-1].append(facts.get("data-value"))
            self.inside += 1
        if tag == "img":
            self.images.append(facts)
        if tag == "a":
            self.links.append(facts["href"])
        if tag == "polyline":
            self.lines.append(facts["points"])
        if tag == "circle":
            self.dots.append(facts)

    def handle_endtag(self, tag):
        self.inside -= tag in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def page_of(out):
    """The page, written and read."""
    return Page(write_page(out, read_group(out)).read_text(encoding="utf-8"))


def test_a_row_for_each_scan_and_each_region_and_map(out):
    write_tables(out, read_group(out))
    scans = table(out / "group_scans.tsv")
    assert [one["scan"] for one in scans] == [f"sub-0{n}" for n in range(1, 8)]
    assert [one["state"] for one in scans].count("failed") == 1
    rows = table(out / "group_dsc.tsv")
    keys = [(one["scan"], one["region"], one["map"]) for one in rows]
    assert len(keys) == len(set(keys)) == 6 * len(STANDARD)


def test_what_was_read_of_a_tumour_stands_in_the_table_of_scans(out):
    """Volume, rCBV, shares and hot spots; nothing where none was read."""
    told = {
        "choice": {"thresholds": [1.0, 1.75]},
        "enhancement_mL": 12.5,
        "burden": {"above": [0.9, 0.25]},
        "hot_spots": {"mean": 3.5},
        "maps": {"rCBV": {"mean": 1.6}, "Corrected rCBV": {"mean": 2.4}},
        "corrected": {"burden": {"above": [0.95, 0.5]}},
    }
    change(out, "sub-01", tumour=told, enhancement_looked_at=False)
    write_tables(out, read_group(out))
    first, second, *_ = table(out / "group_scans.tsv")
    assert float(first["enhancement_mL"]) == 12.5
    assert float(first["rcbv_enhancing"]) == 1.6
    assert first["burden"] == "above 1: 0.9; above 1.75: 0.25"
    assert float(first["hot_spots_rcbv"]) == 3.5
    assert first["enhancement_looked_at"] == "no"
    assert float(first["corrected_rcbv_enhancing"]) == 2.4
    assert first["corrected_burden"] == "above 1: 0.95; above 1.75: 0.5"
    assert second["enhancement_looked_at"] == second["corrected_burden"] == "n/a"
    assert second["burden"] == second["hot_spots_rcbv"] == "n/a"


def test_fault_455_no_volume_is_counted_whose_limits_do_not_hold(out):
    """Of a log of Posterior there is neither a volume of late tissue nor an HIR."""
    told = json.loads((out / "log/sub-01.json").read_text())
    change(out, "sub-01", settings={**told["settings"], "deconvolution_method": "Posterior"})
    write_tables(out, read_group(out))
    first, second, *_ = table(out / "group_scans.tsv")
    assert first["tmax_above_6_mL"] == first["hir"] == "n/a"
    assert float(second["tmax_above_6_mL"]) > 0


def test_the_same_results_give_the_same_bytes(out):
    for _ in range(2):
        scans = read_group(out)
        write_tables(out, scans)
        write_page(out, scans)
        names = ("group_scans.tsv", "group_dsc.tsv", PAGE)
        held = [(out / name).read_bytes() for name in names]
        assert held == [bytes_of(out)[name] for name in names]
        change(out, "sub-01", seconds=77.7)  # how long it took is in none of them
        first = held
    assert held == first


@pytest.mark.parametrize("what", ["no log", "broken log", "odd log", "other record", "no record"])
def test_fault_280_results_and_log_that_do_not_belong_together_are_a_row(out, what):
    """Not counted, and not left out in silence."""
    log, record = out / "log/sub-02.json", out / "sub-02/perf/sub-02_record.json"
    if what == "no log":
        log.unlink()
    elif what == "broken log":
        damage(log, 30)
    elif what == "odd log":
        log.write_text('{"state": 3}')
    elif what == "other record":
        record.write_text(record.read_text() + " ")
    else:
        record.unlink()
    found = {one.label: one for one in read_group(out)}
    assert len(found) == 7
    assert not found["sub-02"].counted
    assert "run `participant` again" in found["sub-02"].row["reason"]
    write_tables(out, list(found.values()))
    assert "sub-02" not in {one["scan"] for one in table(out / "group_dsc.tsv")}


def test_fault_281_what_a_reader_excludes_does_not_count(out):
    """And its last verdict holds."""
    (out / "review.tsv").write_text(
        "scan\tverdict\twhen\treviewer\tnote\n"
        "sub-01\texclude\t\t\tmoved\n"
        'sub-02\texclude\t\t\ta "note\n'
        "sub-02\taccept\t\t\tafter all\n"
    )
    scans = read_group(out)
    write_tables(out, scans)
    assert "sub-01" not in {one["scan"] for one in table(out / "group_dsc.tsv")}
    verdicts = {one["scan"]: one["verdict"] for one in table(out / "group_scans.tsv")}
    assert (verdicts["sub-01"], verdicts["sub-02"], verdicts["sub-03"]) == (
        "exclude",
        "accept",
        "n/a",
    )
    page = page_of(out)
    assert page.ids[-1] == "sub-01"
    assert "Reader: moved" in page.rows[-1][3]


@pytest.mark.parametrize("content", [b"a\tb\n1\t2\n", b"\xff\xfe\x00scan", b"scan\n"])
def test_a_review_that_is_none_is_refused_in_words(out, content):
    (out / "review.tsv").write_bytes(content)
    if content == b"scan\n":
        assert len(read_group(out)) == 7  # nothing was said yet
    else:
        with pytest.raises(DscError, match="must be a table with the columns scan and verdict"):
            read_group(out)


def test_the_page_shows_every_scan_with_curve_and_maps(out):
    page = page_of(out)
    head, *rows = page.rows
    assert len(rows) == 7
    assert all(len(row) == len(head) for row in rows)
    assert len(page.lines) == 6
    assert len(page.images) == 2 * 6
    assert all(len(points.split()) > 20 for points in page.lines)
    for image in page.images:
        made = Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))
        pixels = np.asarray(made)
        assert 10 < max(made.size) <= 96
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10
        assert float(image["height"]) / 72 == pytest.approx(made.height / made.width, abs=0.02)
        assert re.fullmatch(r"(CBF|Tmax) 0 to \d+ (mL/100g/min|s), slice \d+", image["alt"])
    assert rows[1][head.index("CBF, mL/100g/min")] == "24.1"
    assert "not looked at" in rows[1][4]


def test_the_page_fetches_nothing_and_runs_its_own_script_only(out):
    text = write_page(out, read_group(out)).read_text(encoding="utf-8")
    page = Page(text)
    assert {one.partition(":")[0] for one in page.sources if ":" in one} == {"data"}
    assert "http" not in text.replace('http-equiv="', "")
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text  # fmt: skip  # noqa: E501
    assert page.tags.count("script") == 1
    assert " on" not in re.sub(r">[^<]*<", "><", text).replace('"one', "")


def test_links_lead_to_reports_that_are_there(out):
    page = page_of(out)
    own = [link for link in page.links if not link.startswith("#")]
    assert own == ["sub-01/perf/sub-01_report.html"]
    assert (out / unquote(own[0])).is_file()
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)


def test_fault_282_doubtful_scans_come_first_then_the_unlike_then_the_failed(out):
    doubt = [{"key": "aif", "level": "doubtful", "words": "The AIF is late."}]
    change(out, "sub-06", findings=doubt)
    told = json.loads((out / "log/sub-05.json").read_text())
    medians = {**told["medians"], "CBF": {"value": 90.0, "unit": "mL/100g/min"}}
    change(out, "sub-05", medians=medians)
    page = page_of(out)
    assert page.ids[1:] == ["sub-06", "sub-05", "sub-04", "sub-01", "sub-02", "sub-03", "sub-07"]
    assert "The AIF is late." in page.rows[1][3]
    assert "CBF 90 mL/100g/min is unlike the other scans'" in page.rows[2][3]
    assert len(page.rows[3][3]) > 20
    odd = [dot for dot in page.dots if dot.get("class") == "odd"]
    assert len(odd) == 1
    assert float(odd[0]["cx"]) == max(float(dot["cx"]) for dot in page.dots)
    assert len(page.dots) == 6 * (len(STANDARD) + 1)


EVIL = '<script>alert(1)</script><img src=x onerror="alert(1)">" \' {{ 7*7 }} \u202e'


def test_fault_283_whatever_a_file_says_is_words(out):
    change(
        out,
        "sub-02",
        findings=[{"key": "aif", "level": "doubtful", "words": EVIL}],
        doubt=EVIL,
        aif={"voxels": 3, "chosen": EVIL, "peak": 1.0},
    )
    change(out, "sub-04", reason=EVIL)
    (out / "review.tsv").write_text(f"scan\tverdict\tnote\nsub-05\t{EVIL}\t{EVIL}\n")
    page = page_of(out)
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 12
    assert {"src": "x"} not in page.images
    assert any("{{ 7*7 }}" in cell for row in page.rows for cell in row)
    assert "\u202e" not in (out / PAGE).read_text(encoding="utf-8")
    write_tables(out, read_group(out))
    assert len(table(out / "group_scans.tsv")) == 7


@pytest.mark.parametrize(
    "facts",
    [
        {"medians": {"CBF": {"value": "x"}, "MTT": None}},
        {"late_tissue": None, "aif": None, "brain": None},
        {"medians": None, "findings": []},
    ],
)
def test_a_log_that_lacks_something_leaves_it_out(out, facts):
    change(out, "sub-02", **facts)
    assert len(page_of(out).rows) == 8


def test_maps_that_cannot_be_read_are_no_pictures(out):
    (out / "sub-02/perf/sub-02_tmax.nii.gz").unlink()
    damage(out / "sub-03/perf/sub-03_cbf.nii.gz", 100)
    assert len(page_of(out).images) == 2 * 4


def test_fault_473_what_a_reader_has_accepted_was_looked_at(out):
    """Until its maps are made anew; what nobody has accepted stays "not looked at"."""
    record = json.loads((out / "log/sub-02.json").read_text())["record_sha256"]
    (out / "review.tsv").write_text(
        f"scan\tverdict\trecord_sha256\nsub-02\taccept\t{record}\nsub-03\taccept\tanother\n"
    )
    page = page_of(out)
    told = {name: row[4] for name, row in zip(page.ids[1:], page.rows[1:], strict=True)}
    assert "accepted by a reader" in told["sub-02"]
    assert "not looked at" not in told["sub-02"]
    assert "not looked at" in told["sub-03"]
    assert "not looked at" in told["sub-05"]


def test_fault_474_a_number_that_no_scan_has_is_no_column(out):
    """One that a single scan has is one."""
    known = {*STANDARD} | {"Tmax > 6 s"}
    numbers = page_of(out).rows[0][8:]
    assert len(numbers) == len(known)
    assert not any(name.startswith(("K1", "AUC", "PSR")) for name in numbers)
    medians = json.loads((out / "log/sub-05.json").read_text())["medians"]
    change(out, "sub-05", medians={**medians, "PSR": {"value": 91.0, "unit": "%"}})
    page = page_of(out)
    at = page.rows[0].index("PSR, %")
    assert sorted(row[at] for row in page.rows[1:]) == [*[""] * 6, "91"]


@pytest.mark.parametrize(("most", "apart"), [(22.6, 40.0), (24.86, 780.0), (45.0, 780.0)])
def test_fault_475_small_differences_look_small(out, most, apart):
    """A strip is as wide as its numbers, and a tenth of their median at least."""
    for label in ("sub-01", "sub-02", "sub-03", "sub-05", "sub-06", "sub-07"):
        medians = json.loads((out / f"log/{label}.json").read_text())["medians"]
        flow = {"value": most if label == "sub-07" else 22.5, "unit": "mL/100g/min"}
        change(out, label, medians={**medians, "CBF": flow})
    text = write_page(out, read_group(out)).read_text(encoding="utf-8")
    strip = text.partition("<div>CBF, mL/100g/min</div>")[2].partition("</svg>")[0]
    places = [float(one) for one in re.findall(r'cx="([\d.]+)"', strip)]
    assert len(places) == 6
    assert max(places) - min(places) == pytest.approx(apart, rel=0.15)


def test_fault_476_pictures_leave_blank_what_has_neither_answer_nor_tissue(out):
    """Whatever a rejected ventricle reads, its voxels are as black as what is no brain."""
    record = out / "sub-02/perf/sub-02_record.json"
    results = finished(reading_results(record))
    blank = blank_voxels(results.maps, results.brain, slice_axis=results.replay.slice_axis)
    assert blank.any()
    before = pictures_of(record)
    for name in ("cbf", "tmax"):
        path = record.with_name(f"sub-02_{name}.nii.gz")
        values, affine = read_voxels(path)
        write_nifti(path, np.where(blank, 99.0, values), affine)
    assert pictures_of(record) == before
    write_nifti(path, np.where(blank, values, 99.0), affine)
    assert pictures_of(record) != before


LOOK = """
import json, os, sys
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = "--no-sandbox --disable-gpu"
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PyQt6.QtCore import QTimer, QUrl
from PyQt6.QtWebEngineCore import QWebEnginePage
from PyQt6.QtWidgets import QApplication
app = QApplication(sys.argv)
faults = []
class Page(QWebEnginePage):
    def javaScriptConsoleMessage(self, *words): faults.append(str(words))
page = Page()
ASK = '''(() => {
  const order = () => [...document.querySelectorAll("#scans tbody tr")].map((row) => row.id);
  const heads = [...document.querySelectorAll("#scans th")];
  const found = [order()];
  for (const name of ["CBF, mL/100g/min", "CBF, mL/100g/min", "Scan"]) {
    heads.find((head) => head.innerText === name).querySelector("button").click();
    found.push(order());
  }
  return JSON.stringify([found, [...document.images].every((one) => one.naturalWidth > 10)]);
})()'''
def done(told):
    print(json.dumps([told, faults]))
    app.quit()
page.loadFinished.connect(lambda ok: page.runJavaScript(ASK, done))
page.load(QUrl.fromLocalFile(sys.argv[1]))
QTimer.singleShot(60000, app.quit)
app.exec()
"""


@pytest.mark.skipif(
    find_spec("PyQt6.QtWebEngineCore") is None, reason="PyQt6-WebEngine is not installed"
)
def test_a_click_on_a_head_sorts_in_chromium(out):
    """From the disk, under the page's own rules."""
    told = json.loads((out / "log/sub-05.json").read_text())
    for label, flow in (("sub-01", 9.0), ("sub-05", 90.0), ("sub-06", 23.0)):
        medians = {**told["medians"], "CBF": {"value": flow, "unit": "mL/100g/min"}}
        change(out, label, medians=medians)
    page = write_page(out, read_group(out))
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(page)], capture_output=True, text=True, check=True
    )
    answer, faults = json.loads(ran.stdout.splitlines()[-1])
    (first, up, down, names), pictured = json.loads(answer)
    assert faults == []
    assert pictured
    assert first[:3] == ["sub-01", "sub-05", "sub-04"]
    assert up[:2] == ["sub-01", "sub-06"]
    assert up[-2:] == ["sub-05", "sub-04"]  # what has no number is the last either way
    assert down[0] == "sub-05"
    assert down[-1] == "sub-04"
    assert names == sorted(names)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DscError, match="Run `participant` first"):
        read_group(tmp_path)


def test_a_cell_is_one_line():
    told = {"state": "failed", "reason": "a\tb\nc", "findings": []}
    row = GroupScan(label="sub-1", told=told, record=None).row
    assert row["reason"] == "a b c"
    said = Verdict(scan="x", verdict="exclude")
    assert not replace(GroupScan(label="x", told=told, record=Path("r")), said=said).done
