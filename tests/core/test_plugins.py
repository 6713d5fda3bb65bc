"""Plug-ins: found in files and distributions by name; those that cannot be used are left out with one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ood_studio.core import plugin_files, plugins
from ood_studio.core.errors import StudioError
from ood_studio.core.plugins import Registry, notes, use_files

ROOT = Path(__file__).resolve().parents[2]
SCORER = """
from dataclasses import dataclass
from typing import ClassVar
from ood_studio.scorers import MCM, Scorer

@dataclass(frozen=True)
class Largest(Scorer):
    name: ClassVar[str] = "{name}"
    title: ClassVar[str] = "Largest"
    needs: ClassVar[tuple[str, ...]] = ("class_text",)

    def _fit(self, reference):
        classes = reference.class_text.clone()
        return lambda features: (features @ classes.T).amax(1)
"""
LIST = r"""
from ood_studio.core.plugins import notes
from ood_studio.scorers import SCORERS
print(*SCORERS)
print(*notes(), sep="\n")
"""


class Beast:
    """What the tests' registry takes."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.fixture()
def beasts(monkeypatch: pytest.MonkeyPatch) -> Registry[Beast]:
    """A registry beside the project's own, in a process without plug-ins."""
    monkeypatch.setenv(plugins.ENVIRONMENT, "")  # taken back after the test, whatever it became
    for name, empty in {"_registries": {}, "_notes": [], "_tried": set()}.items():
        monkeypatch.setattr(plugins, name, empty)
    monkeypatch.setattr(plugin_files, "__path__", [])
    return Registry(
        "scorers",
        "beast",
        takes=lambda thing: isinstance(thing, Beast),
        name=lambda beast: beast.name,
        reserved=("all",),
    )


@pytest.fixture()
def write(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """Writes a plug-in file; what it imported is forgotten after the test."""
    before = set(sys.modules)

    def file(name: str, code: str) -> Path:
        path = tmp_path / name
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        return path

    yield file
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture()
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a distribution with entry points, as an installer leaves it, in a folder that is searched for modules."""

    def make(name: str, code: str, **groups: str) -> Path:
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"[ood_studio.{group}]\n{point}\n" for group, point in groups.items()]
        (about / "entry_points.txt").write_text("\n".join(lines))
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(code))
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path

    return make


def run(code: str | Path, *, plugin: str = "", path: str = "") -> str:
    """What a fresh interpreter prints that runs some code, or a file."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", plugins.ENVIRONMENT: plugin}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([path] if path else [])])
    done = subprocess.run(
        [sys.executable, *(["-c", code] if isinstance(code, str) else [str(code)])],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_things_are_found_by_name_in_their_order(beasts: Registry[Beast]) -> None:
    cat, dog = beasts.register(Beast("cat")), beasts.register(Beast("dog"))
    assert list(beasts) == ["cat", "dog"] and beasts["dog"] is dog and len(beasts) == 2 and "cow" not in beasts
    assert beasts.register(cat) is cat and len(beasts) == 2


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        (Beast("cat"), "there is a beast named 'cat' already"),
        (Beast("all"), "there is a beast named 'all' already"),
        ("cat", "it must be a beast, not 'cat'"),
    ],
)
def test_a_clash_and_a_stranger_are_refused(beasts: Registry[Beast], thing: Beast, sentence: str) -> None:
    beasts.register(Beast("cat"))
    with pytest.raises(StudioError, match=f"^{sentence}$"):
        beasts.register(thing)


def test_a_file_registers_what_it_defines(beasts: Registry[Beast], write: Callable[[str, str], Path]) -> None:
    beasts.register(Beast("cat"))
    file = write("zoo.py", f"from {__name__} import Beast\ncow = Beast('cow')\n_hidden = Beast('hen')\n")
    sys.modules.setdefault(__name__, sys.modules[Beast.__module__])
    use_files([file])
    assert list(beasts) == ["cat", "cow"] and notes() == ()
    use_files([file])
    assert list(beasts) == ["cat", "cow"] and notes() == ()


