"""The reports measure what they say, and write where they are told and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.attacks import FeatureAttack
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS, ROOT
from ood_studio.evaluation.significance import delong
from ood_studio.hub.bundled import bundled
from ood_studio.studio import AdaptRequest, AttackSetRequest, BenchRequest, SynthesizeImageRequest
from ood_studio.studio.judge import Judged
from ood_studio.synthesis.baselines import negative_label_images
from ood_studio.synthesis.boundary import NearBoundary
from ood_studio.training.reports import (
    adapter_bench,
    adapter_plans,
    adapter_text,
    adapters,
    attacks,
    factors,
    loop,
    streams,
    synthesis_measures,
    world,
)
from ood_studio.training.reports.__main__ import REPORTS, main
from ood_studio.training.reports.clip_card import clip_card
from ood_studio.training.reports.contexts_card import contexts_card
from ood_studio.training.reports.document import FIGURES, README, Documents, table
from ood_studio.training.reports.synthesis import contact_sheet
from ood_studio.training.reports.synthesis_cards import classifier_card, inpainting_card
from ood_studio.worlds import registry

SECTIONS = {
    "world": "figures",
    "streams": "streams",
    "factors": "factors",
    "attacks": "attacks",
    "adapters": "adapters",
    "synthesis": "synthesis",
}
CARDS = {
    "world": ["diorama"],
    "streams": [],
    "factors": [],
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
    for module in (adapters, adapter_bench):
        monkeypatch.setattr(module, "AdaptRequest", lambda **chosen: AdaptRequest(**chosen | {"train_count": 100}))
    head = adapter_plans.head("plp:epochs=2", "energy")
    bare = adapter_plans.BARE["pseudo-msp"]
    monkeypatch.setattr(adapters, "HEADS", (*adapter_plans.BARE.values(), head))
    monkeypatch.setattr(adapters, "HEAD_CLAIMS", (adapter_plans.Claim(head, bare, "PLP"),))
    search = adapter_plans.Search(head, (("rate=0.01",),), (50,))
    monkeypatch.setattr(adapters, "searches", lambda pictures: dict.fromkeys(("plp", "probe", "taskres"), search))
    drawn = registry.WORLDS["diorama"]
    assert drawn.factor_sets is not None
    (held,) = drawn.references
    fewer = replace(
        drawn,
        factor_sets=replace(drawn.factor_sets, factors=("pose", "subcategory")),
        references=(replace(held, id=replace(held.id, count=40), near=replace(held.near, count=30)),),
    )
    monkeypatch.setattr(registry, "WORLDS", {**registry.WORLDS, "diorama": fewer})
    for module in (world, attacks, adapters, factors):
        monkeypatch.setattr(module, "bundled_backbones", lambda: ["diorama"])
    monkeypatch.setattr(streams, "SETTINGS", streams.SETTINGS[:1])
    monkeypatch.setattr(attacks, "FeatureAttack", partial(FeatureAttack, steps=3))
    request = SynthesizeImageRequest(loop=NearBoundary(steps=4, iterations=1))
    monkeypatch.setattr(synthesis_measures, "SynthesizeImageRequest", lambda: request)
    monkeypatch.setattr(synthesis_measures, "negative_label_images", partial(negative_label_images, steps=4))


def written() -> dict[Path, bytes]:
    """What reports would rewrite without another folder."""
    return {path: path.read_bytes() for path in (ROOT / FIGURES, ROOT / README, *ASSETS.glob("*/README.md"))}


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - {"zoo"}))  # which test_zoo_claims has
def test_a_report_rewrites_its_part_and_its_cards_alone(name: str, quick: None, tmp_path: Path) -> None:
    before = written()
    (tmp_path / FIGURES).parent.mkdir()
    (tmp_path / FIGURES).write_bytes(before[ROOT / FIGURES])
    few = ["--parts", "heads", "--searched", "10", "--seeds", "1"] if name == "adapters" else []
    main([name, "--count", "10", "--seed", "5", "--device", "cpu", "--out", str(tmp_path), *few])
    assert written() == before
    assert sorted(path.parent.name for path in tmp_path.glob("assets/*/README.md")) == CARDS[name]
    assert (tmp_path / README).exists() == (name == "streams")
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.glob(README)]
    texts += [path.read_text(encoding="utf-8") for path in tmp_path.glob("assets/*/README.md")]
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
    for flag, message in (
        ("--parts", "there is no part x to measure; there are heads, "),
        ("--backbones", "no model x"),
    ):
        with pytest.raises(SystemExit):
            main(["adapters", flag, "x"])
        assert message in capsys.readouterr().err


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


def scores_of(detector: adapter_bench.Detector, ground: adapter_bench.Ground, seed: int) -> adapter_bench.Measured:
    """Scores by chance, the further above OOD the longer the detector's name."""
    rng = np.random.default_rng([len(detector.title), len(ground.name), seed])
    shift = len(detector.title) / 40
    scores = {"": rng.normal(shift, 1, 50)} | {name: rng.normal(0, 1, 50) for name in ground.ood}
    return adapter_bench.Measured(scores, {"fit": 1.25, "image": 0.5, "numbers": 1234.0})


