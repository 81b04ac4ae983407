"""napari's preferences: what is set there holds for what is opened from then on, and is said."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from napari.settings import get_plugin_settings
from npe2 import PluginManifest

import napari_dsc
from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.settings import SETTINGS
from napari_dsc.viewer import preferences
from napari_dsc.viewer.preferences import AS_LEFT, PLUGIN, PREFERRED
from napari_dsc.viewer.reading.workspaces import READING, WORKBENCH

GROUPS = PluginManifest.from_file(
    Path(napari_dsc.__file__).with_name("napari.yaml")
).contributions.configurations


@pytest.fixture
def preferred():
    """What napari keeps for this plugin; as it comes afterwards."""
    kept = get_plugin_settings(PLUGIN)
    assert kept.config_path is None  # nothing is written
    yield kept
    for group in (kept.analysis, kept.reading):
        group.update({name: one.default for name, one in type(group).model_fields.items()})


def test_the_manifest_says_what_the_table_of_settings_says():
    """Label, default, range, choices."""
    told = GROUPS["analysis"].properties
    assert tuple(told) == PREFERRED
    for name, one in told.items():
        row = SETTINGS[name]
        assert one.title == row.title
        assert one.default == row.default
        assert row.tooltip in (one.description or "")
        if row.parameter is not None:
            assert (one.minimum, one.maximum) == (row.parameter.least, row.parameter.most)
        else:
            assert tuple(one.enum or ()) == row.choices


def test_the_manifest_says_what_can_be_chosen_for_reading():
    """Colours and workspace."""
    told = GROUPS["reading"].properties
    assert tuple(told["colours"].enum or ()) == FAMILIES
    assert told["colours"].default == COLOUR_FAMILY
    assert told["workspace"].enum == [AS_LEFT, READING, WORKBENCH]
    assert told["workspace"].default == AS_LEFT


def test_nothing_is_preferred_unless_somebody_says_so():
    """The program's own defaults."""
    assert preferences.settings() == {}
    assert preferences.colour_family() == COLOUR_FAMILY
    assert preferences.workspace() == AS_LEFT


def test_fault_348_a_default_that_was_changed_is_used_and_said(
    preferred, viewer, scan_file, qtbot, monkeypatch
):
    """On the form to every digit, in the status line, and in what the maps are made from."""
    monkeypatch.setattr("napari.settings._CFG_PATH", "")  # what is set here is on no disk
    preferred.analysis.svd_threshold = 0.125
    preferred.analysis.deconvolution_method = "cSVD"
    preferred.reading.colours = FAMILIES[2]
    preferred.reading.workspace = READING
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    qtbot.waitUntil(lambda: panel.workspaces.kind == READING)
    assert panel.form.parameters["svd_threshold"].value == 0.125
    assert panel.form.method.value == "cSVD"
    viewer.open(scan_file, plugin="napari-dsc")
    qtbot.waitUntil(lambda: panel.scan is not None and panel.scan.facts.proposed, timeout=30_000)
    assert panel.scan.facts.settings["svd_threshold"] == 0.125
    assert "As set in napari's preferences: " in panel.status.text()
    assert "SVD threshold 0.125" in panel.status.text()
    assert panel.scan.layers.family == FAMILIES[2]
    assert panel.room.bar.family.value == FAMILIES[2]
    assert panel.reading.settings(panel.scan).method.svd_threshold == 0.125
    panel.form.parameters["svd_threshold"].value = 0.3  # by hand goes over it
    assert panel.reading.settings(panel.scan).method.svd_threshold == 0.3


def test_a_napari_without_preferences_has_our_defaults(monkeypatch):
    """An earlier one, or one whose file of settings is damaged."""
    monkeypatch.delattr("napari.settings.get_plugin_settings")
    assert preferences.settings() == {}
    assert preferences.colour_family() == COLOUR_FAMILY

    def damaged(_plugin):
        raise ValueError("file")

    monkeypatch.setattr("napari.settings.get_plugin_settings", damaged, raising=False)
    assert preferences.workspace() == AS_LEFT


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Counts how often napari was asked, whose own file stands in a folder."""
    calls: list[str] = []

    def get_plugin_settings(plugin):
        calls.append(plugin)
        return SimpleNamespace(reading=SimpleNamespace(workspace=READING))

    monkeypatch.setattr("napari.settings.get_plugin_settings", get_plugin_settings)
    monkeypatch.setattr("napari.settings._CFG_PATH", str(tmp_path / "settings.yaml"))
    return calls


def test_fault_410_a_start_asks_napari_only_where_something_was_set(asked, tmp_path, monkeypatch):
    """It reads the manifests of all plugins for it. A file or a variable of the shell tells."""
    assert preferences.workspace() == AS_LEFT
    assert asked == []
    (tmp_path / "napari-dsc.yaml").write_text("reading: {}")
    assert preferences.workspace() == READING
    (tmp_path / "napari-dsc.yaml").unlink()
    monkeypatch.setenv("NAPARI_READING_WORKSPACE", READING)
    assert preferences.workspace() == READING
    assert asked == [PLUGIN, PLUGIN]


def test_fault_410_a_napari_that_keeps_its_files_elsewhere_is_asked(asked, monkeypatch):
    """The private name that tells where is missing, or empty."""
    assert preferences.workspace() == AS_LEFT
    assert not asked
    monkeypatch.setattr("napari.settings._CFG_PATH", "")
    assert preferences.workspace() == READING
    monkeypatch.delattr("napari.settings._CFG_PATH")
    assert preferences.workspace() == READING


def test_fault_410_what_is_set_in_one_session_holds_in_the_next(tmp_path):
    """napari writes it where a start looks for it: tried with napari's own file of settings."""
    env = os.environ | {"NAPARI_CONFIG": str(tmp_path / "settings.yaml")}

    def session(code: str) -> str:
        words = [sys.executable, "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=env)
        return done.stdout.strip()

    ask = (
        "import json\nfrom napari_dsc.viewer import preferences\n"
        "print(json.dumps(preferences.settings()))"
    )
    assert json.loads(session(ask)) == {}
    session(
        "from napari.settings import get_plugin_settings\n"
        f"get_plugin_settings({PLUGIN!r}).analysis.svd_threshold = 0.125"
    )
    assert json.loads(session(ask)) == {"svd_threshold": 0.125}
