"""The rooms of the package and the arrows between them: imports run downward only, and never in a circle."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from ood_studio.core.paths import ROOT

LEVELS = (
    ("__main__",),
    ("cli",),
    ("ui",),
    ("studio",),
    ("testing",),
    ("figures",),
    ("evaluation",),
    ("detectors",),
    ("adapters", "attacks", "synthesis"),
    ("scorers",),
    ("labels",),
    ("features",),
    ("backbones",),
    ("worlds",),
    ("data",),
    ("hub",),
    ("diorama",),
    ("core",),
    ("__init__",),
)
"""Rooms from the top to the bottom; those of one level do not know each other. ``__init__`` is the package itself."""
ABOVE_ALL = "training"
"""Imports anything, and is imported by nothing."""
ONLY_FROM = {"diorama": {"worlds", "training"}, "testing": set(), "training": set()}
"""Rooms that only some others may import."""


def sources(root: Path) -> dict[str, str]:
    """The modules of a package by dotted name, a package under the name of its folder."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


def imported(node: ast.AST, modules: Iterable[str]) -> Iterator[str]:
    """The modules of the package that one statement imports."""
    if isinstance(node, ast.Import):
        names = [each.name for each in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "imports are absolute here"
        inner = [f"{node.module}.{each.name}" for each in node.names]
        names = [name if name in modules else node.module for name in inner]
    else:
        return
    yield from (name for name in names if name in modules)


def room(module: str) -> str:
    """The room that a module lies in."""
    return [*module.split("."), "__init__"][1]


def upward(modules: Mapping[str, str]) -> list[str]:
    """Imports, also those inside functions and for types, from a room that may not be imported there."""
    rank = {name: level for level, names in enumerate(LEVELS) for name in names}
    wrong = []
    for module, source in sorted(modules.items()):
        for node in ast.walk(ast.parse(source)):
            for name in imported(node, modules):
                here, there = room(module), room(name)
                if here == there:
                    continue
                known = here == ABOVE_ALL or (here in rank and there in rank)
                down = here == ABOVE_ALL or (known and rank[there] > rank[here])
                if not known or not down or here not in ONLY_FROM.get(there, {here}):
                    wrong.append(f"{module} imports {name}")
    return sorted(set(wrong))


def circles(modules: Mapping[str, str]) -> list[list[str]]:
    """Modules that import each other, directly or not, inside functions or for types too."""
    arrows = {
        module: {
            name for statement in ast.walk(ast.parse(source)) for name in imported(statement, modules) if name != module
        }
        for module, source in modules.items()
    }
    # What neither imports nor is imported by what is left is in no circle: it is taken away until nothing more is.
    while True:
        targets = {name for names in arrows.values() for name in names}
        kept = {module: names & arrows.keys() for module, names in arrows.items() if names and module in targets}
        if kept == arrows:
            return [sorted(kept)] if kept else []
        arrows = kept


MODULES = sources(ROOT / "ood_studio")


def test_imports_run_downward() -> None:
    assert upward(MODULES) == []


def test_no_circles() -> None:
    assert circles(MODULES) == []


def test_every_room_has_its_place() -> None:
    named = {name for names in LEVELS for name in names} | {ABOVE_ALL}
    assert {room(module) for module in MODULES} <= named


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("scorers.a", "from ood_studio.core import errors", False),
        ("scorers.a", "import ood_studio.core.errors as e", False),
        ("core.errors", "from ood_studio.scorers.a import A", True),
        ("core.errors", "def f():\n    import ood_studio.scorers.a", True),
        (
            "core.errors",
            "import typing\nif typing.TYPE_CHECKING:\n    from ood_studio import scorers",
            True,
        ),
        ("attacks.a", "from ood_studio.synthesis.a import A", True),
        ("labels.a", "from ood_studio.diorama.world import ID_CLASSES", True),
        ("worlds.a", "from ood_studio.diorama.world import ID_CLASSES", False),
        ("training.a", "from ood_studio.ui import a", False),
        ("ui.a", "from ood_studio.training import a", True),
        ("studio.a", "from ood_studio import __version__", False),
        ("cellar.a", "from ood_studio.core import errors", True),
    ],
)
def test_an_upward_arrow_is_seen(module: str, source: str, wrong: bool) -> None:
    rooms = ("core.errors", "scorers.a", "synthesis.a", "diorama.world", "ui.a", "training.a")
    modules = {"ood_studio": "", **{f"ood_studio.{name}": "" for name in rooms}}
    modules |= {f"ood_studio.{name.partition('.')[0]}": "" for name in rooms}
    modules[f"ood_studio.{module}"] = source
    assert bool(upward(modules)) is wrong


def test_a_circle_is_seen() -> None:
    modules = {
        "p": "",
        "p.a": "from p import b",
        "p.b": "try:\n    import p.c\nfinally:\n    pass",
        "p.c": "",
        "p.d": "import p.a",
    }
    assert circles(modules) == []
    for source in ("from p.a import x", "def later():\n    from p.a import x"):
        assert circles(modules | {"p.c": source}) == [["p.a", "p.b", "p.c"]]


DRAWINGS = ("diorama/objects/", "diorama/elements.py", "diorama/places.py", "diorama/textures.py")
"""Long lists of shapes, in which nobody has to find their way."""


def test_files_can_be_read_at_a_sitting() -> None:
    lines = {
        path.relative_to(ROOT / "ood_studio").as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "ood_studio").rglob("*.py")
    }
    assert statistics.median(lines.values()) <= 110
    assert {name: count for name, count in lines.items() if count > 350 and not name.startswith(DRAWINGS)} == {}
