"""What a zoo measures of a model: against the functions that benchmarks use, and what models cannot do."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.accuracy import zero_shot_accuracy
from ood_studio.evaluation.bench import score_all
from ood_studio.evaluation.metrics import auroc
from ood_studio.evaluation.suites import open_suite
from ood_studio.evaluation.zoo import Measured, Measurement, measure
from ood_studio.evaluation.zoo.axes import figures_of
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.labels.prompts import prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.scorers import MCM, Reference
from ood_studio.worlds import open_split


@pytest.fixture(scope="module")
def on() -> Measurement:
    suite = open_suite("diorama", seed=3, count=24, train_count=40)
    assert suite.train is not None
    return Measurement(
        suite.labels,
        suite.id,
        suite.train,
        {"near-ood": suite.ood["near-ood"]},
        {"pose": open_split("factor-pose", 3, 12)},
        {"sketch": open_split("id-sketch", 3, 12)},
        suite.id,
        seed=3,
        resamples=10,
    )


def measured(name: str, on: Measurement) -> tuple[Measured, Tensor | None]:
    backbone = load_backbone(name)
    text = class_features(backbone, on.labels, prompt_set("neglabel")) if backbone.reads_text else None

    def features_of(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
        return dataset_features(backbone, images, spaces)

    return measure(backbone, on, text, backbone.encode_text, features_of), text


def test_figures_are_those_of_the_functions_behind_benchmarks(on: Measurement) -> None:
    found, text = measured("diorama", on)
    backbone = load_backbone("diorama")
    inside, outside = (dataset_features(backbone, each, {"joint"}) for each in (on.id, on.ood["near-ood"]))
    assert inside.joint is not None and text is not None and on.id.labels is not None
    assert found.figures["accuracy"].value == zero_shot_accuracy(inside.joint, text, on.id.labels)
    score = MCM(tau=1.0).fit(Reference(text, logit_scale=backbone.logit_scale))
    assert found.figures["auroc mcm near-ood"].value == auroc(score_all(score, inside), score_all(score, outside))
    assert found.rules == {"accuracy": "zero-shot", "ood": "mcm"}
    assert set(found.skipped) == {"auroc msp", "auroc maxlogit"}
    for name in (
        "mean auroc mcm",
        "mean fpr95 1-nn",
        "mean factor",
        "mean shift",
        "ece change id-test",
        "factor pose",
        "shift sketch",
        "ece id-test",
        "ece scaled sketch",
        "recall@5 text-to-image",
    ):
        figure = found.figures[name]
        assert figure.low is not None and figure.high is not None and figure.low <= figure.high, name
    # Diagrams are those of the figures beside them; what is found for captions is what recall counts.
    plain, scaled = found.diagrams["id-test"], found.diagrams["scaled id-test"]
    gaps = sum(n * abs(c - a) for n, c, a in zip(plain.counts, plain.confidence, plain.accuracy, strict=True) if n)  # type: ignore[operator]
    assert gaps / sum(plain.counts) == pytest.approx(found.figures["ece id-test"].value, abs=1e-3)
    assert sum(plain.counts) == sum(scaled.counts) == 12 and plain.few == sum(0 < n < 10 for n in plain.counts)
    assert [each.text for each in found.retrieved] == [*dict.fromkeys(map(on.id.caption, range(24)))][:6]
    assert all(
        ok == (on.id.caption(i) == e.text) for e in found.retrieved for i, ok in zip(e.rows, e.right, strict=True)
    )
    # A dozen pictures cannot be of twenty classes: what a factor lacks is said.
    (note,) = found.notes
    assert note.startswith("There are no pictures with the factor pose of ") and "the style sketch of" in note
    again = Measured.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found


def test_a_classifier_is_measured_by_its_head_and_says_what_it_lacks(on: Measurement) -> None:
    found, _ = measured("diorama-classifier", on)
    assert found.rules == {"accuracy": "head", "ood": "msp"}
    assert found.skipped == {"auroc mcm": "the model has no text tower", "recall": "the model has no text tower"}
    assert found.figures["accuracy"].value > 0.8 and "auroc maxlogit near-ood" in found.figures


class Bare:
    """A model that has features and nothing else."""

    name, fingerprint, head, labels, logit_scale, reads_text = "bare", "0", None, None, 1.0, False


def random_features(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
    vectors = np.random.default_rng(len(images)).normal(size=(len(images), 4)).astype(np.float32)
    return DatasetFeatures.of({"visual": torch.from_numpy(vectors)}, np.arange(len(images)), {})


def test_features_that_are_not_finite_cost_their_set_alone(on: Measurement) -> None:
    lost = on.ood["near-ood"]

    def features_of(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
        found = random_features(images, spaces)
        if images in (lost, broken):
            assert found.visual is not None
            found.visual[3] = torch.nan
        return found

    broken: Dataset | None = None
    two = replace(on, ood={"lost": lost, "kept": open_split("near-ood", 4, 24)})
    found = measure(Bare(), two, None, lambda texts: torch.empty(0), features_of)  # type: ignore[arg-type]
    assert "mean auroc 1-nn" not in found.figures and "mean auroc" not in figures_of(found)
    assert "auroc 1-nn kept" in found.figures and "auroc 1-nn lost" not in found.figures
    assert found.skipped["auroc 1-nn lost"] == "features of 1 of 24 pictures of near-ood are not finite"
    broken = on.train
    with pytest.raises(StudioError, match=r"features of 1 of 40 pictures of id-train .* are not finite"):
        measure(Bare(), two, None, lambda texts: torch.empty(0), features_of)  # type: ignore[arg-type]


def test_features_alone_still_have_neighbours(on: Measurement) -> None:
    features_of = random_features

    found = measure(Bare(), on, None, lambda texts: torch.empty(0), features_of)  # type: ignore[arg-type]
    assert found.rules == {"accuracy": "20-nn", "ood": "1-nn"}
    assert {name.split()[0] for name in found.figures} == {"accuracy", "auroc", "fpr95", "mean"}
    assert "neither a text tower nor a classifier" in found.skipped["factor"]
    said = (
        "no score can be had of bare: the model has no text tower; .* no classifier; there are no ID training pictures"
    )
    with pytest.raises(StudioError, match=said):  # as of a self-supervised model where a benchmark's training set lacks
        measure(Bare(), replace(on, train=None), None, lambda texts: torch.empty(0), features_of)  # type: ignore[arg-type]


def test_figures_of_another_version_are_refused() -> None:
    with pytest.raises(StudioError, match="version 0"):
        Measured.from_dict({"version": 0})
    with pytest.raises(StudioError, match="not the figures"):
        Measured.from_dict({"version": 2, "figures": {}})