def test_every_part_of_the_report_on_adapters_says_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_bench.Bench, "measure", lambda self, *of: scores_of(*of))
    rng = np.random.default_rng(0)
    better = delong(rng.normal(2, 1, 80), rng.normal(0, 1, 80), rng.normal(0, 1, 80), rng.normal(0, 1, 80))
    monkeypatch.setattr(loop.Loop, "_tests", lambda *of: {"near-ood": [better] * 2, "learnt from": [better] * 2})
    report = adapters.AdapterReport(seeds=2)
    found = {part: "\n".join(getattr(report, part)("diorama")) for part in report.parts}
    for part, claims in (("heads", len(adapters.HEAD_CLAIMS)), ("features", 8), ("synthetic", 5)):
        assert found[part].count("; of ") >= claims, part
    for name in ("NegLabel", "FT", "FT, CoFT", "FT, CoFT, KR", "FT, CoFT, KR, NFT", "prompt tuning"):
        assert f"| {name} | " in found["features"]
    assert "| KR-NFT | 1.2 s | 0.50 ms | 1,234 |" in found["features"]
    assert re.search(r"KR-NFT, mean AUROC on validation scenes: the paper's \d+\.\d; rate=0\.0001 ", found["features"])
    for name in ("Neg Image, projection", "Grad Image, FT Label", "20", "50", "100"):
        assert f"| {name} | " in found["synthetic"]

    shown = f"{100 * better.auroc_b:.1f} → {100 * better.auroc_a:.1f}"
    assert found["loop"].count(f"| projection | {shown} | {shown} |") == len(loop.KINDS)
    assert "- projection, near-ood: with it above without it: shows; of 2 tests 2 say above" in found["loop"]
    assert "- projection, learnt from" not in found["loop"]  # memorised pictures prove nothing


class Judges:
    """Stands for the studio: scores are known, and it counts how often it is asked."""

    def __init__(self) -> None:
        self.rounds = 0

    def attack_set(self, *of: object) -> SimpleNamespace:
        """An attacked set that is nowhere."""
        return SimpleNamespace(sets=(SimpleNamespace(folder="x"),))

    def adapt(self, *of: object) -> list[SimpleNamespace]:
        """One epoch."""
        return [SimpleNamespace(adapted=None)]

    def judge(self, *of: object) -> SimpleNamespace:
        """Nothing is told apart before, everything after."""
        same = Judged(None, np.arange(9.0), {"near-ood": np.arange(9.0)})
        apart = Judged(None, np.arange(9.0) + 20, {"near-ood": np.arange(9.0)})
        return SimpleNamespace(before=lambda: same, after=lambda adapted: apart)

    def judge_again(self, *of: object) -> Iterator[SimpleNamespace]:
        """The three rounds."""
        for kind in ("learnt", "fresh", "repeated"):
            self.rounds += 1
            yield SimpleNamespace(rounds=[SimpleNamespace(kind=kind, before=np.arange(9.0), now=np.arange(9.0))])