def test_a_file_that_is_named_later_is_found_too(beasts: Registry[Beast], write: Callable[[str, str], Path]) -> None:
    assert list(beasts) == []
    sys.modules.setdefault(__name__, sys.modules[Beast.__module__])
    use_files([write("later.py", f"from {__name__} import Beast\ncow = Beast('cow')\n")])
    assert list(beasts) == ["cow"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import nonesuch", "cannot be imported (ModuleNotFoundError: No module named 'nonesuch')"),
        ("def", "cannot be imported (SyntaxError: invalid syntax (zoo.py, line 1))"),
        ("raise SystemExit(3)", "cannot be imported (SystemExit: 3)"),
        ("x = 1", "it defines no beast"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_in_a_sentence(
    beasts: Registry[Beast], write: Callable[[str, str], Path], code: str, sentence: str
) -> None:
    file = write("zoo.py", code)
    use_files([file])
    assert list(beasts) == []
    (note,) = notes()
    assert note.startswith(f"The plug-in {file} was left out: ") and sentence in note and "\n" not in note


def test_files_that_are_not_there_and_namesakes(
    beasts: Registry[Beast], write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    sys.modules.setdefault(__name__, sys.modules[Beast.__module__])
    first = write("zoo.py", f"from {__name__} import Beast\ncow = Beast('cow')\n")
    (tmp_path / "other").mkdir()
    second = write("other/zoo.py", f"from {__name__} import Beast\nhen = Beast('hen')\n")
    use_files([first, second, "~nobody-is-called-so.py", tmp_path])
    assert list(beasts) == ["cow"]
    assert [note.partition(" was left out: ")[2] for note in notes()] == [
        "another file of that name is a plug-in already.",
        "there is no such Python file.",
        "there is no such Python file.",
    ]


def test_threads_see_all_plug_ins_or_wait(beasts: Registry[Beast], write: Callable[[str, str], Path]) -> None:
    sys.modules.setdefault(__name__, sys.modules[Beast.__module__])
    code = f"import time\nfrom {__name__} import Beast\ntime.sleep(0.3)\ncow = Beast('cow')\n"
    use_files([write("slow.py", code)])
    seen: list[list[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(list(beasts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [["cow"]] * 4


BROKEN = {
    # distribution: what its module holds, the group of its entry point, and what is said
    "clash": (SCORER.format(name="mcm"), "scorers", "there is a scorer named 'mcm' already"),
    "reserved": (SCORER.format(name="pseudo-msp"), "scorers", "there is a scorer named 'pseudo-msp' already"),
    "misnamed": (SCORER.format(name="A b"), "scorers", "has small letters, digits and hyphens, not 'A b'"),
    "plain": (
        SCORER.format(name="odd").replace("@dataclass(frozen=True)", ""),
        "scorers",
        "odd is no frozen dataclass",
    ),
    "needy": (
        SCORER.format(name="odd").replace("    title: ", "    tau: float\n    title: "),
        "scorers",
        "the parameters of the scorer odd need defaults",
    ),
    "absent": ("import nonesuch", "scorers", "cannot be imported (ModuleNotFoundError: No module named 'nonesuch')"),
    "hollow": ("x = 1", "scorers", "cannot be imported (AttributeError: "),
    "number": ("Largest = 1", "scorers", "it must be a scorer, not 1"),
    "misspelt": ("x = 1", "scorer", "this version takes no ood_studio.scorer, but ood_studio.scorers"),
}


def test_distributions_that_cannot_be_used_are_named_in_a_sentence_each(distribution: Callable[..., Path]) -> None:
    for name, (code, group, _) in BROKEN.items():
        path = distribution(name, code, **{group: f"x = {name}:Largest"})
    distribution("largest", SCORER.format(name="largest"), scorers="large = largest:Largest")
    distribution("learner", "x = 1", adapters="x = learner:x")  # of a room that nobody asks for here
    listed, *said = run(LIST, path=str(path)).splitlines()
    assert listed.split()[0] == "neglabel" and listed.split()[-1] == "largest"
    assert len(listed.split()) == len(set(listed.split()))
    for name, (_, _, sentence) in BROKEN.items():
        (note,) = (line for line in said if line.startswith(f"The plug-in {name} "))
        assert " was left out: " in note and sentence in note
    assert len(said) == len(BROKEN)


def test_a_scorer_of_a_file_pickles_into_a_process_of_its_own(write: Callable[[str, str], Path]) -> None:
    file = write("largest.py", SCORER.format(name="largest"))
    code = """
    import multiprocessing, os
    from concurrent.futures import ProcessPoolExecutor
    from ood_studio.scorers import SCORERS

    if __name__ == "__main__":
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            print(pool.submit(repr, SCORERS["largest"]()).result(), pool.submit(os.getpid).result() != os.getpid())
    """
    assert run(write("main.py", code), plugin=str(file)) == "Largest() True\n"
