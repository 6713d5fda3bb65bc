"""Models without a text tower: their own head and classes, k-NN, and what they say about what they cannot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.attacks import FeatureAttack
from ood_studio.backbones import DEFAULT
from ood_studio.cli.explore import picture_text
from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.diorama.splits import load_split
from ood_studio.evaluation.metrics import auroc
from ood_studio.studio import (
    AttackImageRequest,
    AttackSetRequest,
    BenchRequest,
    ExploreRequest,
    LabelChoice,
    Studio,
    SynthesizeImageRequest,
)
from ood_studio.studio.assessment import Assessors
from ood_studio.ui import cards
from tests.worlds.fewer import fewer_references

LABELS = LabelChoice("diorama-classifier")


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@torch.no_grad()
def test_classifier_scores_read_the_models_own_head_by_themselves(studio: Studio) -> None:
    request = BenchRequest("diorama", ("all",), LABELS, seed=3, count=20, train_count=40, resamples=0)
    result = studio.bench(request)
    keys = list(dict.fromkeys(row.scorer for row in result.rows))
    assert keys[:5] == ["msp", "maxlogit", "energy", "entropy", "gen"] and {"knn", "react"} < set(keys)
    assert result.unavailable["mcm"].endswith("(class_text): diorama-classifier has no text tower")
    assert all(row.params["space"] == "visual" for row in result.rows if row.scorer == "energy")
    assert all("prompts" not in row.params and "corpus" not in row.params for row in result.rows)
    about = {row.scorer: row.provenance for row in result.rows}
    assert about["energy"]["weights"] == studio.backbone("diorama-classifier").fingerprint
    assert "train" in about["knn"] and "train" not in about["energy"] and about["energy"]["dtype"] == "float32"
    assert "own head of 20 classes. 20 of the 20 ID labels are among them." in " ".join(result.notes)

    # Energy and accuracy once more, by hand.
    backbone = studio.backbone("diorama-classifier")
    head = backbone.head
    assert head is not None and backbone.labels is not None

    def logits(split: str) -> torch.Tensor:
        drawn = load_split(split, 3, 20)
        return head(backbone.encode_image(backbone.preprocess([Image.fromarray(p) for p in drawn.pixels])).visual)

    inside, near = logits("id-test"), logits("near-ood")
    row = next(row for row in result.rows if (row.scorer, row.ood) == ("energy", "near-ood"))
    assert row.auroc == pytest.approx(auroc(inside.logsumexp(dim=1).numpy(), near.logsumexp(dim=1).numpy()))
    right = [scene.main.name for scene in load_split("id-test", 3, 20).scenes if scene.main]
    guessed = np.array(backbone.labels)[inside.argmax(dim=1).numpy()]
    assert result.accuracy == {"head_accuracy": pytest.approx((guessed == np.array(right)).mean())}


def test_a_run_that_can_score_nothing_says_so_before_it_looks_at_a_picture(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    stages: list[str] = []
    request = BenchRequest("diorama", ("mcm", "neglabel"), LABELS, count=20, train_count=20)
    with pytest.raises(StudioError, match=r"no scorer can run \(mcm, neglabel: .* has no text tower\)$"):
        studio.bench(request, lambda stage, done, total: stages.append(stage))
    assert not [stage for stage in stages if stage.startswith("encoding")]
    asked = ["bench", "--backbone", "diorama-classifier", "--scorers", "mcm", "--count", "20", "--quiet"]
    assert main(asked) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: no scorer can run (mcm: MCM needs")


def test_an_attack_that_no_scorer_could_judge_says_so_before_it_begins(studio: Studio) -> None:
    stages: list[str] = []
    request = AttackSetRequest(labels=LABELS, scorers=("mcm", "csp"), count=10, train_count=10)
    with pytest.raises(StudioError, match="no scorer can run: mcm, csp read texts, and diorama-classifier has no text"):
        studio.attack_set(request, lambda stage, done, total: stages.append(stage))
    assert not [stage for stage in stages if stage.startswith(("encoding", "attacking"))]


# --- one picture -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, Image.Image]]:
    return [(f"{i}.png", Image.fromarray(pixels)) for i, pixels in enumerate(load_split("id-test", 5, 6).pixels)]


@torch.no_grad()
def test_explore_tells_the_classes_of_the_models_own_head(studio: Studio, drawn: list[tuple[str, Image.Image]]) -> None:
    with fewer_references(12, 10):
        result = studio.explore(ExploreRequest(LABELS, top=4), drawn)
    backbone = studio.backbone("diorama-classifier")
    assert backbone.head is not None and backbone.labels is not None
    shares = backbone.head(backbone.encode_image(backbone.preprocess([each for _, each in drawn])).visual).softmax(1)
    for report, own in zip(result.reports, shares, strict=True):
        assert report.classes[0] == (backbone.labels[int(own.argmax())], pytest.approx(float(own.max())))
        assert [each.label for each in report.affinities] == [backbone.labels[i] for i in own.topk(4).indices]
        assert report.readings[0].title == "MSP" and report.readings[0].value == pytest.approx(float(own.max()))
        assert report.readings[0].threshold is not None  # its classes are those of the world's reference pictures
        assert f"own class for it is “{report.classes[0][0]}”" in report.verdict and report.heatmap is None
    assert [title for title in result.references][-1] == "1-NN" and result.negatives == ()
    assert "has no text tower: the 20 classes of its own head stand for the ID labels" in result.notes[0]
    told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert told["backbone"] == "diorama-classifier" and told["provenance"]["weights"] == backbone.fingerprint
    assert {"torch", "timm"} < set(told["provenance"]["versions"])


def test_nearest_neighbours_of_an_own_folder_leave_a_picture_out_of_its_own_comparison(
    studio: Studio, drawn: list[tuple[str, Image.Image]], tmp_path: Path
) -> None:
    for name, picture in drawn[:4]:
        picture.save(tmp_path / name)
    result = studio.explore(ExploreRequest(LABELS, reference=str(tmp_path)), drawn)
    nearest = {report.name: report.readings[-1] for report in result.reports}
    assert all(nearest[name].value == pytest.approx(1, abs=1e-5) for name, _ in drawn[:4])
    assert result.references["1-NN"].id.max() < 0.9999 and nearest["0.png"].threshold < 0.9999


def test_an_attack_reaches_an_own_class_and_an_own_score(studio: Studio, drawn: list[tuple[str, Image.Image]]) -> None:
    attack = FeatureAttack(steps=20, learning_rate=0.01)
    with fewer_references(12, 10):
        for aim in ({"target_label": "Guitar"}, {"target_score": "energy"}):
            request = AttackImageRequest(LABELS, attack=attack, **aim)
            first, *_, last = studio.attack_image(request, drawn[0][1])
            assert last.similarity > first.similarity
        assert last.readings[2].title == "Energy" and last.readings[2].value > first.readings[2].value
        assert studio.with_defence(request, [last.image], None)[0][2].value == pytest.approx(last.readings[2].value)
        for wrong, message in (
            ({"target_label": "zebra"}, "has no text tower, and its head no class 'zebra'; it has cat, dog"),
            ({"target_score": "neglabel"}, "neglabel reads texts; of a model without a text tower there are msp"),
        ):
            with pytest.raises(StudioError, match=message):
                next(studio.attack_image(AttackImageRequest(LABELS, attack=attack, **wrong), drawn[0][1]))


def test_words_that_are_shown_have_a_name(studio: Studio, drawn: list[tuple[str, Image.Image]]) -> None:
    request = SynthesizeImageRequest(labels=LABELS, guide="energy")
    with fewer_references(12, 10):
        assessor = Assessors(studio.workbench).of(request)
        (found,) = assessor.assess([drawn[0][1]])
        whole = studio.label_space(replace(LABELS, backbone=DEFAULT))
    assert found.readings[0].title == "MSP" and found.negative.label in whole.mined.words
    assert assessor.note == "diorama-classifier reads no text; the words shown are those of diorama."
    with pytest.raises(StudioError, match="has no text tower, so there are no negative labels to mine"):
        studio.mine(LABELS)


def test_a_model_without_a_head_compares_with_reference_pictures_or_says_what_it_lacks(
    studio: Studio, drawn: list[tuple[str, Image.Image]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.backbone("diorama-classifier"), "head", None)
    fresh = Studio("cpu")
    with pytest.raises(StudioError, match="neither a text tower nor a classifier of its own; give a folder"):
        fresh.explore(ExploreRequest(LABELS), drawn)
    for name, picture in drawn[:3]:
        picture.save(tmp_path / name)
    result = fresh.explore(ExploreRequest(LABELS, reference=str(tmp_path)), drawn)
    assert [reading.title for reading in result.reports[0].readings] == ["1-NN"]
    assert result.reports[0].affinities == () and "In-distribution: 1-NN 1" in result.reports[0].verdict
    assert picture_text(result.reports[0]) and result._repr_html_()
    assert "1-NN score" in cards.verdict_card(result.reports[0], result)
    assert cards.affinity_bars(result.reports[0], result) == ""


def test_the_explore_command_names_its_model(
    drawn: list[tuple[str, Image.Image]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn[0][1].save(tmp_path / "a.png")
    asked = ["explore", str(tmp_path / "a.png"), "--backbone", "diorama-classifier", "--quiet", "--device", "cpu"]
    with fewer_references(12, 10):
        assert main(asked) == 0
        said = capsys.readouterr().out
        assert main([*asked, "--json"]) == 0
    assert said.startswith("Model diorama-classifier. This model knows Diorama's drawings only")
    assert "classes " in said and "affinities" not in said
    assert json.loads(capsys.readouterr().out)["backbone"] == "diorama-classifier"
