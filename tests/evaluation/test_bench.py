"""The benchmark: suites, rows against scikit-learn, and the service that feeds it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.metrics import average_precision_score, roc_auc_score

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.data.dataset import Dataset
from ood_studio.diorama.splits import load_split
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.evaluation.bench import Bench, score_all
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import GLMCM, FittedScore, NegLabel, Reference
from ood_studio.studio import BenchRequest, LabelChoice, Studio

BACKBONE = "diorama-conv"
LABELS = LabelChoice(BACKBONE, mining=Mining(count=50))
FIELDS = (
    "suite id ood backbone scorer params n_id n_ood auroc fpr95 aupr_in aupr_out detection_error auroc_low auroc_high "
    "fpr95_low fpr95_high fpr_definition seed provenance versions protocol"
).split()


def unit(rows: int, seed: int, dim: int = 8) -> torch.Tensor:
    drawn = torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=1)


class Numbered(Dataset):
    """A set without pictures: its features are drawn from its seed."""

    def __init__(self, name: str, count: int, seed: int) -> None:
        self.name, self.key, self.labels, self.count, self.seed = name, name, None, count, seed

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> Image.Image:
        raise AssertionError("features are given")

    def caption(self, index: int) -> str:
        return f"{self.name} {index}"


REFERENCE = Reference(unit(4, 0), unit(30, 1), logit_scale=20.0)
INSIDE, NEAR, FAR = Numbered("in", 50, 2), Numbered("near", 40, 3), Numbered("far", 30, 4)
SUITE = OpenSuite("toy", "a toy", ("a", "b", "c", "d"), INSIDE, {"near": NEAR, "far": FAR}, None)
KEYS = ("neglabel", "mcm", "pseudo-msp", "mcm-scale", "energy")


def features_of(pictures: Dataset, spaces: Collection[str]) -> DatasetFeatures:
    assert isinstance(pictures, Numbered)
    count = len(pictures)
    return DatasetFeatures(unit(count, pictures.seed), None, None, np.arange(count), {})


def bench(reference: Reference = REFERENCE, keys: tuple[str, ...] = KEYS, **changes: Any) -> Bench:
    return Bench(
        SUITE, "model", choose_scorers(keys, bench_scorers()), lambda space: reference, features_of, seed=7, **changes
    )


def whole(reference: Reference = REFERENCE, keys: tuple[str, ...] = KEYS, **changes: Any) -> BenchResult:
    *_, last = bench(reference, keys, **changes).run()
    return last


def test_images_are_scored_so_many_bytes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    joint, patches = unit(30, 5), unit(30 * 6, 6).reshape(30, 2, 3, 8).half()
    features = DatasetFeatures(joint, None, patches, np.arange(30), {})
    score = GLMCM().fit(REFERENCE)
    seen: list[int] = []

    class Watched(FittedScore):
        def __call__(self, found: torch.Tensor) -> torch.Tensor:
            seen.append(len(found))
            return score(found)

    expected = score(torch.cat([joint[:, None], patches.flatten(1, 2).float()], dim=1)).numpy()
    watched = Watched(**{field.name: getattr(score, field.name) for field in dataclasses.fields(score)})
    monkeypatch.setattr("ood_studio.evaluation.bench._CHUNK_BYTES", 4 * 7 * (1 + 6) * 8)  # of seven images
    assert np.allclose(score_all(watched, features), expected) and seen == [7, 7, 7, 7, 2]


def test_a_row_has_exactly_the_fields_that_were_promised() -> None:
    assert [field.name for field in dataclasses.fields(Row)] == FIELDS


def test_metrics_are_those_of_scikit_learn_on_the_same_scores() -> None:
    result = whole(resamples=20)
    assert not result.unavailable and result.finished
    assert [(row.ood, row.scorer) for row in result.rows] == [(ood, key) for ood in SUITE.ood for key in KEYS]
    for row in result.rows:
        score = bench_scorers()[row.scorer].fit(REFERENCE)
        inside, outside = (
            score(unit(len(s), s.seed)).double().numpy() for s in (INSIDE, {"near": NEAR, "far": FAR}[row.ood])
        )
        assert np.array_equal(result.id_scores(row.scorer, row.ood), inside)
        assert np.array_equal(result.scores[row.scorer][row.ood], outside)
        scores, truth = np.concatenate([inside, outside]), np.repeat([1, 0], [len(inside), len(outside)])
        assert row.auroc == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        assert row.aupr_in == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
        assert row.aupr_out == pytest.approx(average_precision_score(1 - truth, -scores), abs=1e-12)
        assert row.fpr95 == (outside >= np.sort(inside)[2]).mean()  # 48 of 50 lie at or above the third lowest
        assert row.auroc_low is not None and row.auroc_high is not None
        assert row.auroc_low < row.auroc < row.auroc_high
        assert (row.n_id, row.n_ood, row.seed, row.suite, row.id) == (50, len(outside), 7, "toy", "in")
        assert result.seconds[row.scorer][row.ood] > 0 and {"torch", "timm", "open_clip_torch"} <= set(row.versions)


def test_results_grow_set_by_set() -> None:
    so_far = list(bench(resamples=0).run())
    assert [len(result.rows) for result in so_far] == [len(KEYS), 2 * len(KEYS), 2 * len(KEYS)]
    assert [result.finished for result in so_far] == [False, False, True]
    assert so_far[0].rows[0].auroc_low is None


def test_the_temperature_of_a_row_is_a_number() -> None:
    tau = {row.scorer: row.params["tau"] for row in whole(resamples=0).rows if "tau" in row.params}
    assert tau == {"neglabel": 1 / 20, "mcm": 1.0, "pseudo-msp": 0.01, "mcm-scale": 1 / 20}


def test_what_was_mined_stands_beside_scores_that_use_it() -> None:
    rows = whole(resamples=0, mining={"negatives": 30}).rows
    assert {row.scorer for row in rows if "negatives" in row.params} == {"neglabel"}


def test_scorers_that_cannot_run_are_named_with_the_reason() -> None:
    result = whole(Reference(REFERENCE.class_text), resamples=0)
    assert {row.scorer for row in result.rows} == set(KEYS) - {"neglabel"}
    assert set(result.unavailable) == {"neglabel"} and "negative labels" in result.unavailable["neglabel"]


def test_stopping_while_scorers_are_fitted_is_no_reason_of_a_scorer() -> None:
    """CSP's phrases are encoded there, which may take long."""

    def stopped(space: object) -> Reference:
        raise Stopped("stopped while encoding words")

    with pytest.raises(Stopped):
        list(dataclasses.replace(bench(), reference_of=stopped).run())


