"""Recipes as command lines: every parameter is a flag with a help text, and nothing else decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import parameters
from ood_studio.training.alignment import AlignmentRecipe
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.clip import __main__ as clip
from ood_studio.training.clip.recipe import RECIPES, ClipRecipe
from ood_studio.training.command import command, parse
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.recipe import Recipe
from ood_studio.training.zoo import __main__ as zoo
from ood_studio.training.zoo.clips import ZooClipRecipe
from ood_studio.training.zoo.labelled import LabelledRecipe
from ood_studio.training.zoo.unlabelled import UnlabelledRecipe

ALL = [AlignmentRecipe, AutoencoderRecipe, ClassifierRecipe, ClipRecipe, ContextsRecipe, InpaintingRecipe]
ALL += [ZooClipRecipe, LabelledRecipe, UnlabelledRecipe]


@pytest.mark.parametrize("kind", ALL)
def test_every_parameter_is_a_flag_with_a_help_text(kind: type[Recipe], capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(kind, None, []) == kind()
    with pytest.raises(SystemExit):
        parse(kind, "About it.", ["--help"])
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name, each in parameters(kind).items():
        assert f"--{name.replace('_', '-')}" in text and each.help
        assert each.kind not in (int, float) or each.bounds, f"{kind.__name__}.{name} has no bounds"


def test_flags_say_what_the_recipe_says() -> None:
    found = parse(ClassifierRecipe, None, "--steps 5 --bfloat16 --out here --lr 0.01 --start there".split())
    wanted = ClassifierRecipe(steps=5, bfloat16=True, out=Path("here"), lr=0.01, start=Path("there"))
    assert found == wanted


def test_a_value_beyond_its_bounds_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StudioError, match="steps must lie between 1 and"):
        Recipe(steps=0)
    with pytest.raises(SystemExit) as ended:
        command(Recipe, lambda recipe: pytest.fail("nothing is to be trained"), None, ["--batch", "0"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("batch must lie between 1 and")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--device", "gpu"], "device must be auto, cpu, cuda, cuda:N or mps, not 'gpu'\n"),
        (["--device", "cuda:99"], "this machine has no device 'cuda:99'; choose auto or cpu\n"),
        ([], "[Errno 28] No space left on device: 'x'\n"),
    ],
    ids=["unknown device", "no such device", "full disk"],
)
def test_what_cannot_be_trained_ends_in_one_line(
    flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def train(recipe: Recipe) -> Path:
        recipe.prepare()
        raise OSError(28, "No space left on device", "x")

    with pytest.raises(SystemExit) as ended:
        command(Recipe, train, None, flags)
    assert ended.value.code == 2 and capsys.readouterr().err == sentence


@pytest.mark.parametrize(
    ("name", "flags", "sentence"),
    [
        ("zoo-mae", ["--member", "zoo-books-s"], "member must be one of zoo-simclr, zoo-mae, not 'zoo-books-s'\n"),
        ("zoo-books-s", ["--start", "there"], "start cannot be chosen for the CLIPs of the zoo\n"),
        ("zoo-vit-s-id", ["--start", "there"], "zoo-vit-s-id begins with random weights, not with those in there\n"),
    ],
)
def test_what_a_model_of_the_zoo_does_not_heed_is_refused(
    name: str, flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        zoo.main([name, *flags])
    assert capsys.readouterr().err == sentence


def test_each_of_all_models_of_the_zoo_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path | None] = []

    def train(recipe: Recipe) -> Path:
        asked.append(recipe.out)
        return Path("somewhere")

    monkeypatch.setattr(zoo, "train", train)
    monkeypatch.setattr(zoo, "ZOO", {name: zoo.ZOO[name] for name in ("zoo-books-s", "zoo-mae")})
    zoo.main(["all", "--out", "here"])
    zoo.main(["all"])
    zoo.main(["zoo-mae", "--out", "here"])
    assert asked == [Path("here/zoo-books-s"), Path("here/zoo-mae"), None, None, Path("here")]


def test_the_tower_chooses_the_defaults_of_the_clip_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trained: list[ClipRecipe] = []
    aligned: list[AlignmentRecipe] = []

    def train(recipe: ClipRecipe) -> Path:
        trained.append(recipe)
        return tmp_path

    def align(recipe: AlignmentRecipe) -> Path:
        aligned.append(recipe)
        return tmp_path

    monkeypatch.setattr(clip, "train", train)
    monkeypatch.setattr(clip, "align", align)
    clip.main(["--model", "conv", "--seed", "3"])
    clip.main(["--steps", "9", "--no-align"])
    assert trained == [replace(RECIPES["conv"], seed=3), ClipRecipe(steps=9, align=False)]
    assert aligned == [AlignmentRecipe(model="conv", seed=3, start=tmp_path, out=tmp_path)]
