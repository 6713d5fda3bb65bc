"""The benchmark: suites, rows against scikit-learn, and the service that feeds it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from ood_studio.diorama.splits import SPLITS, load_split
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.errors import StudioError
from ood_studio.evaluation.bench import Row, bench_rows, bench_scorers, choose_scorers, table, zero_shot_accuracy
from ood_studio.evaluation.suites import SUITES, Suite, load_suite
from ood_studio.scorers import NegLabel, Reference
from ood_studio.studio import BenchRequest, LabelChoice, ScoreChoice, Studio, read_labels

BACKBONE = "diorama"
FIELDS = "suite id ood backbone scorer params n_id n_ood auroc fpr95 aupr_in aupr_out seed seconds".split()
SUITE = Suite("toy", "a toy", "in", ("near", "far"), "cat, dog")


def unit(rows: int, seed: int, dim: int = 8) -> torch.Tensor:
    drawn = torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=1)


REFERENCE = Reference(unit(4, 0), unit(30, 1), logit_scale=20.0)
INSIDE, OUTSIDE = unit(50, 2), {"near": unit(40, 3), "far": unit(30, 4)}


def rows(reference: Reference = REFERENCE) -> tuple[tuple[Row, ...], dict[str, str]]:
    return bench_rows(SUITE, "model", bench_scorers(), reference, INSIDE, OUTSIDE, seed=7)


def test_a_row_has_exactly_the_fields_that_were_promised() -> None:
    assert [field.name for field in dataclasses.fields(Row)] == FIELDS


def test_metrics_are_those_of_scikit_learn_on_the_same_scores() -> None:
    found, unavailable = rows()
    assert not unavailable
    assert [(row.scorer, row.ood) for row in found] == [(key, ood) for key in bench_scorers() for ood in OUTSIDE]
    for row in found:
        score = bench_scorers()[row.scorer].fit(REFERENCE)
        inside, outside = score(INSIDE).numpy(), score(OUTSIDE[row.ood]).numpy()
        scores, truth = np.concatenate([inside, outside]), np.repeat([1, 0], [len(inside), len(outside)])
        assert row.auroc == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        assert row.aupr_in == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
        assert row.aupr_out == pytest.approx(average_precision_score(1 - truth, -scores), abs=1e-12)
        assert row.fpr95 == (outside >= np.sort(inside)[2]).mean()  # 48 of 50 lie at or above the third lowest
        assert (row.n_id, row.n_ood, row.seed, row.suite, row.id) == (50, len(outside), 7, "toy", "in")
        assert row.seconds > 0


def test_the_temperature_of_a_row_is_a_number() -> None:
    tau = {row.scorer: row.params["tau"] for row in rows()[0] if "tau" in row.params}
    assert tau == {"neglabel": 1 / 20, "mcm": 1.0, "pseudo-msp": 0.01, "mcm-scale": 1 / 20}


def test_scorers_that_cannot_run_are_named_with_the_reason() -> None:
    found, unavailable = rows(Reference(REFERENCE.class_text))
    assert {row.scorer for row in found} == set(bench_scorers()) - {"neglabel"}
    assert set(unavailable) == {"neglabel"} and "negative labels" in unavailable["neglabel"]


def test_rows_are_heard_as_they_come() -> None:
    heard: list[Row] = []
    made, _ = bench_rows(SUITE, "m", {"neglabel": NegLabel()}, REFERENCE, INSIDE, OUTSIDE, seed=0, on_row=heard.append)
    assert tuple(heard) == made


def test_scorers_are_chosen_in_the_order_given() -> None:
    known = bench_scorers()
    assert list(choose_scorers(("mcm", "neglabel", "mcm"), known)) == ["mcm", "neglabel"]
    assert list(choose_scorers(("mcm", "all"), known)) == list(known)
    with pytest.raises(StudioError, match=r"unknown scorer 'mc'; expected some of neglabel, mcm, .* or all"):
        choose_scorers(("mcm", "mc"), known)
    with pytest.raises(StudioError, match="no scorer"):
        choose_scorers((), known)


def test_accuracy_counts_the_pictures_of_known_classes() -> None:
    text = torch.eye(3)
    features = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0.6, 0.8], [0, 0, 1]])
    assert zero_shot_accuracy(features, text, np.array([0, 1, 1, -1])) == pytest.approx(2 / 3)
    with pytest.raises(StudioError, match="known class"):
        zero_shot_accuracy(features, text, np.full(4, -1))


def test_tables_show_percent() -> None:
    made = [dataclasses.replace(row, auroc=0.9754, fpr95=0.12) for row in rows()[0] if row.scorer in ("mcm", "energy")]
    plain = table(made).splitlines()
    assert plain[0].split() == ["AUROC", "/", "FPR95", "near", "far"]
    assert plain[1].split() == ["mcm", "97.5", "/", "12.0", "97.5", "/", "12.0"]
    assert len({len(line) for line in plain}) == 1
    marked = table(made, markdown=True).splitlines()
    assert [line.count("|") for line in marked] == [4] * 4
    assert set(marked[1]) == set("|-: ")


# --- suites ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES.values(), ids=str)
def test_a_suite_names_splits_and_the_labels_of_its_id_split(suite: Suite) -> None:
    assert SPLITS[suite.id].inside
    assert not any(SPLITS[name].inside for name in suite.ood)
    drawn = {SPLITS[suite.id].scene(f"{i}").main.name for i in range(300)}  # type: ignore[union-attr]
    assert drawn == set(read_labels(suite.labels)[0])


def test_an_unknown_suite_lists_the_known_ones() -> None:
    with pytest.raises(StudioError, match=r"unknown suite 'imagenet'; expected one of diorama, diorama-hard"):
        load_suite("imagenet")


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
        "diorama-hard", ("neglabel", "mcm"), LabelChoice(BACKBONE, count=50), ScoreChoice(groups=5), seed=3, count=40
    )
    heard: list[Row] = []
    stages: list[str] = []
    result = studio.bench(request, lambda stage, done, total: stages.append(stage), heard.append)
    assert [(row.scorer, row.ood) for row in result.rows] == [("neglabel", "hard-20"), ("mcm", "hard-20")]
    assert tuple(heard) == result.rows
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
        from PIL import Image

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
        request = BenchRequest("diorama-hard", ("maxlogit",), LabelChoice(BACKBONE, count=50), seed=seed, count=40)
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