def test_a_space_that_the_model_lacks_is_a_reason_too() -> None:
    result = whole(keys=("mcm", "knn"), resamples=0)
    assert {row.scorer for row in result.rows} == {"mcm"} and set(result.unavailable) == {"knn"}


def test_a_stream_scorer_meets_both_sets_mixed_and_gets_its_scores_back_in_order() -> None:
    result = whole(keys=("adaneg",), resamples=0)
    assert set(result.scores["adaneg"]) == {"in|near", "near", "in|far", "far"}
    assert len(result.id_scores("adaneg", "near")) == 50 and len(result.scores["adaneg"]["near"]) == 40
    order = torch.randperm(90, generator=torch.Generator().manual_seed(7))
    both = torch.cat([unit(50, 2), unit(40, 3)])[order]
    expected = bench_scorers()["adaneg"].fit(REFERENCE)(both).double().numpy()
    found = np.concatenate([result.id_scores("adaneg", "near"), result.scores["adaneg"]["near"]])
    assert np.allclose(found[order.numpy()], expected)


def test_labels_of_all_classes_index_the_trained_ones() -> None:
    split = load_split("all-classes", 3, 60, workers=1)
    assert [TRAINED_CLASSES[label] for label in split.labels] == [
        scene.main.name for scene in split.scenes if scene.main
    ]
    assert split.labels.max() >= len(ID_CLASSES)


# --- the service -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def test_bench_of_the_hard_pair(studio: Studio) -> None:
    request = BenchRequest(
        "diorama-hard",
        ("neglabel", "mcm"),
        LABELS,
        NegLabel(groups=5),
        seed=3,
        count=40,
    )
    stages: list[str] = []
    result = studio.bench(request, lambda stage, done, total: stages.append(stage))
    assert [(row.scorer, row.ood) for row in result.rows] == [("neglabel", "hard-20"), ("mcm", "hard-20")]
    row = result.rows[0]
    assert (row.suite, row.id, row.backbone, row.seed) == ("diorama-hard", "hard-10", BACKBONE, 3)
    assert row.n_id == row.n_ood == 40
    expected = {"groups": 5, "negatives": 50, "corpus": "diorama", "prompts": "neglabel", "eta": 0.05}
    assert expected.items() <= row.params.items()
    assert "negatives" not in result.rows[1].params
    assert "encoding hard-10" in stages
    json.dumps([dataclasses.asdict(row) for row in result.rows], allow_nan=False)

    # The accuracies once more, by hand, from the pictures themselves.
    backbone = studio.backbone(BACKBONE)

    def guesses(split: str, words: tuple[str, ...]) -> np.ndarray:
        pictures = [Image.fromarray(pixels) for pixels in load_split(split, 3, 40).pixels]
        joint = backbone.encode_image(backbone.preprocess(pictures)).joint
        assert joint is not None
        text = backbone.encode_text([f"the nice {word}" for word in words])
        return np.array(words)[(joint @ text.T).argmax(dim=1).numpy()]

    for key, split, words in (
        ("id_accuracy", "hard-10", ID_CLASSES[:10]),
        ("all_accuracy", "all-classes", TRAINED_CLASSES),
    ):
        right = [scene.main.name for scene in load_split(split, 3, 40).scenes if scene.main]
        assert result.accuracy[key] == pytest.approx((guesses(split, words) == np.array(right)).mean())


def test_a_benchmark_is_a_function_of_its_seed(studio: Studio) -> None:
    def figures(seed: int) -> list[float]:
        request = BenchRequest("diorama-hard", ("maxlogit",), LABELS, seed=seed, count=40)
        return [row.auroc for row in studio.bench(request).rows]

    assert figures(3) == figures(3)
    assert figures(3) != figures(4)


def test_a_suite_keeps_its_labels(studio: Studio) -> None:
    with pytest.raises(StudioError, match="brings its own ID labels"):
        studio.bench(BenchRequest("diorama", ("mcm",), LabelChoice(BACKBONE, labels="cat, dog"), count=40))


@pytest.mark.parametrize("values", [{"count": 9}, {"count": 100_001}, {"seed": -1}])
def test_bounds_of_a_request(values: dict[str, int]) -> None:
    with pytest.raises(StudioError, match=next(iter(values))):
        BenchRequest(**values)  # type: ignore[arg-type]
