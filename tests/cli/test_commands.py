"""The command line, called as a function but for one test that starts a process."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import ood_studio.studio
from ood_studio.__main__ import run as program
from ood_studio.cli.bench import Bench
from ood_studio.cli.flags import flags
from ood_studio.cli.main import main
from ood_studio.cli.output import write_text
from ood_studio.core import plugins
from ood_studio.core.memory import LACKS_MEMORY
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.features import budget
from tests.worlds.fewer import fewer_references

BACKBONE = "diorama"
ROOT = Path(__file__).resolve().parents[2]
FEW = ["--backbone", BACKBONE, "--quiet"]
FEW_LABELS = [next(flag for path, flag in flags(Bench).items() if path.endswith("mining.count")), "60"]
ROW = (
    "suite id ood backbone scorer params n_id n_ood auroc fpr95 aupr_in aupr_out detection_error auroc_low auroc_high "
    "fpr95_low fpr95_high fpr_definition seed provenance versions protocol"
).split()

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module", autouse=True)
def few_references() -> Iterator[None]:
    with fewer_references(40, 30):
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives the exit code, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pictures, one of them in a folder of its own, a broken one and a text."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "more").mkdir()
    for scene, name in zip(scenes("id-test", 5, 2), ("a.png", "more/a.png"), strict=True):
        render(scene).save(folder / name)
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:300])
    (folder / "notes.txt").write_text("not a picture")
    return folder


# --- explore -----------------------------------------------------------------------------------------------------


def test_explore_prints_json(run: Run, album: Path) -> None:
    code, out, err = run("explore", album, *FEW, "--json", "--count", "60", "--tau", "0.05", "--top", "3")
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    assert [report["name"] for report in answer["results"]] == [str(album / "a.png"), str(album / "more" / "a.png")]
    assert list(answer["problems"]) == [str(album / "broken.png")]
    assert answer["tau"] == 0.05 and answer["negatives"] == 60
    for report in answer["results"]:
        assert len(report["affinities"]) == 3
        assert report["readings"][0]["scorer"] == "neglabel" and report["verdict"]
    assert "1 of 3 pictures could not be read" in err and "broken.png" in err


def test_explore_prints_text(run: Run, album: Path) -> None:
    code, out, err = run("explore", album / "a.png", *FEW, "--labels", "cat,\x1b[31mred dog", "--top", "2")
    assert code == 0
    assert str(album / "a.png") in out and "MCM (τ = 1)" in out and "red dog" in out
    assert "\x1b" not in out  # labels do not command the terminal
    assert "no threshold" in err


def test_a_folder_of_broken_pictures_is_bad_input(run: Run, tmp_path: Path) -> None:
    for name in ("one.png", "two.jpg"):
        (tmp_path / name).write_bytes(b"nothing")
    code, out, err = run("explore", tmp_path, *FEW)
    assert (code, out) == (2, "")
    assert [line.startswith("error: none of 2 pictures") for line in err.splitlines()] == [False, False, True]


# --- mine --------------------------------------------------------------------------------------------------------


def test_mine_prints_the_list_as_csv(run: Run, tmp_path: Path) -> None:
    choice = [*FEW, "--labels", "cat, dog", "--count", "20", "--eta", "0"]
    code, out, _ = run("mine", *choice)
    rows = list(csv.DictReader(out.splitlines()))
    assert code == 0 and len(rows) == 20 and list(rows[0]) == ["rank", "word", "pos", "distance"]
    distances = [float(row["distance"]) for row in rows]
    assert distances == sorted(distances, reverse=True)

    code, said, _ = run("mine", *choice, "--out", tmp_path / "words.csv")
    assert (code, said) == (0, "") and (tmp_path / "words.csv").read_text(encoding="utf-8") == out

    listed = json.loads(run("mine", *choice, "--json")[1])["results"]
    assert [each["word"] for each in listed] == [row["word"] for row in rows]
    assert [each["distance"] for each in listed] == pytest.approx(distances, abs=1e-6)


# --- bench -------------------------------------------------------------------------------------------------------


def test_bench_prints_json_and_tables(run: Run) -> None:
    choice = ["bench", *FEW, "--suite", "diorama-hard", "--count", "40", "--seed", "2", *FEW_LABELS]
    code, out, _ = run(*choice, "--json", "--scorers", "mcm,neglabel")
    answer = json.loads(out)
    names = ["results", "labels", "accuracy", "unavailable", "problems", "notes", "definitions"]
    assert code == 0 and list(answer) == names
    assert [row["scorer"] for row in answer["results"]] == ["mcm", "neglabel"]
    for row in answer["results"]:
        assert list(row) == ROW
        assert row["seed"] == 2 and row["n_id"] == row["n_ood"] == 40
        assert all(0 <= row[name] <= 1 for name in ("auroc", "fpr95", "aupr_in", "aupr_out"))
    assert set(answer["accuracy"]) == {"id_accuracy", "all_accuracy"}

    shown = f"{100 * answer['results'][0]['auroc']:.1f} / {100 * answer['results'][0]['fpr95']:.1f}"
    plain = run(*choice, "--scorers", "mcm", "neglabel")[1]
    assert shown in plain
    marked = run(*choice, "--scorers", "mcm", "--format", "markdown")[1]
    assert "| mcm" in marked and "neglabel" not in marked
    assert r"\toprule" in run(*choice, "--scorers", "mcm", "--format", "latex", "--intervals")[1]
    assert run(*choice, "--scorers", "mcm", "--format", "csv")[1].startswith("suite,id,ood,backbone")


def test_patches_without_room_cost_only_the_scores_that_read_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "patch_bytes", lambda _: 10**15)
    code, out, _ = run(
        "bench", *FEW, "--suite", "diorama-hard", "--count", "40", *FEW_LABELS, "--scorers", "gl-mcm,mcm"
    )
    assert code == 0 and "gl-mcm could not run: the patches of" in out and "\nmcm  " in out


def test_a_sweep_prints_a_line_a_value_and_draws_its_curves(run: Run, tmp_path: Path) -> None:
    choice = ["bench", *FEW, "--suite", "diorama-hard", "--count", "40", *FEW_LABELS, "--train-count", "40"]
    page = tmp_path / "tau.html"
    code, out, err = run(*choice, "--sweep", "tau", "--values", "0.02,1", "--figure", str(page))
    assert code == 0 and "tau=0.02" in out and "tau=1.0" in out and str(page) in err
    assert "plotly" in page.read_text(encoding="utf-8")
    answer = json.loads(run(*choice, "--sweep", "tau", "--values", "0.02", "99", "--json")[1])
    assert [bool(point["results"]) for point in answer["results"]] == [True, False]


def test_own_folders_are_compared(run: Run, tmp_path: Path) -> None:
    for folder, colour in (("known/red", "red"), ("known/blue", "blue"), ("strange", "green")):
        (tmp_path / folder).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (20 + i, 20), colour).save(tmp_path / folder / f"{i}.png")
    (tmp_path / "strange" / "broken.png").write_bytes(b"no picture")
    own = ["--id-data", str(tmp_path / "known"), "--ood-data", f"odd={tmp_path / 'strange'}"]
    code, out, err = run("bench", *FEW, *own, "--scorers", "mcm", "knn", "--resamples", "20", "--json")
    answer = json.loads(out)
    assert code == 0 and "broken.png" in err and "One picture of odd could not be read and was left out:" in err
    (row,) = answer["results"]
    assert (row["ood"], row["n_id"], row["n_ood"]) == ("odd", 6, 3)
    assert "training images" in answer["unavailable"]["knn"]


# --- what people may get wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["explore"], "there is no picture"),
        (["explore", "no-such.png"], "no-such.png"),
        (["explore", "empty"], "empty is a folder without pictures"),
        (["explore", "dot.png", "--tau", "99"], "tau must lie between 0.0001 and 10, not 99"),
        (["explore", "dot.png", "--backbone", "nope"], "nope"),
        (["mine", "--labels", ", ,"], "there are no labels"),
        (["mine", "--out", "nowhere/words.csv"], "does not exist"),
        (["bench", "--suite", "imagenet"], "unknown suite 'imagenet'"),
        (["bench", "--sweep", "warmth"], "unknown sweep 'warmth'"),
        (["bench", "--id-data", "nowhere", "--ood-data", "empty"], "nowhere"),
        (["bench", "--scorers", "mcm,nope"], "unknown scorer 'nope'"),
        (["bench", "--count", "5"], "count must lie between 10 and 100,000, not 5"),
        (["mine", "--device", "toaster"], "device must be"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments, "--quiet")
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1
    assert sentence in err


@pytest.mark.parametrize("arguments", [["bench", "--nope"], ["no-such-command"], ["explore", "--tau", "warm"]])
def test_unknown_flags_and_values_of_the_wrong_kind(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and err.startswith("error: ") and err.count("\n") == 1
    assert arguments[-1] in err


def test_a_plug_in_is_in_use_and_a_broken_one_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's scorer stands beside the others; it may be named before the command or after it."""
    monkeypatch.setenv(plugins.ENVIRONMENT, "")
    monkeypatch.setattr(plugins, "_notes", [])
    (tmp_path / "broken_scorer.py").write_text("import no_such_package")
    choice = [*FEW, "--suite", "diorama-hard", "--count", "10", "--resamples", "0", "--scorers", "mcm", "--json"]
    code, out, err = run("--plugin", tmp_path / "broken_scorer.py", "bench", *choice)
    assert code == 0 and json.loads(out)["results"]
    assert "broken_scorer.py was left out" in err and "no_such_package" in err


