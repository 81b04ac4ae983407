"""Guides and site: every command and block of code runs, every row of a table has its place."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from docs.site.from_tables import on_the_site, pages
from docs.site.words import ABOUT
from napari_dsc import DECONVOLVERS, phantom
from napari_dsc.analysis import INPUTS
from napari_dsc.cli import main, make_parser
from napari_dsc.core.quantities import COMPUTED
from napari_dsc.core.settings import SETTINGS
from napari_dsc.io.nifti import write_nifti, write_series

ROOT = Path(__file__).parents[1]
AT_ROOT = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md")
PAGES = [*(ROOT / name for name in AT_ROOT), *sorted((ROOT / "docs").glob("*.md"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BLOCK = re.compile(r"^( *)```(\S*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Run by other tests: those that open a window, and the one of tests/installation.
KNOWN = ("napari-dsc demo", "napari-dsc", "napari-dsc verify")
ELSEWHERE = "dask_jobqueue"  # needs a cluster: its block is read, not run


def blocks(kind: str, *, only: list[Path] = PAGES) -> list[tuple[str, str]]:
    """Blocks of code of a kind, with the name of their page."""
    found = []
    for page in only:
        for indent, language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if language == kind:
                lines = [line.removeprefix(indent) for line in text.splitlines()]
                found.append((page.name, "\n".join(lines)))
    return found


def shell_lines() -> list[str]:
    """Every command of every page, once, in the order of the pages."""
    lines = [line.strip() for _, text in blocks("sh") for line in text.splitlines()]
    wanted = [line.split("  #")[0].strip() for line in lines if line and not line.startswith("#")]
    return list(dict.fromkeys(wanted))


COMMANDS = [line for line in shell_lines() if line.startswith("napari-dsc") and line not in KNOWN]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A folder in which the commands of the pages run one after the other."""
    folder = tmp_path_factory.mktemp("world")
    patient = phantom((24, 24, 4), 50)
    place = folder / "bids" / "sub-01" / "perf"
    place.mkdir(parents=True)
    described = {"Name": "A digital patient", "BIDSVersion": "1.10.0"}
    (folder / "bids" / "dataset_description.json").write_text(json.dumps(described))
    write_series(place / "sub-01_dsc.nii.gz", patient.series)
    write_nifti(place / "sub-01_desc-AIF_mask.nii.gz", patient.artery, patient.series.affine)
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_a_page_runs(world, monkeypatch, line):
    """By the letter, in the order of the pages; none ends in doubt."""
    monkeypatch.chdir(world)
    words = shlex.split(line.replace("--nprocs 4", "--nprocs 1"))[1:]  # a worker is enough
    if "$SLURM" in line:  # a cluster says which: it is read
        told = [re.sub(r"\$SLURM_ARRAY_TASK_(ID|COUNT)", "3", word) for word in words]
        assert make_parser()[0].parse_args(told).shard
    else:
        assert main(words) == 0


def test_other_commands_of_the_pages_are_there():
    """Targets of make, extras of pip; nothing else is asked of a reader."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = {*PROJECT["optional-dependencies"]}
    for line in shell_lines():
        words = shlex.split(line)
        if line.startswith("make "):
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line
        elif line.startswith("pip install "):
            named = re.search(r"\[(.+)\]", words[2])
            assert named, line
            assert set(named[1].split(",")) <= extras
        else:
            assert line in (*COMMANDS, *KNOWN), line


@pytest.mark.parametrize(("page", "text"), blocks("python"), ids=lambda one: one.split("\n")[0])
def test_a_block_of_python_runs(tmp_path, monkeypatch, capsys, page, text):
    """By the letter; what a user writes needs public names only."""
    assert not re.search(r"napari_dsc\.\w", text), page
    code = compile(text, page, "exec")
    if ELSEWHERE in text:
        return
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    assert capsys.readouterr().out.strip()


def test_every_block_of_code_is_of_a_kind_that_is_tried():
    """A block in another language would be tried by nobody."""
    for page in PAGES:
        for _, language, _ in BLOCK.findall(page.read_text(encoding="utf-8")):
            known = language in ("sh", "python", "text") or language.startswith("{")
            assert known, (page.name, language)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_fault_470_links_of_a_clone_lead_to_what_a_clone_holds(page):
    """Files, pictures, headings; no page that only `make docs` writes, also after it has run."""
    text = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        if ":" in path:
            continue
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not found.is_relative_to(ROOT / "docs" / "made"), target
        if heading:
            assert heading in headings(found), target


def headings(page: Path) -> set[str]:
    """Names by which a link finds the headings of a page, as GitHub and MyST write them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in found}


