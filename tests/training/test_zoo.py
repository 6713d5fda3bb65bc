"""The zoo's models learn: each kind in a few steps on a few pictures, written down as its library reads it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.diorama.captions import concepts
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.textures import TEXTURES
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, UNSEEN_CLASSES
from ood_studio.hub.bundled import bundled
from ood_studio.hub.zoo_models import ZOO
from ood_studio.training.clip.model import build_clip
from ood_studio.training.zoo import material, towers
from ood_studio.training.zoo.__main__ import main
from ood_studio.training.zoo.simclr import normalised_temperature_loss
from ood_studio.training.zoo.sources import PICTURE_BOOKS, SKETCHBOOKS, SOURCES
from ood_studio.training.zoo.training import recipe_of, train
from ood_studio.training.zoo.views import view

QUICK = {"steps": 2, "batch": 10, "pictures": 96, "used": 48, "fresh": 48, "threads": 1, "measure_every": 2}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tokenizer that comes along instead of one that is trained, which takes seconds."""
    tokenizer = Tokenizer.from_file(str(bundled("zoo")["zoo-books-s"].folder / "tokenizer.json"))
    for name, value in (("english", ("gear", "piston", "alphabet")), ("tokenizer", tokenizer)):
        for module in ("material", "clips"):
            monkeypatch.setattr(f"ood_studio.training.zoo.{module}.{name}", lambda value=value: value)


@pytest.fixture(scope="module")
def a_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        small.__wrapped__(patch)  # type: ignore[attr-defined]
        recipe = replace(recipe_of("zoo-books-l"), **QUICK, captions=8, prompts=4, distractors=2)
        return train(replace(recipe, out=tmp_path_factory.mktemp("clip")))


def test_a_clip(a_clip: Path) -> None:
    clip = load_backbone(f"open_clip:local-dir:{a_clip}", device="cpu")
    assert clip.reads_text and clip.dim == towers.DIM and clip.image_size == 64
    texts = clip.encode_text(["a photo of a cat", "striped"])
    assert torch.isfinite(texts).all() and texts.shape == (2, towers.DIM)
    card = (a_clip / "README.md").read_text(encoding="utf-8")
    assert "zoo-books-l" in card and "2 steps of 10 pictures" in card and "accuracy over the 20 ID classes" in card


@pytest.mark.parametrize("name", ["zoo-books-tuned-all", "zoo-vit-s-id", "zoo-simclr", "zoo-mae"])
def test_every_other_kind(small: None, a_clip: Path, tmp_path: Path, name: str) -> None:
    start = {"start": a_clip} if ZOO[name].start else {}
    before = train(replace(recipe_of(name), **QUICK, **start, out=tmp_path))
    found = load_backbone(f"timm:local-dir:{before}", device="cpu")
    assert found.labels == (ID_CLASSES if ZOO[name].classes else None) and not found.reads_text
    assert (found.head is None) is (not ZOO[name].classes)
    weights = (before / "model.safetensors").read_bytes()
    train(replace(recipe_of(name), **QUICK, **start, out=tmp_path, restart=True))
    assert (before / "model.safetensors").read_bytes() == weights


def test_a_tuned_model_sees_what_the_clip_saw_up_to_its_pooling() -> None:
    torch.manual_seed(0)
    tower = build_clip(towers.clip_config("l", 50)).visual.eval()
    for buffer in tower.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    trunk = towers.build(*towers.clip_trunk_config("l"), 0).eval()
    missing, unexpected = trunk.load_state_dict(towers.trunk_weights(tower.state_dict()), strict=False)
    assert not missing and not unexpected
    pixels = torch.randn(2, 3, 64, 64)
    seen = tower.layer4(tower.layer3(tower.layer2(tower.layer1(tower.stem(pixels)))))
    torch.testing.assert_close(trunk.forward_features(pixels), seen)


@cache
def shown(source: str) -> tuple[Scene, ...]:
    return tuple(SOURCES[source].draw(f"test/{i}") for i in range(1500))


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_shows_every_trained_class_and_no_other(source: str) -> None:
    scenes = shown(source)
    assert {scene.main.name for scene in scenes if scene.main} == set(TRAINED_CLASSES)
    assert not set(UNSEEN_CLASSES) & {word for scene in scenes for word in concepts(scene)}
    assert set() < {scene.surface.name for scene in scenes if scene.surface} <= set(TEXTURES)
    assert any(scene.main is None and scene.surface is None for scene in scenes)


def test_sources_differ_in_places_styles_and_captions() -> None:
    one, other = (shown(source.name) for source in (PICTURE_BOOKS, SKETCHBOOKS))
    places = [{scene.place for scene in scenes if scene.place} for scenes in (one, other)]
    assert not places[0] & places[1] and len(places[0] | places[1]) == 15
    styles = [{scene.style for scene in scenes} for scenes in (one, other)]
    assert styles[0] & styles[1] == {"flat"} and len(styles[0] | styles[1]) == 7
    assert [scene.main and scene.main.name for scene in one] == [scene.main and scene.main.name for scene in other]


@pytest.mark.parametrize("source", SOURCES)
def test_captions_of_both_are_true(source: str) -> None:
    lengths = []
    for i, scene in enumerate(shown(source)[:400]):
        said = SOURCES[source].tell(scene, Random(i))
        assert said.concepts <= concepts(scene)
        lengths.append(len(said.concepts))
    assert (max(lengths) > 2) is (source == PICTURE_BOOKS.name)


def test_few_pictures_are_the_first_of_all(small: None) -> None:
    everything, few = (material.pictures("picture books", 96, used, 0, workers=1) for used in (96, 48))
    assert (everything.pixels[:48] == few.pixels).all() and len(few.tokens) == len(few.labels) == 48
    assert few.key != everything.key


def test_nt_xent_is_that_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(6, 5, generator=generator)
    unit = F.normalize(vectors, dim=1)
    losses = []
    for i in range(6):
        similar = (unit @ unit[i] / 0.5).exp()
        losses.append(-torch.log(similar[(i + 3) % 6] / (similar.sum() - similar[i])))
    torch.testing.assert_close(normalised_temperature_loss(vectors, 0.5), torch.stack(losses).mean())


def test_views_stay_within_the_image() -> None:
    pixels = torch.rand(8, 3, 64, 64)
    one, other = (view(pixels, 0.3, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.shape == pixels.shape and one.min() >= 0 and one.max() <= 1 and not torch.equal(one, other)
    assert torch.equal(one, view(pixels, 0.3, np.random.default_rng(0)))


def test_every_member_has_a_recipe_and_begins_with_one_before_it() -> None:
    names = list(ZOO)
    for name, member in ZOO.items():
        recipe = recipe_of(name)
        assert recipe.steps == member.steps and member.source in SOURCES
        assert not member.start or names.index(member.start) < names.index(name)
    with pytest.raises(StudioError, match="no model named 'zoo-books'"):
        recipe_of("zoo-books")


def test_the_command_names_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2 and "zoo-books-s" in capsys.readouterr().err
