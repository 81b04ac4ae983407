"""The PDF: whose it is on each page, its papers, its letters, and nothing cut."""

import re
import time
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtPdf import QPdfDocument

from napari_dsc.core.types import DSCPerfusionMaps
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.content import TITLE
from napari_dsc.report.options import PAPERS

PREFIX = "sub-ZZCANARY_"


def regions_in(brain, count):
    """So many regions, one behind the other through a brain."""
    labels = np.zeros(brain.shape, np.int16)
    labels[brain] = 1 + np.arange(brain.sum()) * count // brain.sum()
    return labels


def with_regions(results, labels, names=()):
    """Lay regions beside the maps of a folder."""
    affine = nib.Nifti1Image.from_filename(results / f"{PREFIX}cbv.nii.gz").affine
    nib.save(nib.Nifti1Image(labels, affine), results / f"{PREFIX}desc-regions_dseg.nii.gz")
    rows = "".join(f"{at}\t{name}\n" for at, name in enumerate(names, start=1))
    path = results / f"{PREFIX}desc-regions_dseg.tsv"
    path.write_text(f"index\tname\n{rows}", encoding="utf-8")
    return results


@pytest.mark.parametrize("paper", PAPERS)
def test_every_page_is_of_the_paper_and_says_what_it_is(results, report, pages, paper):
    """Its size, its number and that of all, the statement, whose scan it is."""
    content = report(results, "r.pdf", paper=paper, name="perfusion 7", identity={"Patient": "Doe"})
    width, height = PAPERS[paper]
    boxes = {tuple(map(float, one.split())) for one in re.findall(rb"/MediaBox \[(.*?)\]", content)}
    assert boxes == {(0, 0, width, height)}
    found = pages(content)
    for at, words in enumerate(found, start=1):
        assert f"{at} of {len(found)}" in words
        assert RESEARCH_USE in words
        assert "perfusion 7 Doe" in words


def test_it_has_a_title_and_a_language_and_no_date(results, report, tmp_path):
    """For those who have it read to them; the same bytes on any day."""
    path = tmp_path / "r.pdf"
    content = report(results, "r.pdf")
    path.write_bytes(content)
    assert b"/Lang (en-GB)" in content
    assert b"/DisplayDocTitle true" in content
    document = QPdfDocument(None)
    document.load(str(path))
    field = QPdfDocument.MetaDataField
    assert document.metaData(field.Title) == TITLE
    assert not document.metaData(field.CreationDate).isValid()
    document.close()


@pytest.mark.parametrize("count", [1, 8, 60])
@pytest.mark.parametrize("paper", PAPERS)
def test_fault_250_no_region_is_cut(results, head, report, pages, paper, count):
    """Every one has its row in both tables, under a head on every page, and is outlined."""
    names = [f"Part {at} of the head" for at in range(1, count + 1)]
    with_regions(results, regions_in(head.brain, count), names)
    found = pages(report(results, "r.pdf", paper=paper))
    words = " ".join(found)
    for at, name in enumerate(names, start=1):
        assert words.count(f"{at} · {name} ") == 2
    assert "did not fit" not in words
    compared = [one for one in found if "Lesion or region mL Side" in one]
    rows = sum(len(re.findall(r"\d · Part \d+ of the head \d+\.\d (?:left|right|both)", one))
               for one in compared)  # fmt: skip
    assert rows == count


def test_fault_250_long_words_and_lists_go_on_on_the_next_page(tmp_path, save, report, pages):
    """Sixty warnings of twenty sentences each, identities without an end."""
    notices = [f"Notice {one}. " * 20 for one in range(60)]
    results = save(tmp_path / "r", notices=notices)
    identity = {f"Line {one}": "words " * 40 for one in range(6)}
    found = pages(report(results, "r.pdf", identity=identity))
    words = " ".join(found)
    for one in notices:
        assert f"• {one.strip()}" in words
    assert " ".join(["words"] * 40) in words


def test_fault_161_a_thousand_regions_are_set_in_seconds(results, head, report, pages):
    """Each of them, over as many pages as that takes."""
    with_regions(results, regions_in(head.brain, 999))
    start = time.process_time()
    content = report(results, "r.pdf")
    assert time.process_time() - start < 20
    assert sum(one.count("· Region ") for one in pages(content)) == 2 * 999


def test_letters_of_names_stand_as_they_are(results, head, report, pages):
    """Umlauts, Greek, Cyrillic; a box for what the font does not have, and that is said."""
    names = ["Läsion ß", "Größe Ω μ", "Опухоль", "中文 Region", "<b>bold</b> & co"]
    with_regions(results, regions_in(head.brain, 5), names)
    words = " ".join(pages(report(results, "r.pdf", name="Überblick α")))
    for at, name in enumerate(names[:3], start=1):
        assert f"{at} · {name} " in words
    assert "4 · □□ Region " in words
    assert "5 · <b>bold</b> & co " in words
    assert "□: a letter that the font does not have" in words
    assert "Überblick α" in words


def test_the_order_is_that_of_reading(results, report, pages):
    """Findings, maps, numbers, curves, verdict and warnings, and last how it was made."""
    words = " ".join(pages(report(results, "r.pdf", name="n", date="2026-11-29")))
    order = (
        "Scan: n; Analysis: 2026-11-29",
        "Tmax > 6 s: ",
        "over its mirror image: CBV",
        "AIF: ",
        "outlined: Tmax > 6 s",
        "CBF: Cerebral blood flow",
        "Lesions and regions against their mirror images",
        "All regions: mean ± SD (median)",
        "Passage of the bolus",
        "Verdict on the AIF",
        "Warnings",
        "Settings",
        "Methods",
        "References and versions",
        "Input SHA-256: ",
    )
    places = [words.index(one) for one in order]
    assert places == sorted(places)


def test_a_tumour_is_read_from_its_regions(results, head, report, pages):
    """What is asked for comes first: the ratios, and CBV before Tmax."""
    with_regions(results, regions_in(head.brain, 2), ["Mass", "Rest"])
    (first, *_) = pages(report(results, "r.pdf", reading="tumour"))
    assert first.index("Mass (") < first.index("Tmax > 6 s: ")
    assert first.index("CBV: ") < first.index("CBF: ") < first.index("MTT: ")


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_further_planes_are_shown_where_the_sides_are_known(
    tmp_path, save, placed, report, pages, kind
):
    """Coronal and sagittal, on request; else it is said why not."""

    def words_of(results):
        content = report(results, f"r.{kind}", planes=("coronal", "sagittal"), overwrite=True)
        return " ".join(pages(content)) if kind == "pdf" else content.decode()

    known = words_of(save(tmp_path / "known"))
    assert "Coronal pictures" in known
    assert "Sagittal pictures" in known
    unknown = words_of(save(tmp_path / "unknown", given=placed(known=False)))
    assert "Coronal pictures" not in unknown
    assert "Coronal and sagittal pictures need a scan that says which way its axes lie" in unknown


def test_without_tmax_there_is_a_page(tmp_path, save, analysis, report, pages):
    """Of ratios of peaks: no deconvolution."""
    maps = {key: one for key, one in analysis.maps.items() if key not in ("tmax", "delay")}
    was = analysis.maps
    given = replace(
        analysis,
        maps=DSCPerfusionMaps.from_keys(maps, quality_mask=was.quality_mask, quality=was.quality),
    )
    words = " ".join(pages(report(save(tmp_path / "r", given=given), "r.pdf")))
    assert "Tmax was not computed" in words
    assert "no volume of late tissue" in words
