"""Versions of the program and its packages, system, processor and BLAS."""

import contextlib
import json
import platform
import re
from functools import lru_cache
from importlib.metadata import distribution, version
from pathlib import Path

import numpy as np

__all__ = ["versions_of_all"]

PACKAGES = ("napari-dsc", "numpy", "scipy", "nibabel")
LONGEST = 80  # characters of a name that a machine gives itself
COMMIT = re.compile(r"[0-9a-f]{40}")


@lru_cache(maxsize=1)
def versions_of_all() -> dict[str, str]:
    """Versions by name; holds no name of a machine or a person, and no path.

    Returns
    -------
    dict
        Python and packages, "system", "processor" and "BLAS"; and "commit" where the program
        was installed from a repository or runs in its checkout.
    """
    release = re.match(r"[\d.]*\d", platform.release())
    system = " ".join(filter(None, (platform.system(), release and release[0], platform.machine())))
    found = {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "system": _plain(system),
        "processor": _plain(_processor()),
        "BLAS": _plain(_blas()),
    }
    commit = _commit()
    return {**found, "commit": commit} if commit else found


def _plain(words: str) -> str:
    return "".join(one for one in words if one.isprintable()).strip()[:LONGEST] or "unknown"


def _processor() -> str:
    """Model of the processor; where only its kind is known, that."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n"):
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return model
    return platform.processor() or platform.machine()


def _blas() -> str:
    """Name and version of the library that numpy multiplies with."""
    config = np.show_config(mode="dicts")
    known = config.get("Build Dependencies", {}).get("blas", {}) if isinstance(config, dict) else {}
    return f"{known.get('name', '')} {known.get('version', '')}"


def _commit() -> str:
    """Commit of the program; empty for a release, or where nobody can tell."""
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        told = json.loads(distribution("napari-dsc").read_text("direct_url.json") or "{}")
        if commit := str(told.get("vcs_info", {}).get("commit_id", "")):
            return commit if COMMIT.fullmatch(commit) else ""
    with contextlib.suppress(OSError, ValueError):
        return _head(Path(__file__).parents[2] / ".git")
    return ""


def _head(git: Path) -> str:
    """Commit that a checkout is on, from the files of its repository."""
    if git.is_file():  # a further work tree
        git = git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head if COMMIT.fullmatch(head) else ""
    ref, shared = head.removeprefix("ref:").strip(), git / "commondir"
    root = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
    if (root / ref).is_file():
        commit = (root / ref).read_text(encoding="utf-8").strip()
        return commit if COMMIT.fullmatch(commit) else ""
    for line in (root / "packed-refs").read_text(encoding="utf-8").splitlines():
        if line.endswith(f" {ref}"):
            return line[:40] if COMMIT.fullmatch(line[:40]) else ""
    return ""
