"""Pages that are made from the tables of the program: maps, methods, settings, commands, API."""

import argparse
import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import napari_dsc
from docs.site.words import ABOUT, About
from examples.gallery import EXAMPLES, title_of
from napari_dsc.analysis import INPUTS
from napari_dsc.cli import make_parser
from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.late_steps import STEP_COLOURS
from napari_dsc.core.quality import REJECTING, WORDS
from napari_dsc.core.quantities import COMPUTED, FAMILIES, RELATIVE, Quantity
from napari_dsc.core.settings import SETTINGS, Setting
from napari_dsc.io.readers import READERS

__all__ = ["on_the_site", "pages", "write_pages"]

LEXICON = "[OSIPI CAPLEX](https://osipi.github.io/OSIPI_CAPLEX/)"
ROOT = Path(napari_dsc.__file__).parents[1]
SOURCE = "https://github.com/napari-dsc/napari-dsc/blob/main"
OF_ROOT = {  # pages that stand at the root, where GitHub looks for them
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "security": "SECURITY.md",
    "conduct": "CODE_OF_CONDUCT.md",
}


def write_pages(folder: Path) -> list[Path]:
    """Write all of them into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    written = []
    for name, text in pages().items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def pages() -> dict[str, str]:
    """Text of each page by its name."""
    cards = {f"maps/{row.key}": card(row) for row in COMPUTED.values()}
    api = {f"api/{name}": api_page(name) for name in napari_dsc.__all__ if name != "__version__"}
    return {
        **cards,
        "maps/index": maps_page(),
        "methods": methods_page(),
        "settings": settings_page(),
        "commands": commands_page(),
        "examples": examples_page(),
        **{name: page_of_root(file) for name, file in OF_ROOT.items()},
        **api,
        "api/index": with_contents("Python", "The public names of `napari_dsc`.", api, "api/"),
    }


def with_contents(title: str, words: str, names: Mapping[str, str], folder: str) -> str:
    """A page that lists others."""
    listed = "\n".join(name.removeprefix(folder) for name in names)
    return f"# {title}\n\n{words}\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"


def table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Rows as a table of Markdown."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(one.replace('|', '/') for one in row)} |" for row in lines)


def page_of_root(file: str) -> str:
    """A page of the root, its links as they are from the site."""
    names = {target: name for name, target in OF_ROOT.items()}

    def turned(found: re.Match[str]) -> str:
        target = found[1]
        if target in names:
            return f"]({names[target]}.md)"
        if target.startswith("docs/"):
            return f"](../{target.removeprefix('docs/')})"
        return found[0] if ":" in target else f"]({SOURCE}/{target})"

    return re.sub(r"\]\(([^)#]+)\)", turned, (ROOT / file).read_text(encoding="utf-8"))


def on_the_site(text: str) -> str:
    """A page of `docs` as the site shows it: what leads out of `docs` leads to the pages made.

    In a clone no such page is there, so that `docs` links to CONTRIBUTING.md and names
    `napari-dsc maps --help`; on the site these become links to their pages.

    Parameters
    ----------
    text : str
        Markdown as it stands in a clone.

    Returns
    -------
    str
        The same, for sphinx. Blocks of code stay as they are.
    """
    parts = re.split(r"(^ *```.*?^ *```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if at % 2 else _led_on(part) for at, part in enumerate(parts))


def _led_on(text: str) -> str:
    """Words between blocks of code, with links to the pages that are made."""
    for name, file in OF_ROOT.items():
        text = text.replace(f"](../{file}", f"](made/{name}.md")
    text = re.sub(r"\]\(\.\./([^)]+)\)", rf"]({SOURCE}/\1)", text)
    return re.sub(r"(?<!\[)`(napari-dsc (?:(\w+) )?--help)`", _to_commands, text)


def _to_commands(found: re.Match[str]) -> str:
    """The help of a command as a link to where the site lists its options."""
    command = f"#napari-dsc-{found[2]}" if found[2] else ""
    return f"[`{found[1]}`](made/commands.md{command})"


# -- maps ----------------------------------------------------------------------------------------


def card(row: Quantity) -> str:
    """Card of a map."""
    about = ABOUT.get(row.key, About("", "", ""))
    return f"""# {row.symbol}

{row.name}, in {row.units} ({row.unit.words}).

```text
{about.formula}
```

{table(("", ""), facts_of(row))}

**Bias.** {about.bias}

**When not to trust it.** {about.distrust}
"""


def facts_of(row: Quantity) -> Iterator[tuple[str, str]]:
    """Facts of a map, as the table of the program has them."""
    yield "Unit", f"{row.units} (UCUM `{row.unit.ucum}`)"
    low, high = row.window
    yield (
        "Window",
        f"{low:g} to {high:g} {row.units}, fixed"
        + (", from bolus arrival" if row.caplex_from_arrival else ""),
    )
    yield "Lexicon", f"{row.caplex or 'no code: its definition is another, or none'} ({LEXICON})"
    if row.caplex_from_arrival:
        yield "Lexicon, from bolus arrival", row.caplex_from_arrival
    if row.dicom_code:
        yield "DICOM", f"{row.dicom_code[0]} ({row.dicom_code[1]})"
    yield "File", f"`*_{row.stem}.nii.gz`"
    yield "Python", f"`maps.get({row.key!r})`"
    if row.peak_ratio:
        yield "Without deconvolution", f"{row.peak_ratio[0]}: {row.peak_ratio[1]}"
    yield "Needs an AIF", "no" if row.from_tissue else "yes"


def maps_page() -> str:
    """All maps on a page, with what they share."""
    own = ((f"[{row.symbol}]({row.key}.md)", row.name, row.units) for row in COMPUTED.values())
    relative = (
        (row.symbol, f"{row.name}, over a reference region", row.units) for row in RELATIVE.values()
    )
    flags = (
        (words, "rejected" if flag & REJECTING else "flagged") for flag, words in WORDS.items()
    )
    steps = ", ".join(f"{one:g}" for one in STEP_COLOURS)
    listed = "\n".join(row.key for row in COMPUTED.values())
    return f"""# Maps

