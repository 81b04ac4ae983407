"""Menus and palette of napari: each button and each key of ours can be found and called there."""

from pathlib import Path

import pytest
from napari._app_model import get_app_model
from npe2 import PluginManifest
from qtpy.QtGui import QAction, QClipboard
from qtpy.QtWidgets import QApplication, QMenu

import napari_dsc
from napari_dsc.viewer import commands
from napari_dsc.viewer.commands import COMMANDS, do, panel_of
from napari_dsc.viewer.panel.buttons import BUTTONS
from napari_dsc.viewer.panel.diagnosing import COPY
from napari_dsc.viewer.review.key_bindings import KEYS

MANIFEST = PluginManifest.from_file(Path(napari_dsc.__file__).with_name("napari.yaml"))
MENUS = {
    "napari/file/io_utilities": "file_menu",
    "napari/layers/measure": "layers_menu",
    "napari/layers/visualize": "layers_menu",
    "napari/layers/register": "layers_menu",
}


def run(name: str) -> None:
    """Call a command as the palette does."""
    get_app_model().commands.execute_command(f"napari-dsc.{name}")
    QApplication.processEvents()


def clipboard() -> QClipboard:
    found = QApplication.clipboard()
    assert found is not None
    return found


def entries(menu: QMenu) -> dict[str, QAction]:
    """Texts of a menu and of those within it, with what each does."""
    found: dict[str, QAction] = {}
    menu.aboutToShow.emit()
    for action in menu.actions():
        inner = action.menu()
        found |= entries(inner) if inner is not None else {action.text(): action}
    return found


def test_every_button_and_every_key_is_a_command_of_the_manifest():
    """By its name, with the words that it has in `COMMANDS`."""
    told = {one.id.removeprefix("napari-dsc."): one for one in MANIFEST.contributions.commands}
    assert {*BUTTONS, *(key.action for key in KEYS.values())} <= set(COMMANDS)
    assert set(COMMANDS) <= set(told), "python -m scripts.palette writes them"
    for name, title in COMMANDS.items():
        assert told[name].title == title
        assert told[name].python_name == f"napari_dsc.viewer.commands:{name}"
    assert len(set(COMMANDS.values())) == len(COMMANDS)


def test_every_command_is_in_the_palette(desk):
    """Whoever types a word of its title finds it."""
    assert desk.panel is not None
    known = {command: title for command, title in titles().items() if "napari-dsc" in command}
    for name, title in COMMANDS.items():
        assert known[f"napari-dsc.{name}"] == f"{title} (DSC perfusion)"


def titles() -> dict[str, str]:
    return {one.id: one.title for one in (rule.command for rule in palette())}


def palette():
    app = get_app_model()
    return app.menus.get_menu(app.menus.COMMAND_PALETTE_ID)


@pytest.mark.parametrize("menu", MENUS)
def test_commands_stand_in_the_menus_of_napari(desk, menu):
    """Where a user looks for them."""
    found = entries(getattr(desk.viewer.window, MENUS[menu]))
    for item in MANIFEST.contributions.menus[menu]:
        title = COMMANDS[item.command.removeprefix("napari-dsc.")]
        assert any(text.replace("&", "").startswith(title) for text in found), (title, list(found))


def test_fault_349_a_command_that_cannot_be_done_says_why(desk, monkeypatch):
    """And presses nothing."""
    said: list[str] = []
    monkeypatch.setattr("napari_dsc.viewer.commands.show_info", said.append)
    run("compute")
    assert said[0].startswith("Compute is not possible now. Open a 4-D scan")
    assert not desk.panel.busy


def test_a_command_presses_the_button(computed):
    """The same as a click on it, or the key."""
    run("single")
    computed.wait(lambda: computed.panel.room.views.kind == "single")
    run("grid")
    computed.wait(lambda: computed.panel.room.views.kind == "grid")
    before = computed.panel.scan.results.run
    run("compute")
    computed.wait(lambda: computed.panel.scan.results.run is not before and not computed.panel.busy)


def test_fault_349_a_command_opens_the_panel_where_there_is_none(viewer, monkeypatch, qtbot):
    """And then does what it says."""
    said: list[str] = []
    monkeypatch.setattr("napari_dsc.viewer.commands.show_info", said.append)
    assert panel_of(viewer) is None
    do(viewer, "save")
    qtbot.waitUntil(lambda: bool(said))
    assert panel_of(viewer) is not None
    assert "Save maps is not possible now" in said[0]


def test_what_is_no_command_has_no_name():
    """Of a module that makes its functions."""
    with pytest.raises(AttributeError):
        commands.nothing  # noqa: B018


def test_diagnostics_are_copied_from_the_help_menu(computed):
    """With the graphics card and the settings of the form, and without the scan's name."""
    panel = computed.panel
    panel.form.parameters["svd_threshold"].value = 0.17
    clipboard().clear()
    action = entries(computed.viewer.window.help_menu)[COPY]
    action.trigger()
    words = clipboard().text()
    for one in ("napari: ", "graphics: ", "OpenGL: ", "SVD threshold (of largest): 0.17"):
        assert one in words
    assert panel.form.series.value.name not in words
    assert "clipboard" in panel.status.text()
    clipboard().clear()
    panel.room.pages.help.diagnostics.native.click()
    assert "napari: " in clipboard().text()


def test_the_entry_of_the_help_menu_goes_with_the_panel(viewer, qtbot):
    """A window from which the panel is taken offers it no longer."""
    qtbot.waitUntil(lambda: COPY not in entries(viewer.window.help_menu))
    dock, _ = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    QApplication.processEvents()
    assert COPY in entries(viewer.window.help_menu)
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: COPY not in entries(viewer.window.help_menu))
