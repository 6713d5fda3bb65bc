"""Features without a name are the features: whatever reads them, under their own name, with a head of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.data.heads import read_head
from ood_studio.evaluation.metrics import auroc
from ood_studio.evaluation.results import ResultStore
from ood_studio.studio import BenchRequest, LabelChoice, Studio


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {
        "id": rng.normal(1, 1, (60, 12)),
        "ood": rng.normal(-1, 1, (40, 12)),
        "train": rng.normal(1, 1, (80, 12)),
    }
    for name, each in found.items():
        np.save(tmp_path / f"{name}.npy", each.astype(np.float32))
    return {name: each.astype(np.float32) for name, each in found.items()}


def asked(folder: Path, *scorers: str, **more: str) -> BenchRequest:
    return BenchRequest(
        scorers=scorers,
        id_data=str(folder / "id.npy"),
        ood_data=(str(folder / "ood.npy"),),
        train_data=str(folder / "train.npy"),
        resamples=0,
        **more,  # type: ignore[arg-type]
    )


def test_nearest_neighbours_in_either_space(studio: Studio, rows: dict[str, np.ndarray], tmp_path: Path) -> None:
    result = studio.bench(asked(tmp_path, "knn", "knn:space=joint", "kmeans-mahalanobis:clusters=3", "mcm", "msp"))
    found = {row.scorer: row for row in result.rows}
    assert set(found) == {"knn", "knn:space=joint", "kmeans-mahalanobis:clusters=3"}
    assert result.backbone == "given features"
    for row in found.values():
        assert row.backbone == "given features" and "weights" not in row.provenance and "prompts" not in row.params
        assert row.provenance["id"]["place"] == str(tmp_path / "id.npy")

    unit = {name: each / np.linalg.norm(each, axis=1, keepdims=True) for name, each in rows.items()}
    nearest = {name: (unit[name].astype(np.float64) @ unit["train"].T).max(axis=1) for name in ("id", "ood")}
    assert found["knn"].auroc == found["knn:space=joint"].auroc == pytest.approx(auroc(nearest["id"], nearest["ood"]))
    store = ResultStore()
    assert store.open(store.runs()[0]).backbone == "given features"


def test_texts_of_another_width_are_no_reason_to_stop(
    studio: Studio, rows: dict[str, np.ndarray], tmp_path: Path
) -> None:
    labels = LabelChoice("diorama", labels="cat\ndog")
    with pytest.raises(StudioError, match="12 dimensions, and the texts of diorama 128"):
        studio.bench(BenchRequest(**{**vars(asked(tmp_path, "mcm")), "labels": labels}))


@pytest.mark.parametrize("kind", ["safetensors", "npz", "npy", "logits"])
def test_a_head_of_ones_own(studio: Studio, rows: dict[str, np.ndarray], tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(1)
    weight, bias = rng.normal(0, 1, (5, 12)).astype(np.float32), rng.normal(0, 1, 5).astype(np.float32)
    where = str(tmp_path / f"head.{kind}")
    if kind == "safetensors":
        save_file({"fc.weight": torch.from_numpy(weight), "fc.bias": torch.from_numpy(bias)}, where)
    elif kind == "npz":
        np.savez(where, weight=weight, bias=bias)
    elif kind == "npy":
        np.save(where, weight)
        bias = np.zeros(5, np.float32)
    else:
        where, weight, bias = "logits", np.eye(12, dtype=np.float32), np.zeros(12, np.float32)
    result = studio.bench(asked(tmp_path, "energy", "mcm", head=where))
    (row,) = result.rows
    assert (row.scorer, row.backbone, row.params["space"]) == ("energy", "given features", "visual")
    assert row.provenance["head"] == where and "head_accuracy" not in result.accuracy
    logits = {name: rows[name].astype(np.float64) @ weight.T + bias for name in ("id", "ood")}
    energy = {name: np.log(np.exp(each).sum(axis=1)) for name, each in logits.items()}
    assert row.auroc == pytest.approx(auroc(energy["id"], energy["ood"]))


def test_a_head_of_no_use_is_refused(studio: Studio, rows: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.save(tmp_path / "wide.npy", np.ones((5, 13), np.float32))
    np.save(tmp_path / "bad.npy", np.full((5, 12), np.inf, np.float32))
    (tmp_path / "torn.safetensors").write_bytes(b"torn")
    (tmp_path / "torn.npz").write_bytes(b"PK\3\4torn")
    for name, message in (
        ("wide.npy", r"one matrix of shape \(classes, 12\), as wide as the features; the file holds  \(5, 13\)"),
        ("bad.npy", "not finite"),
        ("torn.safetensors", "cannot be read"),
        ("torn.npz", "cannot be read"),
        ("gone.npz", "cannot be read"),
        ("head.txt", "a head is a .safetensors, .npz or .npy file, or logits"),
    ):
        with pytest.raises(StudioError, match=message):
            read_head(str(tmp_path / name), 12)
    with pytest.raises(StudioError, match="goes with features that are given, not with pictures"):
        studio.bench(BenchRequest("diorama-hard", ("msp",), head="logits", count=10))
