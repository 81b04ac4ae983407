"""What a user has chosen once."""

from napari_dsc.viewer.reading.choices import choice, choose


def test_a_choice_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert choice("automatic", False) is False
    choose("automatic", True)
    choose("workspace", "reading")
    assert choice("automatic", False) is True
    assert choice("workspace", "workbench") == "reading"


def test_a_value_of_another_kind_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    choose("automatic", "yes")
    assert choice("automatic", False) is False


def test_where_nothing_can_be_kept_nothing_fails(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    choose("automatic", True)
    assert choice("automatic", False) is False
