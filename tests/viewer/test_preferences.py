"""napari's preferences: what is set there holds for what is opened from then on, and is said."""

from pathlib import Path

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


def test_fault_348_a_default_that_was_changed_is_used_and_said(preferred, viewer, scan_file, qtbot):
    """On the form to every digit, in the status line, and in what the maps are made from."""
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
