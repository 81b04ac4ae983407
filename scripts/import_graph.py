"""Which modules import which, by module and by folder; exit code 1 if there is a circle.

`python scripts/import_graph.py` prints, for every folder (a package, and the modules that lie in
it beside its packages), the folders that it imports; `--modules` does so for every module. A
circle between modules, and two folders that import each other, are named last.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import grimp

PACKAGE = "napari_dsc"
Graph = Mapping[str, set[str]]


def modules() -> dict[str, set[str]]:
    """Modules that each module imports; imports for type checking count."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def folders(graph: Graph) -> dict[str, set[str]]:
    """Folders that each folder imports.

    A module that stands beside folders is a folder of its own, as it is for whoever looks at the
    tree; what a package gives out in its `__init__` belongs to the package.
    """
    packages = {name.rpartition(".")[0] for name in graph} - {""}
    open_ones = {name.rpartition(".")[0] for name in packages} - {""}  # hold folders themselves

    def folder(name: str) -> str:
        home = name if name in packages else name.rpartition(".")[0]
        return name if home in open_ones else home

    found: dict[str, set[str]] = defaultdict(set)
    for name, imported in graph.items():
        found[folder(name)] |= {folder(other) for other in imported} - {folder(name)}
    return dict(found)


def circles(graph: Graph) -> Iterator[list[str]]:
    """Sets of nodes that reach one another (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        index[node] = lowest[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                yield from visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], index[other])
        if lowest[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                yield sorted(component)

    for node in sorted(graph):
        if node not in index:
            yield from visit(node)


def pairs(graph: Graph) -> list[tuple[str, str]]:
    """Nodes that import each other."""
    return sorted(
        (one, other)
        for one, imported in graph.items()
        for other in imported
        if one < other and one in graph.get(other, ())
    )


def short(names: Iterable[str]) -> str:
    """Names without that of the package, in order."""
    return " ".join(name.removeprefix(f"{PACKAGE}.") for name in sorted(names))


def main() -> int:
    """Print the graph, then what is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", action="store_true", help="every module, not folders only")
    chosen = parser.parse_args()
    by_module = modules()
    by_folder = folders(by_module)
    for name, imported in sorted((by_module if chosen.modules else by_folder).items()):
        print(short([name]), "->", short(imported) or "nothing")
    print(f"{len(by_module)} modules in {len(by_folder)} folders")
    wrong = [f"circle: {short(component)}" for component in circles(by_module)]
    wrong += [f"import each other: {short(pair)}" for pair in pairs(by_folder)]
    for words in wrong:
        print(words)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
