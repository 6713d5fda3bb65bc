"""Images that sets share are counted and said; so is a covariance that needed a ridge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ood_studio.evaluation.overlap import shared_note, shared_rows
from ood_studio.evaluation.report import result_dict
from ood_studio.scorers import Mahalanobis, Reference, RelativeMahalanobis
from ood_studio.studio import BenchRequest, Studio


@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 2**31))
def test_shared_rows_are_counted_in_any_order_and_rounding(common: int, others: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    some, more = rng.normal(3, 1, (common + others, 6)), rng.normal(3, 1, (25, 6))
    known = np.concatenate([more, some[:common] * (1 + 1e-7 * rng.normal(size=(common, 1)))])
    rng.shuffle(known)
    found = shared_rows(torch.from_numpy(some).float(), torch.from_numpy(known).float())
    assert found == common


def test_sets_of_other_widths_or_without_rows_share_nothing() -> None:
    assert shared_rows(torch.ones(3, 4), torch.ones(3, 5)) == shared_rows(torch.ones(3, 4), torch.ones(0, 4)) == 0
    assert shared_rows(torch.ones(3, 4), torch.ones(1, 4)) == 3
    assert shared_note("a", 0, 9, "b") == ""
    assert shared_note("a", 9, 9, "b") == "All 9 pictures of a are among b too: the model sees no difference."


def test_a_run_on_its_own_training_data_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("train", "ood"):
        np.save(tmp_path / f"{name}.npy", rng.normal(0, 1, (30, 8)).astype(np.float32))
    train = np.load(tmp_path / "train.npy")
    np.save(tmp_path / "id.npy", train[:20])
    np.save(tmp_path / "mixed.npy", np.concatenate([np.load(tmp_path / "ood.npy")[:7], train[:3]]))
    request = BenchRequest(
        scorers=("knn",),
        id_data=str(tmp_path / "id.npy"),
        ood_data=(str(tmp_path / "mixed.npy"), str(tmp_path / "ood.npy")),
        train_data=str(tmp_path / "train.npy"),
        resamples=0,
    )
    result = Studio("cpu").bench(request)
    said = " ".join(result.notes)
    assert "All 20 pictures of id are among the training pictures too" in said
    assert "3 of the 10 pictures of mixed are among the training pictures too" in said
    assert "3 of the 10 pictures of mixed are among the ID pictures (id) too" in said
    assert "pictures of ood" not in said
    plain = result_dict(result)
    assert plain["notes"] == list(result.notes) and "average precision" in plain["definitions"]["aupr_in"]


@pytest.mark.parametrize(("count", "singular"), [(20, True), (400, False)])
@pytest.mark.parametrize("scorer", [Mahalanobis(), RelativeMahalanobis()])
def test_a_ridge_is_remarked_with_its_size(scorer: Mahalanobis, count: int, singular: bool) -> None:
    rows = torch.randn(count, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.arange(count) % 4
    fitted = scorer.fit(Reference(images=rows, labels=labels))
    assert bool(fitted.remarks) == singular
    if singular:
        centred = rows - torch.stack([rows[labels == c].mean(dim=0) for c in range(4)])[labels]
        ridge = 1e-6 * float(centred.square().sum()) / count / 32
        first = fitted.remarks[0]
        assert first.values["ridge"] == pytest.approx(ridge, rel=1e-4)
        assert "20 training images in 32 dimensions is singular, so a ridge of " in first.text
