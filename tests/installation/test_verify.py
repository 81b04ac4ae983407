"""`verify`: an installation that is right says so, and one that is not is found out."""

import copy
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import napari_dsc
from napari_dsc import DECONVOLVERS
from napari_dsc.cli import main
from napari_dsc.core.maps import Scale
from napari_dsc.installation import methods, parts, verify
from napari_dsc.installation.figures import arithmetic, compared
from napari_dsc.installation.page import as_html, as_json, as_text, conclusion
from napari_dsc.installation.parts import EXTRAS
from napari_dsc.installation.result import Check, Verification
from napari_dsc.installation.stored import opened_patient, stored_figures
from napari_dsc.io.temporaries import temporary_folder

ROOT = Path(napari_dsc.__file__).parents[1]


@pytest.fixture(scope="module")
def found() -> Verification:
    """What is found of the installation at hand."""
    return verify()


def states(found) -> dict[str, str]:
    return {one.name: one.state for one in found.checks}


def pretended(monkeypatch, change) -> None:
    """Have the stored figures be others."""
    other = copy.deepcopy(dict(stored_figures()))
    change(other)
    for module in (methods, parts):
        monkeypatch.setattr(module, "stored_figures", lambda: other)


def methods_only() -> dict[str, str]:
    """States of the methods, computed now."""
    steps = methods.method_checks(opened_patient())
    return states(Verification(tuple(one for one in steps if isinstance(one, Check))))


def test_this_installation_is_right(found):
    """Every part of it, in less than the minute that it may take."""
    assert found.right, found
    assert {f"Maps by {name}" for name in DECONVOLVERS} <= set(states(found))
    assert found.seconds < 60
    if stored_figures()["made_with"] == arithmetic():
        assert {states(found)[f"Maps by {name}"] for name in DECONVOLVERS} == {"exact"}


def test_every_method_has_stored_figures_of_every_map():
    """A new row of the table of methods needs `python -m scripts.keep_figures`."""
    stored = stored_figures()["methods"]
    assert list(stored) == list(DECONVOLVERS)
    for name, figures in stored.items():
        values = [one["values"] for one in figures["maps"].values()]
        assert all(len(one) >= 50 for one in values), name
        assert sum(one is not None for one in np.concatenate(values)) > 250, name


def test_every_extra_of_the_package_is_tried():
    """As pyproject.toml lists them; a package that goes there without a trial is named."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, needs in project["optional-dependencies"].items():
        if name != "all":
            wanted = {one.split(">")[0].strip().lower() for one in needs}
            assert {one.lower() for one in EXTRAS[name].modules} == wanted
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"all"}


def test_fault_345_a_wrong_factor_is_found_out(monkeypatch):
    """Flow that is too large by a thousandth, in every method."""
    wrong = property(lambda self: 60.06 * self.volume)
    monkeypatch.setattr(Scale, "flow", wrong)
    assert set(methods_only().values()) == {"wrong"}


def test_fault_345_other_bytes_on_the_same_kind_of_machine_are_wrong(monkeypatch):
    """Where everything that decides is the same, nothing excuses a difference."""

    def change(figures):
        figures["made_with"] = arithmetic()
        figures["methods"]["oSVD"]["maps"]["cbf"]["sha256"] = "0" * 64

    pretended(monkeypatch, change)
    assert methods_only()["Maps by oSVD"] == "wrong"
    assert methods_only()["Maps by cSVD"] == "exact"


@pytest.mark.parametrize(("factor", "state"), [(1 + 4e-6, "close"), (1 + 4e-5, "wrong")])
def test_another_machine_may_differ_by_a_hundred_thousandth(monkeypatch, factor, state):
    """Of the largest value of a map, and no more."""

    def change(figures):
        figures["made_with"] = {"machine": "another"}
        cbf = figures["methods"]["cSVD"]["maps"]["cbf"]
        cbf["sha256"], cbf["largest"] = "0" * 64, cbf["largest"] * factor
        cbf["values"] = [one and one * factor for one in cbf["values"]]

    pretended(monkeypatch, change)
    assert methods_only()["Maps by cSVD"] == state


def test_a_voxel_without_an_answer_is_no_small_difference():
    """Nor is a map that is missing, nor flags that moved."""
    stored = stored_figures()["methods"]["sSVD"]

    def changed(change):
        other = copy.deepcopy(stored)
        change(other)
        return compared(stored, other)

    assert compared(stored, stored).exact
    gap = [None, *stored["maps"]["cbv"]["values"][1:]]
    assert not changed(lambda one: one["maps"]["cbv"].update(values=gap, sha256="")).small
    assert not changed(lambda one: one["maps"].pop("cbv")).small
    assert not changed(lambda one: one["maps"]["cbv"].update(numbers=1, sha256="")).small
    assert not changed(lambda one: one["quality"].update(voxels={"0": 1}, sha256="")).small


def test_a_part_that_fails_is_a_line_and_the_others_are_tried(monkeypatch):
    """Whatever it raises; the page says that the maps are right all the same."""
    monkeypatch.setitem(parts.TRIALS, "dicom", lambda *_: 1 / 0)
    patient = opened_patient()

    def no_trial(*_):
        return None

    for name in ("report", "xarray"):
        monkeypatch.setitem(parts.TRIALS, name, no_trial)
    with temporary_folder() as folder:
        checks = [one for one in parts.part_checks(patient, folder) if isinstance(one, Check)]
    found = Verification(tuple(checks))
    assert [one.name for one in found.wrong] == ["Extra dicom"]
    assert "ZeroDivisionError" in found.wrong[0].words
    assert "maps of this installation are right" in conclusion(found)
    assert states(found)["Window"] == "works"


def test_an_extra_that_is_not_installed_is_no_fault(monkeypatch):
    """It is named with what installs it."""
    monkeypatch.setitem(EXTRAS, "dicom", parts.Extra("DICOM", {"nothing": "no_such_module"}))
    with temporary_folder() as folder:
        for step in parts.part_checks(opened_patient(), folder):
            if isinstance(step, Check) and step.name == "Extra dicom":
                assert step.state == "absent"
                assert "napari-dsc[dicom]" in step.words
                break


def test_the_page_says_the_same_as_text_html_and_json(found):
    """Conclusion, every part, and what computed."""
    text, page, told = as_text(found), as_html(found), as_json(found)
    assert str(found) in text
    for one in found.checks:
        assert one.name in text
        assert one.name in page
    assert conclusion(found) in text
    assert conclusion(found) in page
    assert told["conclusion"] == conclusion(found)
    assert json.loads(json.dumps(told))["checks"][0]["name"] == found.checks[0].name
    bad = Verification((Check("<b>", "wrong", "1 < 2"),))
    assert "&lt;b&gt;" in as_html(bad)
    assert "<b>" not in as_html(bad)


@pytest.mark.parametrize("right", [True, False])
def test_the_exit_code_tells(capsys, tmp_path, monkeypatch, found, right):
    """0, or 3; what stands already is not replaced unasked."""
    checks = found.checks if right else (*found.checks, Check("Maps by X", "wrong", "other"))

    def pretend():
        yield from ()
        return Verification(tuple(checks))

    monkeypatch.setattr("napari_dsc.cli.verify.verifying", pretend)
    page = tmp_path / "page.html"
    words = ["verify", "--html", str(page), "--json"]
    assert main(words) == (0 if right else 3)
    assert json.loads(capsys.readouterr().out)["right"] is right
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert main([*words, "--overwrite"]) == (0 if right else 3)
