"""The reports measure what they say, and write where they are told and nowhere else."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image

from ood_studio.attacks import FeatureAttack
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS, ROOT
from ood_studio.hub.bundled import bundled
from ood_studio.studio import AdaptRequest, AttackSetRequest, BenchRequest, SynthesizeImageRequest
from ood_studio.synthesis.baselines import negative_label_images
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.training.reports import adapters, attacks, synthesis_measures, world
from ood_studio.training.reports.__main__ import REPORTS, main
from ood_studio.training.reports.clip_card import clip_card
from ood_studio.training.reports.contexts_card import contexts_card
from ood_studio.training.reports.document import FIGURES, Documents, table
from ood_studio.training.reports.synthesis import contact_sheet
from ood_studio.training.reports.synthesis_cards import classifier_card, inpainting_card

SECTIONS = {"world": "figures", "attacks": "attacks", "adapters": "adapters", "synthesis": "synthesis"}
CARDS = {
    "world": ["diorama"],
    "attacks": [],
    "adapters": [],
    "synthesis": ["diorama-classifier", "diorama-sd"],
    "contexts": ["diorama-llava"],
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One backbone, two scorers, few training images, and loops of a few steps."""
    few = {"scorers": ("mcm", "neglabel"), "train_count": 100}
    monkeypatch.setattr(world, "BenchRequest", lambda **chosen: BenchRequest(**chosen | few))
    monkeypatch.setattr(attacks, "AttackSetRequest", lambda **chosen: AttackSetRequest(**chosen | few))
    monkeypatch.setattr(adapters, "AdaptRequest", lambda **chosen: AdaptRequest(**chosen | {"train_count": 100}))
    for module in (world, attacks, adapters):
        monkeypatch.setattr(module, "bundled_backbones", lambda: ["diorama"])
    monkeypatch.setattr(attacks, "FeatureAttack", partial(FeatureAttack, steps=3))
    request = SynthesizeImageRequest(loop=NearBoundary(steps=4, iterations=1))
    monkeypatch.setattr(synthesis_measures, "SynthesizeImageRequest", lambda: request)
    monkeypatch.setattr(synthesis_measures, "negative_label_images", partial(negative_label_images, steps=4))


def written() -> dict[Path, bytes]:
    """What reports would rewrite without another folder."""
    return {path: path.read_bytes() for path in (ROOT / FIGURES, *ASSETS.glob("*/README.md"))}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_rewrites_its_part_and_its_cards_alone(name: str, quick: None, tmp_path: Path) -> None:
    before = written()
    (tmp_path / FIGURES).parent.mkdir()
    (tmp_path / FIGURES).write_bytes(before[ROOT / FIGURES])
    main([name, "--count", "10", "--seed", "5", "--device", "cpu", "--out", str(tmp_path)])
    assert written() == before
    assert sorted(path.parent.name for path in tmp_path.glob("assets/*/README.md")) == CARDS[name]
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob("assets/*/README.md")]
    old, new = (path.read_text(encoding="utf-8") for path in (ROOT / FIGURES, tmp_path / FIGURES))
    if name in SECTIONS:
        part = re.compile(f"(<!-- {SECTIONS[name]}:start -->)(.*)(<!-- {SECTIONS[name]}:end -->)", re.DOTALL)
        assert part.sub(r"\1\3", new) == part.sub(r"\1\3", old)
        texts.append(part.findall(new)[0][1])
    else:
        assert new == old
    for text in texts:
        assert re.search(r"\b10 (fresh|ID|near-OOD)", text) and "seed 5" in text
        assert f"training.reports {name}" in text and "nan" not in text


def test_a_document_without_the_markers_is_refused(tmp_path: Path) -> None:
    (tmp_path / FIGURES).parent.mkdir()
    (tmp_path / FIGURES).write_text("Nothing to see.\n")
    with pytest.raises(StudioError, match="has no place for these figures: <!-- figures:start -->"):
        Documents(tmp_path).section("figures", "text")
    assert (tmp_path / FIGURES).read_text() == "Nothing to see.\n"
    Documents(tmp_path / "new").section("figures", "text")
    Documents(tmp_path / "new").section("figures", "other")
    assert (tmp_path / "new" / FIGURES).read_text() == "<!-- figures:start -->\nother\n<!-- figures:end -->\n"


def test_what_cannot_be_measured_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["world", "--count", "0"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "count must lie between 10 and 100,000, not 0\n"


@pytest.mark.parametrize("folder", ["diorama", "diorama-conv", "diorama-llava", "diorama-sd", "diorama-classifier"])
def test_cards_say_what_recipes_and_files_say(folder: str) -> None:
    """A changed recipe, or other weights, need the card to be written anew."""
    text = (ASSETS / folder / "README.md").read_text(encoding="utf-8")
    measured = text.partition("## Measured\n\n")[2].rstrip("\n")
    assert len(measured) > 100
    cards = {"diorama-llava": contexts_card, "diorama-classifier": classifier_card, "diorama-sd": inpainting_card}
    expected = cards[folder](measured) if folder in cards else clip_card(folder, measured)
    assert text == expected


def test_every_bundled_model_has_a_card() -> None:
    kinds = ("backbone", "classifier", "inpainting", "contexts")
    for model in (model for kind in kinds for model in bundled(kind).values()):  # type: ignore[arg-type]
        assert (model.folder / "README.md").is_file()


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == ["| a | b |", "|---|---|", "| 1 | 2 |"]


def test_the_contact_sheet_has_a_column_a_scene() -> None:
    originals, results = torch.zeros(13, 3, 8, 8), torch.ones(13, 3, 8, 8)
    sheet = contact_sheet([originals, results], columns=12, zoom=2)
    assert isinstance(sheet, Image.Image) and sheet.size == (12 * 16, 2 * (2 * 16 + 8))
    assert sheet.getpixel((8, 8)) == (0, 0, 0) and sheet.getpixel((8, 24)) == (255, 255, 255)
