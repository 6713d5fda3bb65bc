"""The registry: what a world brings is found by its name, no name twice, and examples lead back to what they show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio import worlds
from ood_studio.backbones import bundled_names
from ood_studio.core import plugins
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.suites import open_suite, suites
from ood_studio.labels.conjugated import SUPERCLASSES, superclasses_of
from ood_studio.labels.corpora import load_corpus
from ood_studio.labels.presets import load_preset, preset_names
from ood_studio.worlds import registry
from ood_studio.worlds.base import (
    CorpusSource,
    DrawnSuite,
    Gallery,
    Preset,
    ReferencePart,
    ReferenceSet,
    World,
)

LABELS = ("red", "green")


class Plain(Dataset):
    """Images of one colour each."""

    classes = LABELS

    def __init__(self, split: str, seed: int, count: int, *, workers: int = 1, name: str = "") -> None:
        self.name, self.key, self.count = name or split, f"plain/{split}/{seed}/{count}", count
        self.labels = np.arange(count, dtype=np.int64) % 2

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> Image.Image:
        return Image.new("RGB", (8, 8), LABELS[index % 2])

    def caption(self, index: int) -> str:
        return f"{LABELS[index % 2]} {index}"


OWN = World(
    "plain",
    "Plain world",
    "Images of one colour.",
    backbones=("plain-clip",),
    classifiers=("plain-net",),
    limits="It knows two colours.",
    presets=(Preset("plain-2", lambda: LABELS),),
    corpora=(CorpusSource("colours", "Colours", lambda lexnames: (("blue", "pink"), ("pale",))),),
    splits=(("plain-id", "one colour"), ("plain-ood", "another")),
    open_split=Plain,
    suites=(DrawnSuite("plain", "colours and colours", LABELS, "plain-id", ("plain-ood",), "plain-id", "plain-id"),),
    references=(
        ReferenceSet(
            "plain",
            "plain-2",
            ReferencePart("plain-id", "ID", 7, "plain pictures"),
            ReferencePart("plain-ood", "OOD", 5, "of others"),
            seed=3,
        ),
    ),
)


@pytest.fixture
def registered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.WORLDS, "_things", {**registry.WORLDS})
        worlds.WORLDS.register(OWN)
        yield


def test_the_bundled_worlds() -> None:
    assert [world.name for world in worlds.worlds()] == ["diorama", "photographs"]
    assert list(worlds.presets()) == ["diorama-20", "cifar-10", "cifar-100", "imagenet-1k"]
    assert list(worlds.corpora()) == ["diorama", "wordnet"]
    diorama, photographs = worlds.worlds()
    assert set(diorama.backbones) == set(bundled_names())
    for backbone in diorama.backbones:
        assert worlds.world_of_backbone(backbone) is diorama
    assert worlds.world_of_backbone("open_clip:ViT-B-16/openai") is None
    assert all(preset.load() for world in worlds.worlds() for preset in world.presets)
    for world in worlds.worlds():
        for split, about in world.splits:
            assert about and len(worlds.open_split(split, 5, 2)) == 2
    assert photographs.surroundings is None


def test_everything_of_a_world_of_ones_own_is_found(registered: None) -> None:
    assert worlds.world_of_backbone("plain-clip") is OWN is worlds.world_of_backbone("plain-net")
    assert worlds.limits_of("plain-net") == "It knows two colours." and worlds.limits_of("open_clip:a/b") == ""
    assert load_preset("plain-2") == LABELS and preset_names()[-1] == "plain-2"
    corpus = load_corpus("colours")
    assert corpus.nouns == ("blue", "pink") and corpus.adjectives == ("pale",)
    assert superclasses_of("colours") == SUPERCLASSES
    suite = open_suite("plain", seed=4, count=6, train_count=9)
    assert list(suites())[-2:] == ["plain", "folders"] and not suites()["plain"].needs_data
    assert suite.labels == LABELS and suite.id.key == "plain/plain-id/4/6" and list(suite.ood) == ["plain-ood"]
    assert suite.train is not None and suite.train.name == "plain-id (training)" and len(suite.train) == 9
    assert suite.train.key != f"plain/plain-id/4/{len(suite.train)}"
    assert suite.trained is not None and suite.trained.classes == LABELS
    reference = worlds.reference_of(list(LABELS))
    assert reference is not None and reference.about == "7 plain pictures, 5 of others"
    assert worlds.open_reference(reference, reference.near).key == "plain/plain-ood/3/5"
    assert worlds.open_reference(reference, reference.near, 50).key == "plain/plain-ood/3/50"
    assert worlds.reference_of(("red",)) is None


def test_reference_images_belong_to_their_labels() -> None:
    reference = worlds.reference_of(load_preset("diorama-20"))
    assert reference is not None and reference is worlds.references()[0]
    assert reference.about == "1,000 Diorama ID pictures, 600 of near-OOD classes"
    inside = worlds.open_reference(reference, reference.id)
    assert len(inside) == 1000 and inside.key == worlds.open_split("id-train", 0, 1000).key
    assert worlds.reference_of(load_preset("cifar-10")) is None


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (World("diorama", "", ""), "brings the name 'diorama', which the world 'diorama' has"),
        (World("w", "", "", backbones=("diorama",)), "brings the model 'diorama', which the world 'diorama' has"),
        (
            World("w", "", "", presets=(Preset("cifar-10", lambda: LABELS),)),
            "the preset 'cifar-10', which",
        ),
        (World("w", "", "", corpora=(CorpusSource("wordnet", "", lambda n: ((), ())),)), "brings the corpus 'wordnet'"),
        (World("w", "", "", splits=(("near-ood", ""),), open_split=Plain), "brings the split 'near-ood'"),
        (
            World("w", "", "", galleries=(Gallery("id-test", "", "id", lambda *_, **__: [], Path),)),
            "brings the gallery 'id-test'",
        ),
        (
            World("w", "", "", suites=(DrawnSuite("cifar-10", "", LABELS, "s", (), "s"),), splits=(("s", ""),)),
            "brings the suite 'cifar-10'",
        ),
        (World("w", "", "", suites=(DrawnSuite("folders", "", LABELS, "s", (), "s"),)), "that of one's own images"),
        (World("w", "", "", splits=(("s", ""),)), "has splits, but nothing that opens them"),
        (World("w", "", "", suites=(DrawnSuite("s", "", LABELS, "id", (), "id"),)), "has no split 'id'"),
        (
            World(
                "w",
                "",
                "",
                splits=(("s", ""),),
                open_split=Plain,
                references=(ReferenceSet("r", "labels", ReferencePart("s", ""), ReferencePart("s", "")),),
            ),
            "has no preset 'labels'",
        ),
    ],
)
def test_a_clash_or_a_gap_is_said_and_nothing_is_registered(world: World, reason: str) -> None:
    before = worlds.worlds()
    with pytest.raises(StudioError, match=reason):
        worlds.WORLDS.register(world)
    assert worlds.worlds() == before


def test_the_galleries_that_an_app_opens_with() -> None:
    assert worlds.gallery_of("id").name == "id-test" and worlds.gallery_of("near").name == "near-ood"
    for gallery in worlds.galleries().values():
        for path, caption in gallery.take(2, 0, gallery.first, short=True):
            assert caption and gallery.folder() in Path(path).parents


PLUGIN = """
from ood_studio.worlds import Preset, World