@pytest.mark.parametrize("page", PAGES[len(AT_ROOT) :], ids=lambda path: path.name)
def test_links_of_the_site_lead_to_its_pages(page):
    """What leads out of docs in a clone leads to a page that is made, or to the repository."""
    made = pages()
    for target in re.findall(r"\]\(([^)\s]+)\)", on_the_site(page.read_text(encoding="utf-8"))):
        path, _, heading = target.partition("#")
        if path.startswith("made/"):
            text = made[path.removeprefix("made/").removesuffix(".md")]
            assert not heading or f"## {heading.replace('-dsc-', '-dsc ', 1)}\n" in text
        elif ":" not in path:
            assert not path.startswith("../"), target


def test_the_site_leads_on_from_a_clone():
    """To the page of the root, the source, and the options of a command; not within code."""
    told = "[a](../CONTRIBUTING.md#style) [b](../napari_dsc/public.py) `napari-dsc maps --help`"
    assert on_the_site(told) == (
        "[a](made/contributing.md#style) "
        "[b](https://github.com/napari-dsc/napari-dsc/blob/main/napari_dsc/public.py) "
        "[`napari-dsc maps --help`](made/commands.md#napari-dsc-maps)"
    )
    block = "```text\nsee `napari-dsc maps --help`\n```\n"
    assert on_the_site(block) == block


def test_pictures_of_the_readme_show_on_the_package_index():
    """By addresses that are whole, of files that are here, below the address of the project."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    owner = PROJECT["urls"]["Source Code"].removeprefix("https://github.com/")
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert len(shown) == 2
    for address in shown:
        base = f"https://raw.githubusercontent.com/{owner}/main/"
        assert address.startswith(base)
        assert (ROOT / address.removeprefix(base)).is_file()


def test_every_page_has_its_place_on_the_site():
    """In the contents, once; and what they list is there."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")]
    listed = [
        line
        for text in texts
        for block in re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]
    own = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    tops = {f"made/{name}" for name in pages() if "/" not in name or name.endswith("/index")}
    assert len(listed) == len(set(listed))
    assert set(listed) == own | tops


def test_every_map_has_its_card():
    """With formula, unit, window, lexicon, bias, and when not to trust it."""
    assert set(ABOUT) == set(COMPUTED), "a map needs its row in docs/site/words.py"
    for key, row in COMPUTED.items():
        card = pages()[f"maps/{key}"]
        low, high = row.window
        for part in (
            ABOUT[key].formula,
            row.units,
            f"{low:g} to {high:g}",
            row.caplex or "no code",
        ):
            assert part in card
        assert f"[{row.symbol}]({key}.md)" in pages()["maps/index"]


def test_every_setting_and_method_has_its_place():
    """With its option, label and default."""
    text = pages()["settings"]
    for name, option in [
        *((name, row.option) for name, row in SETTINGS.items()),
        *((name, row.option) for name, row in INPUTS.items()),
    ]:
        assert f"`{name}`" in text
        assert f"`{option}`" in text
    for row in SETTINGS.values():
        assert row.tooltip in text
    for name, kind in DECONVOLVERS.items():
        assert f"## {name}\n" in pages()["methods"]
        assert kind.citation in pages()["methods"]


def test_every_command_and_option_has_its_place():
    """As the parsers have them."""
    text = pages()["commands"]
    _, commands = make_parser()
    for name in commands.names:
        assert f"## napari-dsc {name}\n" in text
    for option in {row.option for row in SETTINGS.values()}:
        assert f"`{option}`" in text
    assert "--verbose" in text


def test_what_is_published_says_where_it_comes_from():
    """Addresses, versions of Python, and a citation of the same version."""
    assert {"Homepage", "Documentation", "Source Code", "Bug Tracker"} <= set(PROJECT["urls"])
    told = {one.split(" :: ")[-1] for one in PROJECT["classifiers"] if "Python :: 3." in one}
    assert told == {"3.11", "3.12", "3.13", "3.14"}
    from napari_dsc import __version__

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    release = re.search(rf"^## {re.escape(__version__)}\b(.*)$", changes, re.MULTILINE)
    assert release
    # What is not released yet has no date; what is has the same one in both.
    dated = re.search(r'^date-released: "(.+)"$', citation, re.MULTILINE)
    assert ("unreleased" in release[1]) == (dated is None)
    assert dated is None or dated[1] in release[1]


@pytest.mark.skipif(not (ROOT / ".github").is_dir(), reason="of a repository only")
def test_every_python_that_is_promised_is_tried():
    """The matrix of the tests holds what the classifiers say."""
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    matrix = re.search(r"python-version: \[(.+)\]", text)
    assert matrix
    told = {one.split(" :: ")[-1] for one in PROJECT["classifiers"] if "Python :: 3." in one}
    assert {one.strip().strip('"') for one in matrix[1].split(",")} == told
