"""Numbers of a record and of a header that make no sense: a page, or one line, and no traceback."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, cli
from napari_dsc.core.progress import finished
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.report.read_results import reading_results
from napari_dsc.terminal import one_line

BEYOND = [10**400, -(10**310)]
STRANGE = [10**290, -1e300, "x", [], {}, None, True]


def leaves(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a JSON object stand; of each list the first and the last."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from leaves(value, (*path, key))
    elif isinstance(content, list) and content:
        for at in {0, len(content) - 1}:
            yield from leaves(content[at], (*path, at))
    else:
        yield path


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same object with another value there."""
    if not path:
        return value
    copy = content.copy()
    copy[path[0]] = changed(content[path[0]], path[1:], value)
    return copy


def said(record: Path, capsys: Any) -> None:
    """What a page and the methods make of it: something, or one line."""
    lines = []
    with contextlib.suppress(SystemExit):
        cli.main(["methods", str(record)])
    lines += capsys.readouterr().err.splitlines()
    try:
        finished(reading_results(record.parent))
    except DscError as error:
        lines.append(str(error))
    assert len(lines) <= 3  # a note, and one line of each
    assert lines == [one_line(one) for one in lines]


def test_fault_155_numbers_of_a_record_that_make_no_sense(results, capsys):
    """Each of its numbers and words in turn."""
    record = results / "record.json"
    content = json.loads(record.read_text())
    for number, path in enumerate(leaves(content)):
        if path[0] in ("files", "versions"):
            continue
        for value in (BEYOND[number % 2], STRANGE[number % 7], STRANGE[(number + 1) % 7]):
            with np.errstate(all="raise"):
                record.write_text(json.dumps(changed(content, path, value)))
                said(record, capsys)


@pytest.mark.parametrize("number", ["1" + 400 * "0", "-1" + 4400 * "0", "1e400", "-1e999"])
@pytest.mark.parametrize("key", ["curves", "aif", "settings"])
def test_fault_155_a_number_beyond_all_measure_is_one_line(results, capsys, number, key):
    """In the curves, which are drawn; in whatever else is told."""
    record = results / "record.json"
    content = json.loads(record.read_text())
    path = {
        "curves": ("curves", "brain", 3),
        "aif": ("aif", "time_s", 1),
        "settings": ("settings", next(iter(content["settings"]))),
    }[key]
    text = json.dumps(changed(content, path, 0.123456789)).replace("0.123456789", number)
    record.write_text(text)
    for words in (
        ["methods", str(record)],
        ["report", str(results), "--out", str(results.parent / "page.html")],
        ["replay", str(record), str(record), "--out", str(results.parent / "out")],
    ):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        assert end.value.code == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "record.json must be JSON, got a number beyond all measure" in error


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0xFF])
def test_fault_155_a_header_that_only_one_of_two_parsers_would_take(results, capsys, byte):
    """Every field of a map's header in turn: it is read by one rule, whoever asks."""
    record = results / "record.json"
    content = json.loads(record.read_text())
    (path,) = results.glob("*_cbf.nii.gz")
    whole = nib.openers.Opener(path).read()
    fields = nib.nifti1.header_dtype.fields
    assert fields is not None
    for kind, offset, *_ in fields.values():
        spoiled = bytearray(whole)
        spoiled[offset : offset + kind.itemsize] = bytes([byte]) * kind.itemsize
        with nib.openers.Opener(path, "wb") as file:
            file.write(bytes(spoiled))
        content["files"]["cbf.nii.gz"] = fingerprint(path)
        record.write_text(json.dumps(content))
        said(record, capsys)
