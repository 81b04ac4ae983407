"""Choices in a file: read as they were written, refused in words."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dsc import DscError, Setup, read_setup, write_setup
from napari_dsc.analysis import CHOICE_ROWS
from napari_dsc.analysis.config_file import KEYS
from napari_dsc.core.settings import SETTINGS


def within(row):
    """Ends of a number's range."""
    known = getattr(row, "parameter", None)
    return (0.3, 0.9) if known is None else (known.least, known.most)


def value_of(row):
    """Values that a row takes, as a file holds them."""
    return {
        "method": st.sampled_from(row.choices or ("oSVD",)),
        "number": st.floats(*within(row)),
        "choice": st.sampled_from(row.choices or ("",)),
        "switch": st.booleans(),
        "span": st.tuples(st.integers(0, 5), st.integers(6, 20)),
        "volumes": st.sampled_from(["4, 50-55", "none"]),
        "end": st.integers(10, 60),
        "count": st.integers(1, 3),
        "word": st.sampled_from(["1", "half", "LAS"]),
        "mask": st.sampled_from(["/data/mask.nii.gz", "/data/größe 1.nii"]),
        "vessel": st.sampled_from(["propose", "/data/aif.json"]),
    }[row.kind]


chosen = st.fixed_dictionaries(
    {},
    optional={
        name: value_of(row)
        for name, row in CHOICE_ROWS.items()
        if not (row.kind == "number" and getattr(row, "owner", "") == "method")
    },
)


@given(values=chosen)
def test_what_is_written_is_read(tmp_path_factory, values):
    """Defaults stand in the file too: it says all that was in force."""
    file = tmp_path_factory.mktemp("config") / "study.toml"
    setup = Setup(values)
    write_setup(file, setup)
    again = read_setup(file)
    for name, value in setup.values.items():
        kept = again.get(name)
        file_name = CHOICE_ROWS[name].kind in ("mask", "vessel")
        assert str(kept) == str(value) if file_name else kept == value
    assert again.settings() == setup.settings()


def test_each_row_has_a_word_of_its_own():
    """That of its option."""
    assert sorted(KEYS.values()) == sorted(CHOICE_ROWS)
    assert KEYS["method"] == "deconvolution_method"
    assert KEYS["slice_timing"] == "slice_timing"
    assert KEYS["tr"] == "repetition_time"


def test_a_file_holds_every_setting_that_was_in_force(tmp_path):
    write_setup(tmp_path / "a.toml", Setup({"aif": "propose"}))
    told = tomllib.loads((tmp_path / "a.toml").read_text(encoding="utf-8"))
    assert told["method"] == SETTINGS["deconvolution_method"].default
    assert told["aif"] == "propose"
    assert "svd_threshold" in told


def test_names_of_files_count_from_the_folder_of_the_file(tmp_path):
    (tmp_path / "a.toml").write_text('aif = "masks/aif.nii.gz"\nbrain = "/b.nii"\n')
    setup = read_setup(tmp_path / "a.toml")
    assert setup.get("aif") == tmp_path / "masks" / "aif.nii.gz"
    assert Path(setup.get("brain")) == Path("/b.nii")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("svd_threshold = ", "must be TOML"),
        ("threshold = 0.2", "must hold the words of the options, got 'threshold'"),
        ("svd_threshold = 'much'", "svd_threshold must be one real number"),
        ("baseline = 3", "must be two volumes"),
        ("[aif]\nfile = 'x'", "aif must be a file or voxels"),
        ("aif = ''", "aif must be a file"),
        ("motion = 1", "motion must be True or False"),
        ("method = 'x'", "must be one of"),
        ("aif = 'a'\naif = 'b'", "must be TOML"),
        ("x = " + "[" * 5000, "must be TOML"),
        ("a = 'ü'".encode("latin-1"), "must be TOML"),
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_refused_in_words(tmp_path, text, said):
    file = tmp_path / "study.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DscError, match=r"^study\.toml") as failure:
        read_setup(file)
    assert said in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(DscError, match=r"none\.toml must be readable"):
        read_setup(tmp_path / "none.toml")


def test_voxels_are_not_written_into_a_file(tmp_path):
    with pytest.raises(DscError, match="Save them as a mask first"):
        write_setup(tmp_path / "a.toml", Setup({"aif": np.ones((2, 2, 2), bool)}))
    assert not (tmp_path / "a.toml").exists()


def test_a_file_that_stands_there_is_not_replaced_unasked(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("mine")
    with pytest.raises(DscError, match="must not exist yet"):
        write_setup(file, Setup())
    assert file.read_text() == "mine"
    write_setup(file, Setup(), overwrite=True)
    assert "method" in file.read_text()
