"""The published schema of records: every record conforms to it, and it describes every entry."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from napari_dsc import DECONVOLVERS, SETTINGS, analyse, phantom, record_schema
from napari_dsc.cli import main
from scripts.record_schema import PAGE

FIXTURES = Path(__file__).parents[1] / "fixtures"
KEPT = sorted(FIXTURES.glob("format_*/results/*/record.json"))
FORMATS = sorted({path.parents[2] for path in KEPT})


def closed(schema: Any) -> Any:
    """A schema that refuses every entry that it does not describe."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **made} if "properties" in schema else made


def wrong_in(record: Any, schema: Any) -> list[str]:
    """Places of a record that are not as a schema says."""
    found = Draft202012Validator(schema).iter_errors(record)
    return [f"{one.json_path}: {one.message[:80]}" for one in found]


def records_of(folder: Path) -> dict[str, Any]:
    """Records of a kept format by their folders."""
    paths = [path for path in KEPT if folder in path.parents]
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> dict[str, Any]:
    """A record in which almost every entry stands, as it is written to disk."""
    made = phantom((32, 32, 4), 60)
    tissue = made.tissue
    enhancing = np.zeros_like(made.brain)
    enhancing[10:14, 10:14, 1:3] = True
    one = analyse(
        made.series,
        made.artery,
        vein=tissue == tissue.max(),
        window=(3, 50),
        baseline=(2, 10),
        leave_out="55",
        end=58,
        leakage_model="BSW",
        leakage_where="everywhere",
        aif_gamma_variate=True,
        aif_shift=0.2,
        times_by="Tikhonov",
        cbv="weights",
        spread=True,
        denoise="similar curves",
        bolus_maps=True,
        enhancement=enhancing & made.brain,
        flip_angle=60.0,
        preload="yes",
    )
    folder = tmp_path_factory.mktemp("full")
    one.save(folder, overwrite=True)
    return json.loads(next(folder.glob("*record.json")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FORMATS, ids=lambda path: path.name)
def test_every_kept_record_conforms_to_the_schema(folder):
    """Of each format; and no entry stands there that the schema does not describe."""
    Draft202012Validator.check_schema(record_schema())
    strict = closed(record_schema())
    found = {name: wrong_in(one, strict) for name, one in records_of(folder).items()}
    assert found
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_a_record_with_every_choice_conforms_to_the_schema(full):
    """A new entry needs its row in napari_dsc/io/record_schema.py."""
    assert {"leakage", "tumour", "beside", "vof_verdicts"} <= set(full)
    assert {"measured", "gamma_variate"} <= set(full["aif"])
    assert not wrong_in(full, closed(record_schema()))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Places of a record down to its numbers and words; of a list the first element."""
    if isinstance(value, dict):
        return [place for key, one in value.items() for place in leaves(one, (*path, key))]
    if isinstance(value, list) and value:
        return leaves(value[0], (*path, 0))
    return [path]


def test_the_schema_refuses_what_no_version_writes(full):
    """An object in place of any number or word; and a record without what all of them hold."""
    schema = Draft202012Validator(record_schema())
    for place in leaves(full):
        broken = copy.deepcopy(full)
        at = broken
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = {"a": {}}
        assert not schema.is_valid(broken), place
    everyone = [set(one) for folder in FORMATS for one in records_of(folder).values()]
    for key in set.intersection(*everyone):
        assert not schema.is_valid({name: one for name, one in full.items() if name != key}), key


def test_every_setting_and_method_is_in_the_schema():
    """By the keys of the tables, with their words."""
    schema = record_schema()["properties"]
    for row in SETTINGS.values():
        at = schema
        for key in row.key[:-1]:
            at = at[key]["properties"]
        assert row.key[-1] in at, row.name
    assert schema["settings"]["properties"]["deconvolution_method"]["enum"] == [*DECONVOLVERS]


def test_the_schema_is_published_as_the_program_has_it(capsys):
    """Beside the pages and by the command alike: `python -m scripts.record_schema` writes it."""
    assert main(["schema"]) in (0, None)
    printed = json.loads(capsys.readouterr().out)
    assert printed == record_schema()
    assert json.loads(PAGE.read_text(encoding="utf-8")) == record_schema()
