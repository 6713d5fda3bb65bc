"""Entropy, GEN, GL-MCM and CSP against slow transcriptions of their equations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from ood_studio.core.errors import StudioError
from ood_studio.scorers import CSP, GEN, GLMCM, MCM, Entropy, NegLabel, Reference, gl_mcm


def rows(*shape: int, seed: int) -> Tensor:
    drawn = torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return functional.normalize(drawn, dim=-1)


FEATURES, CLASSES = rows(9, 12, seed=0), rows(6, 12, seed=1)
NEGATIVES, CONJUGATED = rows(30, 12, seed=2), rows(11, 12, seed=3)
TOKENS = rows(9, 1 + 4, 12, seed=4)
SCALE = 30.0
REFERENCE = Reference(CLASSES, NEGATIVES, logit_scale=SCALE, conjugated_text=CONJUGATED)


def softmax(logits: list[float]) -> list[float]:
    weights = [math.exp(z) for z in logits]
    return [weight / sum(weights) for weight in weights]


def cosines(h: np.ndarray, text: Tensor) -> list[float]:
    return [float(np.dot(h, e)) for e in text.numpy()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_entropy_follows_its_equation(dtype: torch.dtype) -> None:
    expected = []
    for h in FEATURES.numpy():
        p = softmax([SCALE * c for c in cosines(h, CLASSES)])
        expected.append(sum(x * math.log(x) for x in p))
    np.testing.assert_allclose(Entropy().fit(REFERENCE)(FEATURES.to(dtype)).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("gamma", "top"), [(0.1, 100), (0.1, 3), (0.1, 1), (2.0, 4)])
def test_gen_follows_its_equation(gamma: float, top: int, dtype: torch.dtype) -> None:
    expected = []
    for h in FEATURES.numpy():
        p = sorted(softmax([SCALE * c for c in cosines(h, CLASSES)]), reverse=True)
        expected.append(-sum(x**gamma * (1 - x) ** gamma for x in p[:top]))
    scores = GEN(gamma=gamma, top=top).fit(REFERENCE)(FEATURES.to(dtype))
    np.testing.assert_allclose(scores.numpy(), expected, atol=1e-5)


def test_gen_tells_sure_predictions_apart_in_single_precision() -> None:
    score = GEN().fit(Reference(torch.eye(5), logit_scale=60.0))
    single = torch.eye(5).requires_grad_()
    scores = score(single)
    expected = -((4 * math.exp(-60)) ** 0.1 + 4 * math.exp(-60) ** 0.1)
    np.testing.assert_allclose(scores.detach().numpy(), expected, rtol=1e-5)
    (gradient,) = torch.autograd.grad(scores.sum(), single)
    assert torch.isfinite(gradient).all()
    assert torch.equal(GEN().fit(Reference(torch.eye(5)[:1]))(torch.eye(5)), torch.zeros(5))
    with pytest.raises(StudioError, match="top must be a whole number"):
        GEN(top=2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("tau", "tau_local", "weight"), [(1.0, 1.0, 1.0), (0.05, 0.2, 0.5), (None, None, 2.0), (0.1, 1.0, 0.0)]
)
def test_gl_mcm_follows_its_equation(
    tau: float | None, tau_local: float | None, weight: float, dtype: torch.dtype
) -> None:
    expected = []
    for h in TOKENS.numpy():
        whole = max(softmax([c / (tau or 1 / SCALE) for c in cosines(h[0], CLASSES)]))
        patches = [max(softmax([c / (tau_local or 1 / SCALE) for c in cosines(patch, CLASSES)])) for patch in h[1:]]
        expected.append(whole + weight * max(patches))
    scores = GLMCM(tau=tau, tau_local=tau_local, weight=weight).fit(REFERENCE)(TOKENS.to(dtype))
    np.testing.assert_allclose(scores.numpy(), expected, atol=1e-5)
    if weight == 0:
        torch.testing.assert_close(scores, MCM(tau=tau).fit(REFERENCE)(TOKENS[:, 0].to(dtype)))


class Largest(TorchDispatchMode):
    """The largest tensor that comes out of an operation, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for each in found if isinstance(found, (tuple, list)) else (found,):
            if isinstance(each, Tensor):
                self.bytes = max(self.bytes, each.nbytes)
        return found


def test_gl_mcm_holds_so_many_cosines_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = GLMCM().fit(Reference(rows(600, 12, seed=5), logit_scale=SCALE))
    expected, four = scorer(TOKENS), 4 * 5 * 600 * 8  # images, tokens, labels, bytes
    monkeypatch.setattr(gl_mcm, "_CHUNK_BYTES", four)
    with Largest() as largest:
        found = scorer(TOKENS)
    torch.testing.assert_close(found, expected)
    assert largest.bytes == four
    monkeypatch.setattr(gl_mcm, "_CHUNK_BYTES", 1)  # at least one image
    torch.testing.assert_close(scorer(TOKENS), expected)


def test_gl_mcm_needs_patches() -> None:
    assert GLMCM.space == "tokens"
    with pytest.raises(StudioError, match="at least one patch"):
        GLMCM().fit(REFERENCE)(TOKENS[:, :1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("tau", "groups", "seed"), [(None, 1, 0), (0.1, 4, 5), (0.1, 41, 0)])
def test_csp_is_neglabels_equation_over_both_kinds_of_labels(
    tau: float | None, groups: int, seed: int, dtype: torch.dtype
) -> None:
    pool = [*NEGATIVES, *CONJUGATED]
    order = torch.randperm(len(pool), generator=torch.Generator().manual_seed(seed)).tolist()
    size = len(pool) // groups
    expected = []
    for h in FEATURES.numpy():
        ours = sum(math.exp(c / (tau or 1 / SCALE)) for c in cosines(h, CLASSES))
        shares = []
        for g in range(groups):
            members = torch.stack([pool[i] for i in order[g * size : (g + 1) * size]])
            shares.append(ours / (ours + sum(math.exp(c / (tau or 1 / SCALE)) for c in cosines(h, members))))
        expected.append(sum(shares) / groups)
    scores = CSP(tau=tau, groups=groups, seed=seed).fit(REFERENCE)(FEATURES.to(dtype))
    np.testing.assert_allclose(scores.numpy(), expected, atol=1e-5)


def test_csp_takes_what_the_pool_draws_in_from_the_id_labels() -> None:
    assert (CSP(groups=1).fit(REFERENCE)(FEATURES) < NegLabel(groups=1).fit(REFERENCE)(FEATURES)).all()
    assert "conjugated pool" in str(CSP().missing(Reference(CLASSES, NEGATIVES)))
    with pytest.raises(StudioError, match="groups must be a whole number"):
        CSP(groups=2.5)  # type: ignore[arg-type]
