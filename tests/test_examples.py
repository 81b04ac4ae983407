"""The examples: each runs as it stands, and writes a picture that shows something."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from examples.gallery import EXAMPLES, picture_of, run_example, title_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_window():
    """Pictures are drawn into files."""
    with mpl.rc_context({"backend": "agg"}):
        mpl.use("agg")
        yield


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_writes_its_picture(path, tmp_path, monkeypatch):
    """Of more than one colour, and nothing beside it."""
    monkeypatch.chdir(tmp_path)
    picture = picture_of(path, tmp_path)
    run_example(path, picture)
    pixels = imread(picture)
    assert min(pixels.shape[:2]) > 200
    assert np.ptp(pixels) > 0.5
    assert list(tmp_path.iterdir()) == [picture]


def test_there_are_ten_by_topic():
    """Each says in a sentence what it shows, and every topic has one."""
    assert len(EXAMPLES) >= 10
    assert len({path.parent for path in EXAMPLES}) >= 6
    titles = [title_of(path) for path in EXAMPLES]
    assert len(set(titles)) == len(titles)
    assert all(10 < len(title) < 90 for title in titles)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_stands_on_what_users_stand_on(path):
    """No private name, and few from deep inside."""
    text = path.read_text(encoding="utf-8")
    assert "._" not in text
    assert len(text.splitlines()) < 60
