"""The contract of every registered scorer: adding one to `SCORERS` adds its tests. And what scorers learn from."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from ood_studio.core.errors import StudioError
from ood_studio.scorers import SCORERS, NegLabel, Reference, Scorer, Space, select_features
from ood_studio.testing import SCORER_CHECKS, check_name
from ood_studio.testing.scorers import DIM, full_reference, unit


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=check_name)
@pytest.mark.parametrize("name", sorted(SCORERS))
def test_every_scorer_keeps_its_contract(name: str, check: Callable[[Scorer], None]) -> None:
    assert SCORERS[name].name == name
    check(SCORERS[name]())


@pytest.mark.parametrize("form", ["linear-binary", "count", "binary-ratio"])
def test_step_functions_have_a_gradient_of_zero(form: str) -> None:
    rows = unit(6, 6).requires_grad_()
    (gradient,) = torch.autograd.grad(NegLabel(form=form).fit(full_reference())(rows).sum(), rows)
    assert torch.equal(gradient, torch.zeros_like(gradient))
    assert not NegLabel(form=form).differentiable


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"class_text": torch.ones(3)}, r"class_text must have shape \(n, dim\), not \(3,\)"),
        ({"class_text": torch.ones(0, 4)}, "class_text must have at least one row"),
        ({"negative_text": torch.tensor([[1.0, 0.0], [0.0, 0.0]])}, "negative_text: row 1 is zero"),
        ({"class_text": torch.ones(3, 4), "negative_text": torch.ones(3, 5)}, "one width, not 4 and 5"),
        ({"images": torch.ones(3, 4), "labels": torch.zeros(2, dtype=torch.long)}, "as many as images: 3, not 2"),
        ({"class_text": torch.ones(3, 4), "conjugated_text": torch.ones(3, 5)}, "conjugated_text must have one width"),
        ({"conjugated_text": torch.full((2, 4), torch.nan)}, "conjugated_text: row 0 contains NaN"),
        ({"labels": torch.zeros(2)}, "labels must be whole numbers"),
        ({"logit_scale": 0.0}, "logit_scale must be a positive number"),
        ({"images": torch.full((2, 4), 3e38)}, "images: row 0 is too large"),
    ],
)
def test_a_reference_checks_its_parts(parts: dict[str, object], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        Reference(**parts)


@pytest.mark.parametrize(
    ("space", "missing", "message"),
    [
        ("joint", "joint", "no joint features: it has no text tower"),
        ("tokens", "joint", "no joint features"),
        ("tokens", "patches", "no patch features: its architecture has none"),
        ("visual", "visual", "no visual features"),
    ],
)
def test_features_of_a_space_are_picked_or_their_lack_is_named(space: Space, missing: str, message: str) -> None:
    parts = {"joint": unit(2, 0), "visual": unit(2, 1), "patches": torch.randn(2, 2, 3, DIM).half()}
    found = select_features(space, **parts)
    if space == "tokens":
        assert found.shape == (2, 7, DIM) and found.dtype == torch.float32
        assert torch.equal(found[:, 0], parts["joint"]) and torch.equal(found[:, 5], parts["patches"][:, 1, 1].float())
    else:
        assert found is parts[space]
    with pytest.raises(StudioError, match=message):
        select_features(space, **(parts | {missing: None}))


def test_importing_the_scorers_stays_light() -> None:
    code = (
        "import sys, ood_studio.scorers, ood_studio.evaluation.metrics as m;"
        "heavy = {'gradio', 'diffusers', 'transformers', 'open_clip', 'umap', 'sklearn', 'plotly'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
