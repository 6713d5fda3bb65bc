"""Published numbers: the averages that the papers print, and looking a setting up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ood_studio.evaluation.choose import bench_scorers
from ood_studio.evaluation.export import to_csv, to_html, to_latex, to_markdown, to_text
from ood_studio.evaluation.metrics import fpr_at_tpr
from ood_studio.evaluation.published import AVERAGE, published, published_for, recomputed
from ood_studio.evaluation.report import result_text
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.score_table import score_table
from ood_studio.labels.prompts import PROMPT_SETS
from tests.evaluation.rows import row

B16 = "open_clip:ViT-B-16/openai"

AVERAGES = {  # AUROC and FPR95, the "Average" columns of NegLabel's Table 1 and KR-NFT's Table 1
    "mahalanobis": (61.50, 98.94),
    "energy": (79.57, 82.21),
    "mcm": (90.82, 43.93),
    "clipn": (93.10, 31.10),
    "neglabel": (94.21, 25.40),
    "msp-tuned": (81.63, 69.61),
    "vim-tuned": (87.82, 50.20),
    "knn-tuned": (90.97, 42.19),
    "npos-tuned": (91.22, 37.93),
    "locoop": (92.01, 36.95),
    "lapt": (94.68, 23.40),
    "kr-nft": (95.09, 22.79),
}


@pytest.mark.parametrize("scorer", AVERAGES)
def test_the_numbers_of_a_line_have_the_average_that_the_paper_prints(scorer: str) -> None:
    line = [each for each in published_for("imagenet-ood", B16) if each.scorer == scorer]
    assert [each.ood for each in line] == ["iNaturalist", "SUN", "Places", "Textures"]
    average = [100 * sum(values) / 4 for values in ((e.auroc for e in line), (e.fpr95 for e in line))]
    assert average == pytest.approx(AVERAGES[scorer], abs=0.011)


def test_a_setting_is_found_by_the_names_of_its_row() -> None:
    found = published("imagenet-ood", B16, "Places", "neglabel")
    assert found is not None and (found.auroc, found.fpr95, found.trained) == (0.9164, 0.3559, False)
    assert found.source == "Jiang et al., ICLR 2024 (NegLabel), Table 1"
    assert found == published("imagenet-ood", "CLIP ViT-B/16", "Places", "neglabel")
    ninco = published("openood-imagenet", B16, "NINCO", "pseudo-msp")
    assert ninco is not None and (ninco.auroc, ninco.fpr95) == (0.7244, 0.8309)


def test_other_settings_have_no_published_number() -> None:
    assert published("imagenet-ood", B16, "Places", "neglabel:groups=1") is None
    assert published("imagenet-ood", "diorama", "Places", "neglabel") is None
    assert published("diorama", B16, "near-ood", "neglabel") is None
    assert published_for("imagenet-ood", "diorama") == ()


def test_only_numbers_without_training_stand_beside_the_projects_own_scorers() -> None:
    ours = {each.scorer for each in published_for("imagenet-ood", B16) if each.scorer in bench_scorers()}
    # Others have parameters of their own.
    zero_shot = {"energy", "mcm", "neglabel", "negrefine", "pseudo-msp", "tanl"}
    assert ours == zero_shot | {"mahalanobis", "interneg-inverted"}  # which look at ID pictures and train nothing
    assert not any(each.trained for each in published_for("imagenet-ood", B16) if each.scorer in ours)


def test_every_line_carries_definition_prompts_and_protocol_where_they_are_known() -> None:
    plp = published("openood-imagenet", B16, "NINCO", "pseudo-msp")
    assert plp is not None and plp.setting() == "FPR95 interpolated, prompts plp, inductive"
    quoted = published("imagenet-ood", B16, "SUN", "clipn")
    assert quoted is not None and quoted.setting() == "definition of FPR95 not known, prompts not known, inductive"
    stream = published("imagenet-ood", B16, "SUN", "adaneg:proxy=task")
    assert stream is not None and (stream.fpr_definition, stream.protocol) == ("openood", "transductive")
    sample = published("imagenet-ood", B16, AVERAGE, "adaneg:batch=256")
    assert sample is not None and (sample.auroc, sample.fpr95) == (0.9647, 0.1873)
    for each in published_for("imagenet-ood", B16):
        assert not each.prompts or each.prompts in {known.name for known in PROMPT_SETS}


def test_ours_stands_beside_under_the_same_definition() -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(1, 1, 90), rng.normal(0, 1, 70)
    line = published("imagenet-ood", B16, "SUN", "neglabel")
    assert line is not None and line.fpr_definition == "nearest"
    ours = row(ood="SUN", scorer="neglabel", auroc=0.8, fpr95=0.5, params={"prompts": "photo"})
    result = BenchResult("imagenet-ood", B16, "in", rows=(ours,), scores={"neglabel": {"in": inside, "SUN": outside}})
    found = recomputed(line, result)
    assert found is not None and found.fpr95 == fpr_at_tpr(inside, outside, definition="nearest") != 0.5
    assert found.differs == "prompts photo here" and found.auroc == 0.8
    stored = recomputed(line, dataclasses.replace(result, scores={}))
    assert stored is not None and stored.fpr95 is None
    same = dataclasses.replace(result, scores={}, rows=(dataclasses.replace(ours, fpr_definition="nearest"),))
    assert recomputed(line, same).fpr95 == 0.5  # type: ignore[union-attr]
    text = result_text(result)
    assert f"here 80.00 / {100 * found.fpr95:.2f} (prompts photo here)" in text
    assert recomputed(line, dataclasses.replace(result, rows=())) is None


def test_rows_of_other_protocols_are_marked_and_not_ranked_with_others() -> None:
    stream = row(scorer="tanl", auroc=0.999, protocol={"kind": "transductive"})
    table = score_table([row(auroc=0.9), row(scorer="knn", auroc=0.8), stream])
    assert [name for name, _ in table.lines] == ["mcm", "knn", "tanl‡"]
    assert [cells[0][0].place for _, cells in table.lines] == [1, 2, 0] and "‡ transductive" in table.legend
    alone = score_table([stream, row(scorer="adaneg", auroc=0.9)])  # a row of before
    assert [cells[0][0].place for _, cells in alone.lines] == [1, 2]
    assert score_table([row()]).legend == ""
    for text in (to_text([row(), stream]), to_markdown([row(), stream]), to_html([row(), stream])):
        assert "tanl‡" in text and "not ranked with others" in text
    assert r"tanl\ddag{}" in to_latex([row(), stream]) and '"kind"' in to_csv([row(), stream])
