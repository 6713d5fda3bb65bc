"""Published numbers: the averages that the papers print, and looking a setting up."""

from __future__ import annotations

import pytest

from ood_studio.evaluation.choose import bench_scorers
from ood_studio.evaluation.published import published, published_for

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
    assert ours == {"mahalanobis", "energy", "mcm", "neglabel", "pseudo-msp"}
    assert not any(each.trained for each in published_for("imagenet-ood", B16) if each.scorer in ours)
