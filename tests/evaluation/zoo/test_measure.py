"""What a zoo measures of a model: against the functions that benchmarks use, and what models cannot do."""

from __future__ import annotations

import json
from collections.abc import Collection

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
    for name in ("factor pose", "shift sketch", "ece id-test", "ece scaled sketch", "recall@5 text-to-image"):
        figure = found.figures[name]
        assert figure.low is not None and figure.high is not None and figure.low <= figure.high, name
    again = Measured.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found


def test_a_classifier_is_measured_by_its_head_and_says_what_it_lacks(on: Measurement) -> None:
    found, _ = measured("diorama-classifier", on)
    assert found.rules == {"accuracy": "head", "ood": "msp"}
    assert found.skipped == {"auroc mcm": "the model has no text tower", "recall": "the model has no text tower"}
    assert found.figures["accuracy"].value > 0.8 and "auroc maxlogit near-ood" in found.figures


def test_features_alone_still_have_neighbours(on: Measurement) -> None:
    class Bare:
        name, fingerprint, head, labels, logit_scale, reads_text = "bare", "0", None, None, 1.0, False

    rng = np.random.default_rng(0)

    def features_of(images: Dataset, spaces: Collection[str]) -> DatasetFeatures:
        vectors = torch.from_numpy(rng.normal(size=(len(images), 4)).astype(np.float32))
        return DatasetFeatures.of({"visual": vectors}, np.arange(len(images)), {})

    found = measure(Bare(), on, None, lambda texts: torch.empty(0), features_of)  # type: ignore[arg-type]
    assert found.rules == {"accuracy": "20-nn", "ood": "1-nn"}
    assert {name.split()[0] for name in found.figures} == {"accuracy", "auroc", "fpr95"}
    assert "neither a text tower nor a classifier" in found.skipped["factor"]


def test_figures_of_another_version_are_refused() -> None:
    with pytest.raises(StudioError, match="version 0"):
        Measured.from_dict({"version": 0})
    with pytest.raises(StudioError, match="not the figures"):
        Measured.from_dict({"version": 1, "figures": {}})
