"""The sdist and the wheel: what they hold, and that an installed package works from any folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.request
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.error import HTTPError
from urllib.parse import quote

import pytest
from gradio_client import Client, handle_file
from packaging.requirements import Requirement

from tests.checkout import ROOT, checkout_files, requirements

LARGEST = 60_000_000
# Small enough for seconds, on the smallest suite.
FEW = "--suite diorama-hard --count 20 --train-count 20 --resamples 0 --scorers mcm neglabel --quiet".split()

EXAMPLES = """from ood_studio.worlds import galleries
print(*(galleries()[name].take(1, 0, 0, True)[0][0] for name in ("near-ood", "photographs")), sep="\\n")"""


@dataclass(frozen=True)
class Built:
    """Both archives, and the names in them, without the sdist's outermost folder."""

    sdist: Path
    wheel: Path
    in_sdist: frozenset[str]
    in_wheel: frozenset[str]


@dataclass(frozen=True)
class Installed:
    """An environment of its own with the wheel in it, the dependencies lent by the one that runs the tests."""

    bin: Path
    packages: Path
    home: Path
    away: Path

    def environment(self) -> dict[str, str]:
        """As a newcomer has it: nothing of this checkout, a home without caches."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
        temporary = self.home / "tmp"
        temporary.mkdir(exist_ok=True)
        return {**kept, "HOME": str(self.home), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

    def run(self, program: str, *arguments: str) -> str:
        """Standard output of a program of this environment, started in a folder elsewhere."""
        done = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.away,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def pip(*arguments: str | Path) -> None:
    """pip without a network; it keeps nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist of a copy of this checkout as it lies about after some work, and the wheel of that sdist."""
    work = tmp_path_factory.mktemp("work")
    for name in checkout_files():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            os.link(ROOT / name, work / name)
            continue
        (work / name).write_bytes((ROOT / name).read_bytes())
    for rubbish in (
        "cache/training/log.jsonl",
        "ood_studio/core/__pycache__/paths.cpython-311.pyc",
        "assets/.DS_Store",
    ):
        (work / rubbish).parent.mkdir(parents=True, exist_ok=True)
        (work / rubbish).write_bytes(b"left behind")
    out = tmp_path_factory.mktemp("dist")
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=work, check=True, capture_output=True, timeout=600)
    (sdist,) = out.glob("*.tar.gz")
    pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", out, sdist)
    (wheel,) = out.glob("*.whl")
    with tarfile.open(sdist) as archive:
        in_sdist = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    return Built(sdist, wheel, frozenset(in_sdist), frozenset(in_wheel))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    inside = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=inside, scheme="venv"))
    scripts = Path(sysconfig.get_path("scripts", vars=inside, scheme="venv"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip("--python", scripts / "python", "install", "--no-deps", "--no-index", built.wheel)
    return Installed(scripts, packages, tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("away"))


@pytest.fixture(scope="module")
def pictures(installed: Installed) -> list[Path]:
    """An example picture that the installed package draws, and a photograph."""
    return [Path(line) for line in installed.run("python", "-c", EXAMPLES).splitlines()]


def test_the_wheel_holds_the_package_and_its_assets(built: Built) -> None:
    files = checkout_files()
    package = {name for name in files if name.startswith("ood_studio/") and name.endswith(".py")}
    assets = {f"ood_studio/{name}" for name in files if name.startswith("assets/")}
    pictures = {name for name in assets if name.startswith("ood_studio/assets/pictures/")}  # the README's
    assert len(package) > 200 and len(assets) > 30 and pictures
    about = {name for name in built.in_wheel if name.partition("/")[0].endswith(".dist-info")}
    assert built.in_wheel - about == package | assets - pictures
    assert {PurePosixPath(name).name for name in about} >= {"LICENSE", "WORDNET-LICENSE.txt", "METADATA"}
    assert built.wheel.stat().st_size < LARGEST


def test_the_sdist_holds_what_a_wheel_is_made_of(built: Built) -> None:
    files = checkout_files()
    wanted = {name for name in files if name.startswith(("ood_studio/", "assets/"))}
    wanted |= {"LICENSE", "README.md", "MANIFEST.in", "app.py", "pyproject.toml", "requirements.txt", "setup.py"}
    made = {"PKG-INFO", "setup.cfg"}
    assert {name for name in built.in_sdist if not name.startswith("ood_studio.egg-info/")} == wanted | made
    assert built.sdist.stat().st_size < LARGEST


def test_the_metadata_are_those_of_the_repository(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in built.in_wheel if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
        entry_points = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    head, _, body = metadata.partition("\n\n")
    said = (Requirement(line.partition(": ")[2]) for line in head.splitlines() if line.startswith("Requires-D"))
    needed = {str(each) for each in said if each.marker is None}  # the others are of extras
    assert needed == {str(each) for each in requirements("requirements.txt")}
    assert "# OOD Studio" in body
    assert "ood-studio = ood_studio.__main__:run" in entry_points


def test_an_installed_package_answers_from_another_folder(installed: Installed, pictures: list[Path]) -> None:
    before = listing(installed.packages)
    told = json.loads(installed.run("python", "-m", "ood_studio", "bench", *FEW, "--json"))
    assert [row["scorer"] for row in told["results"]] == ["mcm", "neglabel"]
    assert all(row["auroc"] > 0.6 for row in told["results"])

    (report,) = json.loads(
        installed.run("ood-studio", "explore", str(pictures[0]), "--labels", "cat, dog", "--json", "--quiet")
    )["results"]
    assert report["readings"][0]["scorer"] == "neglabel" and report["verdict"]

    assert listing(installed.packages) == before
    assert not list(installed.away.iterdir())
    assert pictures[0].is_relative_to(user_cache(installed.home))


@pytest.fixture(scope="module")
def address(installed: Installed) -> Iterator[str]:
    """Where ``ood-studio serve`` answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [installed.bin / "ood-studio", "serve", "--port", str(port), "--device", "cpu"]
    log = installed.home / "serve.log"
    with log.open("w") as said:
        server = subprocess.Popen(command, cwd=installed.away, env=installed.environment(), stdout=said, stderr=said)
    try:
        wait_for(f"http://127.0.0.1:{port}/", lambda: server.poll() is None, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def test_an_installed_package_serves_the_app(pictures: list[Path], address: str) -> None:
    with urllib.request.urlopen(address, timeout=60) as page:
        assert page.status == 200 and "OOD Studio" in page.read().decode()
    client = Client(address, verbose=False)
    told = client.predict(pictures=[handle_file(pictures[0])], labels="cat, dog", api_name="/explore")
    assert [report["name"] for report in told["results"]] == [pictures[0].name]


def test_examples_are_shown_from_wherever_the_cache_lies_and_nothing_else_of_it(
    installed: Installed, pictures: list[Path], address: str
) -> None:
    """The cache lies neither in the working directory nor in the temporary folder, whose files gradio would show."""
    for path in pictures:
        with urllib.request.urlopen(f"{address}/gradio_api/file={quote(str(path))}", timeout=60) as shown:
            assert shown.read() == path.read_bytes()
    private = user_cache(installed.home) / "uploads" / "somebody.png"
    private.parent.mkdir(exist_ok=True)
    private.write_bytes(pictures[0].read_bytes())
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(f"{address}/gradio_api/file={quote(str(private))}", timeout=60)


def wait_for(url: str, alive: Callable[[], bool], log: Path) -> None:
    """Waits until an address answers.

    Raises:
        AssertionError: with what was said, if the server ends or stays silent for three minutes.
    """
    for _ in range(180):
        with suppress(OSError), urllib.request.urlopen(url, timeout=10):
            return
        assert alive(), log.read_text()
        time.sleep(1)
    raise AssertionError(log.read_text())


def listing(folder: Path) -> set[Path]:
    """All files but Python's own cache."""
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def user_cache(home: Path) -> Path:
    """Where the installed package keeps what it makes."""
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "ood-studio"


# --- where things lie --------------------------------------------------------------------------------------------


def test_a_checkout_keeps_its_cache_beside_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    from ood_studio.core import paths

    monkeypatch.delenv("OOD_STUDIO_CACHE")
    assert paths.cache_dir() == ROOT / "cache" and paths.ASSETS == ROOT / "assets"


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {}, ".cache/ood-studio"),
        ("linux", {"XDG_CACHE_HOME": "/big/caches"}, "/big/caches/ood-studio"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, ".cache/ood-studio"),
        ("linux", {"XDG_CACHE_HOME": ""}, ".cache/ood-studio"),
        ("darwin", {}, "Library/Caches/ood-studio"),
        ("win32", {}, "AppData/Local/ood-studio"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/ood-studio"),
        ("linux", {"OOD_STUDIO_CACHE": "/elsewhere", "XDG_CACHE_HOME": "/big"}, "/elsewhere"),
    ],
)
def test_an_installed_package_keeps_its_cache_with_the_persons_other_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variables: dict[str, str], folder: str
) -> None:
    from ood_studio.core import paths

    for name in ("OOD_STUDIO_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(paths, "_INSTALLED", True)
    monkeypatch.setattr(paths.sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert paths.cache_dir() == tmp_path / folder