COLOURS = World("{name}", "Colours", "Plain colours.", presets=(Preset("{preset}", lambda: ("red", "green")),))
"""
LIST = """
from ood_studio.core.plugins import notes
from ood_studio.labels.presets import preset_names
from ood_studio.worlds import worlds
print(*(world.name for world in worlds()))
print(*preset_names())
print(*notes(), sep="\\n")
"""


def test_a_plug_in_brings_a_world_or_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    files = {"mine": ("colours", "colours-2"), "clash": ("more", "cifar-10"), "twin": ("diorama", "others-2")}
    for file, (name, preset) in files.items():
        (tmp_path / f"{file}.py").write_text(PLUGIN.format(name=name, preset=preset))
    run = subprocess.run(
        [sys.executable, "-c", LIST],
        env={**os.environ, plugins.ENVIRONMENT: os.pathsep.join(str(tmp_path / f"{file}.py") for file in files)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names, presets, *said = run.stdout.splitlines()
    assert names == "diorama photographs colours"
    assert "colours-2" in presets.split() and "others-2" not in presets and presets.count("cifar-10 ") == 1
    assert len(said) == 2
    assert "clash.py" in said[0] and "brings the preset 'cifar-10', which the world 'photographs'" in said[0]
    assert "twin.py" in said[1] and "brings the name 'diorama', which the world 'diorama' has" in said[1]


def test_a_split_that_nobody_has() -> None:
    with pytest.raises(StudioError, match="no world has a split named 'far'; there are id-train, id-test"):
        worlds.open_split("far", 0, 5)


def test_examples_lead_back_to_what_surrounds_their_objects() -> None:
    gallery = worlds.galleries()["id-test"]
    ((path, caption),) = gallery.take(1, 0, 3, short=False)
    ((other, name),) = gallery.take(1, 0, 3, short=True)
    assert name in caption and Path(path).name != Path(other).name
    with Image.open(path) as image:
        assert image.size == (512, 512)
    dataset = worlds.open_split("id-test", 7, 4)
    true = worlds.surroundings(Path(path))
    assert true and true == worlds.surroundings(Path(other)) and dataset.caption(3) == caption
    assert caption.split(", ")[0].endswith(true[0]) or true[0] in caption
    assert worlds.surroundings(Path("holiday.png")) is None and worlds.surroundings(Path("a-5.png")) is None


def test_another_turn_shows_other_examples() -> None:
    gallery = worlds.galleries()["near-ood"]
    first, second, again = (gallery.take(3, turn, gallery.first, short=True) for turn in (0, 1, 1))
    assert first != second == again and len(first) == 3