def test_the_loop_is_tested_with_the_adapter_against_without_it() -> None:
    asked, studio = loop.Loop("diorama", (1, 2), 10, 9, "cpu"), Judges()
    found = asked._tests(studio, {"target": "image"}, "synood-labels", False)  # type: ignore[arg-type]
    assert [*found] == ["near-ood", "learnt from", "fresh, attacked alike"] and studio.rounds == 4
    for tests in found.values():
        assert [(each.auroc_b, each.auroc_a) for each in tests] == [(0.5, 1.0)] * 2
    assert "attacked again" in asked._tests(studio, {}, "synood-projection", True)  # type: ignore[arg-type]


def test_a_claim_is_tested_on_the_same_images_of_every_set_and_seed() -> None:
    found = adapter_text.Found(range(3))
    below, above = adapter_bench.Detector("mcm"), adapter_bench.Detector("neglabel", ("krnft:rate=0.1",))
    calls: list[int] = []

    def measure(detector: adapter_bench.Detector, ground: adapter_bench.Ground, seed: int) -> adapter_bench.Measured:
        calls.append(seed)
        rng = np.random.default_rng(seed)  # the same images, whatever scores them
        inside, outside = rng.normal(1, 1, 200), rng.normal(0, 1, 200)
        shift = 3.0 if detector == above else 0.0
        return adapter_bench.Measured({"": inside + shift, "near-ood": outside, "far-ood-textures": outside})

    found.add(adapters.ANY, [below, above], measure)
    found.add(adapters.ANY, [above], measure)
    assert calls == [0, 0, 1, 1, 2, 2]  # once each, seed by seed
    said = adapter_text.claim(found, adapter_plans.Claim(above, below, "a paper"), [adapters.ANY])
    assert said == "- krnft:rate=0.1+neglabel above mcm (a paper): shows; of 6 tests 6 say above, 0 below."
    said = adapter_text.claim(found, adapter_plans.Claim(below, above, "none"), [adapters.ANY], {above: "KR-NFT"})
    assert said == "- mcm above KR-NFT (none): does **not** show; of 6 tests 0 say above, 6 below."


def test_what_was_measured_is_kept_and_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_bench, "cache_dir", lambda: tmp_path)
    one = scores_of(adapter_bench.Detector("mcm"), adapters.ANY, 1)
    adapter_bench._kept("key", lambda: one)
    again = adapter_bench._kept("key", lambda: pytest.fail("measured again"))
    assert again.costs == one.costs and again.sets == one.sets
    for name, scores in one.scores.items():
        np.testing.assert_array_equal(again.scores[name], scores)


def test_synthetic_pictures_are_copied_whole_and_from_the_set_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that was interrupted is not learnt from, nor that of an earlier set."""
    monkeypatch.setattr(adapter_bench, "cache_dir", lambda: tmp_path / "cache")
    bench = adapter_bench.Bench("diorama", 10, 10, 20, 1, "cpu")
    asked = adapter_plans.synthetic(2, "synood-projection")

    def copied(name: str) -> list[str]:
        made = tmp_path / name
        made.mkdir(exist_ok=True)
        for i in range(4):
            (made / f"{i}.png").write_text(f"{name} {i}")
        studio = SimpleNamespace(synthesize_set=lambda *of: [SimpleNamespace(folder=made)])
        folder = Path(bench._synthetic(studio, asked))  # type: ignore[arg-type]
        return [path.read_text() for path in sorted(folder.iterdir())]

    def interrupted(file: Path, to: Path) -> None:
        to.write_text("half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(adapter_bench.shutil, "copy", interrupted)
        with pytest.raises(KeyboardInterrupt):
            copied("one")
    assert copied("one") == ["one 0", "one 2"] and copied("other") == ["other 0", "other 2"]
