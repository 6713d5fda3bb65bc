"""The example of a plug-in: its scorer stands beside the project's own wherever scorers are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "plugin" / "margin.py"


def run(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What Python says to some arguments; ``path`` is searched for modules and distributions too."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([str(path)] if path else [])])
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )


def test_a_file_stands_beside_the_others_in_benchmark_and_app(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0")
    code = f"""
    from ood_studio.cli.main import main
    from ood_studio.core.plugins import notes
    from ood_studio.studio import BenchRequest, Studio
    from ood_studio.studio.commands import command_line
    from ood_studio.evaluation.choose import bench_scorers, choose_scorers
    from ood_studio.scorers import SCORERS
    from ood_studio.testing import scorer_contract
    from ood_studio.ui.blocks import build
    from ood_studio.ui.visitors import rules_for

    few = ["--suite", "diorama", "--count", "10", "--resamples", "20", "--quiet", "--format", "csv"]
    plugins = ["--plugin", "examples/plugin/margin.py", "--plugin", {str(tmp_path / "broken.py")!r}]
    assert main(["bench", *few, "--scorers", "margin:weight=0.5", "mcm", *plugins]) == 0
    assert main(["bench", *few, "--sweep", "margin:weight", "--values", "0.5", "1", *plugins]) == 0
    scorer_contract(SCORERS["margin"])
    assert "margin" in choose_scorers(("all",), bench_scorers())
    print(command_line("bench", BenchRequest(scorers=("margin",))))
    parts = build(Studio("cpu", workers=0), "diorama").config["components"]
    (box,) = (part["props"]["choices"] for part in parts if part["props"].get("elem_id") == "compare-scorers")
    print([name for name, key in box if key == "margin"])
    (said,) = (part["props"]["value"] for part in parts if part["props"].get("elem_id") == "plugin-notes")
    public = build(Studio("cpu", workers=0, hosted=rules_for("diorama")), "diorama").config["components"]
    assert not [part for part in public if part["props"].get("elem_id") == "plugin-notes"]
    print("broken.py was left out: it cannot be imported (ZeroDivisionError: division by zero)." in said)
    """
    done = run("-c", textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    *tables, command, listed, noted = done.stdout.splitlines()
    assert {line.split(",")[4] for line in tables} == {"scorer", "margin:weight=0.5", "mcm", "weight=0.5", "weight=1.0"}
    assert f" --scorers margin --plugin {Path('examples/plugin/margin.py')} " in command
    assert listed == "['Margin']" and noted == "True"
    (note,) = {line for line in done.stderr.splitlines() if line.startswith("The plug-in ")}
    assert note.startswith(
        f"The plug-in {tmp_path / 'broken.py'} was left out: it cannot be imported (ZeroDivisionError"
    )


def test_an_installed_distribution_needs_no_flag(tmp_path: Path) -> None:
    """As an installer leaves the example's package, by its own `pyproject.toml`."""
    project = tomllib.loads((EXAMPLE.parent / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["py-modules"] == [EXAMPLE.stem]
    shutil.copy(EXAMPLE, tmp_path)
    name, version = project["project"]["name"], project["project"]["version"]
    about = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = project["project"]["entry-points"]
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in of.items()) for group, of in groups.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    done = run("-m", "ood_studio", "bench", "--scorers", "margine", path=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "expected some of neglabel, " in done.stderr and done.stderr.endswith("did you mean margin?\n")