def test_an_interruption_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ood_studio.studio.Studio, "label_space", interrupted)
    assert run("mine", "--quiet") == (130, "", "interrupted\n")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")])
def test_a_lack_of_memory_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(ood_studio.studio.Studio, "label_space", full)
    assert run("mine", "--quiet") == (2, "", f"error: {LACKS_MEMORY}\n")


def test_an_interruption_while_the_program_is_loaded_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "ood_studio.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "ood_studio.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert program(["mine"]) == 130
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == "interrupted\n"


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the work while it is written."""
    (path := tmp_path / "negatives.csv").write_text("before")

    def killed(self: Path, *_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            write_text("after", str(path))
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
    write_text("after\n", str(path))
    assert path.read_bytes() == b"after\n"
    write_text("after", os.devnull)  # which no file may take the place of
    assert not Path(os.devnull).is_file()


def test_a_process_that_is_ended_from_outside_ends_tidily(tmp_path: Path) -> None:
    """As at the keyboard: what is open is closed, and one line says so."""
    code = (
        "import os, signal, sys\n"
        "import ood_studio.studio\n"
        "from ood_studio.__main__ import run\n"
        "ood_studio.studio.Studio.label_space = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(run(['mine', '--quiet']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_help_names_every_command_and_flag(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, names in (
        ([], ["explore", "mine", "bench", "serve"]),
        (["bench", "--help"], ["--json", "--backbone", "--seed", "--device", "--scorers", *FEW_LABELS[:1], "--tau"]),
        (
            ["explore", "--help"],
            ["--json", "--backbone", "--seed", "--device", "PICTURE ...", "--lexnames", "--groups"],
        ),
        (["serve", "--help"], ["--host", "--port", "--backbone", "--share", "--presenter", "--mcp"]),
    ):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0
        said = capsys.readouterr().out
        assert not [name for name in names if name not in said]


def test_the_program_as_a_process() -> None:
    """Exit code and one line, without importing what only other work needs."""
    code = (
        "import runpy, sys\n"
        "sys.argv = ['ood_studio', 'bench', '--scorers', 'nope']\n"
        "try:\n"
        "    runpy.run_module('ood_studio', run_name='__main__')\n"
        "finally:\n"
        "    print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 2
    assert done.stderr.startswith("error: unknown scorer 'nope'") and done.stderr.count("\n") == 1
    assert not set(done.stdout.split()) & {"diffusers", "transformers", "umap", "sklearn", "gradio", "open_clip"}


def test_one_picture_is_attacked(run: Run, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.png" for name in ("near-ood", "id-test")]
    for path in paths:
        render(scenes(path.stem, 3, 1)[0], 64).save(path)
    out = tmp_path / "attacked.png"
    few = ["--steps", "40", *FEW, "--count", "60"]
    code, said, noted = run("attack-image", *paths, "--out", out, *few)
    assert code == 0 and "after 40 steps" in said and str(out) in noted
    code, said, _ = run("attack-image", *paths, "--json", *few)
    record = json.loads(said)
    assert code == 0 and record["request"]["attack"]["steps"] == 40
    with Image.open(out) as picture:
        assert picture.size == tuple(record["size"])
    assert run("attack-image", paths[0], *few)[2].startswith("error: an attack needs a target")
    assert run("attack-image", *few)[0] == 2
    assert "must end in .png" in run("attack-image", *paths, "--out", tmp_path / "lossy.jpg", *few)[2]


def test_one_picture_is_synthesized_as_the_page_says(run: Run, album: Path, tmp_path: Path) -> None:
    quick = ["--iterations", "1", "--steps", "4", *FEW]
    command = ["synthesize-image", album / "a.png", "--contexts=farm,sun", "--out", tmp_path / "made.png"]
    code, said, _ = run(*command, *quick, "--json")
    record = json.loads(said)
    assert code == 0 and record["contexts"] == ["farm", "sun"]
    assert [each["iteration"] for each in record["iterations"]] == [0, 1]
    made = Image.open(tmp_path / "made.png")
    assert made.format == "PNG" and made.size == (64, 64)

    code, said, noted = run(*command, *quick)
    first, second, *_ = said.splitlines()
    assert code == 0 and first == "painted from: farm, sun" and second.split() == ["iteration", "original", "0", "1"]
    assert str(tmp_path / "made.png") in noted
    assert Image.open(tmp_path / "made.png").tobytes() == made.tobytes()
    assert run("synthesize-image", "--quiet") == (2, "", "error: there must be one picture to start from, not 0\n")
