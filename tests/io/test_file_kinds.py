"""Files that are no scan as they are: one true sentence each."""

import gzip
import io
import re
import tarfile
import zipfile

import pytest

from napari_dsc import DscError, read
from napari_dsc.io.file_kinds import OTHERS
from napari_dsc.io.readers import accepted_words, endings

REFUSED = [one for one in OTHERS if not set(one.endings) & set(endings())]


@pytest.mark.parametrize(
    ("kind", "ending"), [(one, ending) for one in REFUSED for ending in one.endings], ids=str
)
def test_fault_78_every_other_kind_is_named_with_its_remedy(tmp_path, kind, ending):
    """By its name, and by its first bytes under any name that means nothing."""
    path = tmp_path / f"scan{ending}"
    path.write_bytes(bytes(kind.place) + kind.magic + b" and more")
    with pytest.raises(DscError) as named:
        read(path)
    assert kind.name in str(named.value) or not kind.magic
    if kind.magic:
        disguised = tmp_path / "scan.nii"
        disguised.write_bytes(path.read_bytes())
        with pytest.raises(DscError) as begun:
            read(disguised)
        assert str(begun.value) == str(named.value)
        assert kind.remedy in str(begun.value)


@pytest.mark.parametrize("name", ["scan.zip", "scan.nii.gz", "scan.tar.gz"])
def test_fault_78_an_archive_is_seen_through_its_name(tmp_path, save, name):
    """Packed as people pack, whatever they call it."""
    scan, packed = save(), io.BytesIO()
    if name == "scan.zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(scan)
    else:
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            tar.add(scan)
    (tmp_path / name).write_bytes(packed.getvalue())
    with pytest.raises(DscError, match=r"got a (zip|tar) archive\. Unpack it first"):
        read(tmp_path / name)


def test_fault_78_a_folder_of_another_kind_is_named(tmp_path):
    """PAR/REC as the scanner exports it, beside notes and pictures."""
    (tmp_path / "a notes.txt").write_text("of the scan")
    (tmp_path / "scan.PAR").write_text("# === DATA DESCRIPTION FILE ===")
    (tmp_path / "scan.REC").write_bytes(bytes(100))
    with pytest.raises(DscError, match=r"a folder of Philips PAR/REC.*dcm2niix -z y FOLDER"):
        read(tmp_path)


def test_fault_78_bytes_that_tell_nothing_are_refused_as_before(tmp_path):
    for content in (b"", b"hello", gzip.compress(b"hello")):
        (tmp_path / "scan.foo").write_bytes(content)
        with pytest.raises(DscError, match=rf"{re.escape(accepted_words())}, got 'scan.foo'"):
            read(tmp_path / "scan.foo")
