"""COOkeD against its equation, one image and one class at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.scorers import COOkeD, Entropy, select_features
from ood_studio.testing.scorers import full_reference, unit

REFERENCE = full_reference()
JOINT, VISUAL = unit(9, 21).double(), 0.6 * unit(9, 22).double()
ROWS = select_features("both", 3 * JOINT, VISUAL, None)  # of the joint part only the direction counts


def softmax(z: list[float]) -> list[float]:
    return [math.exp(each - max(z)) / sum(math.exp(other - max(z)) for other in z) for each in z]


def shares(row: int, parts: set[str]) -> list[float]:
    """The mean of the parts' probabilities of an image."""
    found = []
    for name, head in (("classifier", REFERENCE.classifier), ("probe", REFERENCE.head)):
        if name in parts:
            assert head is not None
            weight, bias = head.weight.detach().double().numpy(), head.bias.detach().double().numpy()
            found.append(softmax([float(w @ VISUAL[row].numpy() + b) for w, b in zip(weight, bias, strict=True)]))
    if "zero_shot" in parts:
        assert REFERENCE.class_text is not None
        text = REFERENCE.class_text.double().numpy()
        found.append(softmax([20 * float(t @ JOINT[row].numpy()) / float(np.linalg.norm(t)) for t in text]))
    return [sum(each) / len(found) for each in zip(*found, strict=True)]


@pytest.mark.parametrize(
    "parts",
    [{"classifier", "probe", "zero_shot"}, {"probe", "zero_shot"}, {"classifier", "probe"}, {"classifier"}],
    ids=lambda parts: "+".join(sorted(parts)),
)
@pytest.mark.parametrize("form", ["entropy", "max"])
def test_it_is_the_entropy_of_the_mean_probability(parts: set[str], form: str) -> None:
    scorer = COOkeD(**{name: name in parts for name in ("classifier", "probe", "zero_shot")}, form=form)  # type: ignore[arg-type]
    found = scorer.fit(REFERENCE)(ROWS).numpy()
    for row in range(len(ROWS)):
        p = shares(row, parts)
        wanted = sum(each * math.log(each) for each in p) if form == "entropy" else max(p)
        assert found[row] == pytest.approx(wanted, abs=1e-6)


def test_a_classifier_that_is_not_there_is_left_out_and_said() -> None:
    alone = COOkeD().fit(replace(REFERENCE, classifier=None))
    assert [each.text for each in alone.remarks] == ["COOkeD has no classifier: it averages the others"]
    torch.testing.assert_close(alone(ROWS), COOkeD(classifier=False).fit(REFERENCE)(ROWS))
    probe = COOkeD(classifier=False, zero_shot=False).fit(REFERENCE)(ROWS)
    torch.testing.assert_close(probe, Entropy(space="visual").fit(REFERENCE)(VISUAL))


def test_a_classifier_of_another_model_reads_its_own_features_beside_them() -> None:
    """As in the paper, whose classifier is no CLIP: visual features of both models, side by side."""
    other, theirs = Linear(7, 5), 3 * unit(9, 23).double()[:, :7]
    assert REFERENCE.head is not None and REFERENCE.class_text is not None
    wide = []
    for linear, blank in ((REFERENCE.head, 0), (other, 1)):
        padded = Linear(16 + 7, 5)
        with torch.no_grad():
            parts = (linear.weight, torch.zeros(5, 16 if blank else 7))
            padded.weight.copy_(torch.cat(parts[::-1] if blank else parts, dim=1))
            padded.bias.copy_(linear.bias)
        wide.append(padded)
    reference = replace(REFERENCE, images=None, labels=None, head=wide[0], classifier=wide[1])
    found = COOkeD().fit(reference)(select_features("both", JOINT, torch.cat([VISUAL, theirs], dim=1), None))
    text = torch.nn.functional.normalize(REFERENCE.class_text.double(), dim=1)
    logits = [20 * JOINT @ text.T]
    for rows, linear in ((VISUAL, REFERENCE.head), (theirs, other)):
        logits.append(rows @ linear.weight.double().T + linear.bias.double())
    p = torch.stack([each.softmax(dim=1) for each in logits]).mean(dim=0)
    torch.testing.assert_close(found, (p * p.log()).sum(dim=1), atol=1e-5, rtol=1e-5)


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(
        StudioError, match="needs classifier or probe: of the zero-shot text alone the score is entropy"
    ):
        COOkeD(classifier=False, probe=False)
    with pytest.raises(StudioError, match=r"COOkeD needs a second head, of a trained classifier \(classifier\)"):
        COOkeD(probe=False).fit(replace(REFERENCE, classifier=None))
    with pytest.raises(
        StudioError, match=r"the classifier of COOkeD must give 5 classes of 16 features, .*not 4 of 16"
    ):
        COOkeD().fit(replace(REFERENCE, classifier=Linear(16, 4)))
    wrong = ROWS.clone()
    wrong[4, :16] = 0
    with pytest.raises(StudioError, match="row 4 is zero"):
        COOkeD().fit(REFERENCE)(wrong)


def test_a_confident_image_has_a_finite_gradient() -> None:
    reference = replace(REFERENCE, logit_scale=1e4, head=None, classifier=None)
    sharp = Linear(16, 5)
    with torch.no_grad():
        sharp.weight.mul_(1e5)
    rows = ROWS.float().requires_grad_()
    (gradient,) = torch.autograd.grad(COOkeD().fit(replace(reference, head=sharp))(rows).sum(), rows)
    assert torch.isfinite(gradient).all()