{table(("map", "what it is", "unit"), iter([*own, *relative]))}

NaN means "no answer": nothing is clipped, and nothing is repaired in silence. Windows are fixed, so
that two scans can be compared; colours come in families: {", ".join(FAMILIES)}. Tmax can be shown
in steps at {steps} s.

## Why a voxel has no answer

{table(("reason", "what becomes of it"), flags)}

```{{toctree}}
:hidden:

{listed}
```
"""


# -- methods and settings -------------------------------------------------------------------------


def methods_page() -> str:
    """Methods, in the words of their classes."""
    parts = ["# Methods of deconvolution\n"]
    for name, kind in DECONVOLVERS.items():
        words = inspect.cleandoc(kind.__doc__ or "")
        body, _, _ = words.partition("\nParameters\n")
        body = body.replace(" [1]_", "").replace("[1]_", "")
        code = getattr(kind, "code", "none")
        parts.append(f"## {name}\n\n{body.strip()}\n\nSource: {kind.citation}  \nLexicon: {code}\n")
    parts.append("How far each is from a known truth: [the phantom study](../study.md).\n")
    return "\n".join(parts)


def settings_page() -> str:
    """Settings and inputs: what each is called in every place."""
    rows = (
        (f"`{name}`", f"`{row.option}`", row.title, default_of(row))
        for name, row in SETTINGS.items()
    )
    inputs = ((f"`{name}`", f"`{row.option}`", row.help, row.unit) for name, row in INPUTS.items())
    details = "\n".join(
        f"### {row.label}\n\n{row.tooltip} {range_of(row)} Lexicon: {row.code}.\n"
        for row in SETTINGS.values()
    )
    heads = ("Python", "option", "on the form", "default")
    return f"""# Configuration

One table makes form, command line, Python, record and methods. `--write-config study.toml` keeps
all choices of a run, `--config study.toml` takes them again; keys are the options without hyphens.
In napari, *File > Preferences > DSC perfusion* holds the defaults of method, threshold, kH and
density, the colours and the workspace.

{table(heads, rows)}

{details}
## What an analysis is made from

{table(("Python", "option", "what it is", "unit"), inputs)}
"""


def default_of(row: Setting) -> str:
    """What holds where nothing is said."""
    return "as proposed, or none" if row.default is None else str(row.default)


def range_of(row: Setting) -> str:
    """Range of a number, in words."""
    if row.parameter is None:
        return f"One of {', '.join(row.choices)}." if row.choices else ""
    return f"From {row.parameter.least:g} to {row.parameter.most:g}."


# -- commands -------------------------------------------------------------------------------------


def commands_page() -> str:
    """Commands and their options, as their parsers have them."""
    parser, commands = make_parser()
    parts = [f"# Command line\n\n{parser.description}\n\n{plain(parser.epilog or '')}\n"]
    for name, command in commands.parsers.items():
        parts.append(f"## napari-dsc {name}\n\n{plain(command.description or '')}\n")
        parts.append(table(("option", "what it does"), options_of(command)) + "\n")
    readers = (
        (row.name, ", ".join(row.every_ending) or ", ".join(row.patterns))
        for row in READERS.values()
    )
    parts.append(f"## What is read\n\n{table(('kind', 'files'), readers)}\n")
    return "\n".join(parts)


def options_of(command: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Options of a command, and what each does."""
    for action in command._actions:  # argparse has no public list of them
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        choices = f" ({', '.join(map(str, action.choices))})" if action.choices else ""
        yield f"`{name}`", plain(action.help or "") + choices


def plain(words: str) -> str:
    """Words of a help, without what Markdown would take for its own."""
    return words.replace("%%", "%").replace("*", r"\*").replace("<", "&lt;").replace("\n", " ")


# -- examples and Python --------------------------------------------------------------------------


def examples_page() -> str:
    """Examples, whole: they are short."""
    parts = ["# Examples\n\nRun them all with `make examples`, or one with Python.\n"]
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        parts.append(f"## {title_of(path)}\n\n`{name}`\n\n```python\n{text}```\n")
    return "\n".join(parts)


def api_page(name: str) -> str:
    """Page of a public name: its docstring, or what a table holds."""
    thing = getattr(napari_dsc, name)
    if isinstance(thing, Mapping):
        keys = textwrap.fill(", ".join(f"`{key}`" for key in thing), 100)
        where = "methods.md" if name == "DECONVOLVERS" else "settings.md"
        return f"# {name}\n\nA table by name: {keys}.\n\nSee [its page](../{where}).\n"
    kind = "autoclass" if inspect.isclass(thing) else "autofunction"
    members = "\n   :members:" if kind == "autoclass" else ""
    directive = f".. {kind}:: napari_dsc.{name}{members}"
    return f"# {name}\n\n```{{eval-rst}}\n{directive}\n```\n"
