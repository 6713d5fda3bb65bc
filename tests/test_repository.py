"""The repository as a newcomer, a Space and an importer meet it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.checkout import ROOT, checkout_files, requirements

SPACE_COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
LARGEST_FILE = 10_000_000  # a Space takes larger ones only through LFS


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def front_matter() -> dict[str, Any]:
    head = re.match(r"---\n(.*?)\n---\n", read("README.md"), re.DOTALL)
    assert head, "README.md does not begin with a Space's front matter"
    return dict(yaml.safe_load(head[1]))


def imported_packages(path: Path) -> set[str]:
    """Top-level names of everything a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def modules_after(statement: str) -> set[str]:
    """Top-level modules that are loaded once a fresh interpreter has run the statement."""
    code = f"import sys\n{statement}\nprint('modules:', *{{name.partition('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("modules:")[2].split())


# --- requirements ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_a_lower_and_an_upper_bound(name: str) -> None:
    for requirement in requirements(name):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators in ({">=", "<"}, {"=="}), f"{name}: {requirement} needs a lower and an upper bound"


def test_optional_packages_are_those_that_are_tested() -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    tested = {str(each) for each in requirements("requirements-dev.txt")}
    assert {str(Requirement(each)) for extra in extras.values() for each in extra} <= tested


def test_a_space_installs_the_gradio_of_the_requirements() -> None:
    pins = {requirement.name: str(requirement.specifier) for requirement in requirements("requirements.txt")}
    assert pins["gradio"] == f"=={front_matter()['sdk_version']}"


def test_what_is_imported_is_required() -> None:
    """Every package that the code names is in requirements.txt, whatever else drags it in today."""
    modules = {"open-clip-torch": "open_clip", "umap-learn": "umap", "scikit-learn": "sklearn", "pillow": "PIL"}
    names = [requirement.name.lower().replace("_", "-") for requirement in requirements("requirements.txt")]
    allowed = {modules.get(name, name.replace("-", "_")) for name in names}
    allowed |= {"ood_studio", *sys.stdlib_module_names}
    allowed |= {"imagecorruptions"}  # of an optional part of the installation; asked for where missing
    unknown = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in [*(ROOT / "ood_studio").rglob("*.py"), ROOT / "app.py"]
        for module in imported_packages(path)
        if module not in allowed
    ]
    assert not unknown


# --- README ------------------------------------------------------------------------------------------------------


def test_front_matter_is_one_that_a_space_accepts() -> None:
    head = front_matter()
    assert head["sdk"] == "gradio"
    assert head["app_file"] == "app.py"
    assert head["license"] == "apache-2.0"
    assert isinstance(head["python_version"], str) and Version(head["python_version"]) >= Version("3.11")
    assert 0 < len(head["short_description"]) <= 60
    assert {head["colorFrom"], head["colorTo"]} <= SPACE_COLOURS
    assert head["title"] and head["emoji"] and head["tags"]


def test_the_two_commands_come_first() -> None:
    block = re.search(r"^```\w*\n(.*?)^```", read("README.md"), re.DOTALL | re.MULTILINE)
    assert block
    commands = [line.split("#")[0].strip() for line in block[1].splitlines()]
    assert [command for command in commands if command] == ["make run", "make test"]


def test_links_of_the_readme_and_what_it_leads_to_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    missing = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert len(pages) > 5 and not missing


# --- files -------------------------------------------------------------------------------------------------------


def test_every_file_is_small_enough_for_a_space() -> None:
    assert not [name for name in checkout_files() if (ROOT / name).stat().st_size >= LARGEST_FILE]


def test_the_models_of_synthesis_are_small() -> None:
    folders = [ROOT / "assets" / name for name in ("diorama-sd", "diorama-llava", "diorama-classifier")]
    sizes = [file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert len(sizes) > 10 and sum(sizes) <= 30_000_000


def test_nothing_made_on_demand_is_in_git() -> None:
    assert not [name for name in checkout_files() if name.startswith(("cache/", ".venv/"))]


def test_continuous_integration_can_be_started() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True).returncode == 0
    assert read(".ci/run").rstrip().endswith("\nmake test")


def test_wordnet_ships_with_its_licence() -> None:
    assert "Princeton University" in read("assets/corpora/WORDNET-LICENSE.txt")
    assert "Apache License" in read("LICENSE")


# --- imports -----------------------------------------------------------------------------------------------------

HEAVY = {"diffusers", "transformers", "umap", "sklearn"}


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import ood_studio", {*HEAVY, "torch", "open_clip", "gradio"}),
        ("import ood_studio.scorers", {*HEAVY, "open_clip", "gradio"}),
        ("import ood_studio.synthesis.boundary, ood_studio.synthesis.baselines", {*HEAVY, "open_clip", "gradio"}),
        ("import app", HEAVY),
    ],
)
def test_importing_stays_light(statement: str, unwanted: set[str]) -> None:
    loaded = modules_after(statement)
    assert "ood_studio" in loaded
    assert not loaded & unwanted
