"""What the near-boundary loop minimises: losses that fall as an image leaves the known classes.

E = −logsumexp(g) is the energy of logits g (Liu et al. 2020): low for images of known classes, high for others.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from torch import Tensor

from ood_studio.core.errors import StudioError

LossForm = Literal["target", "hinge", "published"]
"""How the loss is formed: the authors' code, the hinge of Liu et al., or Eq. 7 as it is printed."""

LOSS_FORMS: tuple[LossForm, ...] = get_args(LossForm)


def check_form(form: str) -> None:
    """Checks the name of a form.

    Raises:
        StudioError: for an unknown one.
    """
    if form not in LOSS_FORMS:
        raise StudioError(f"loss must be one of {', '.join(LOSS_FORMS)}, not {form!r}")


def default_target(classes: int) -> float:
    """−log K + 2 for K classes: what the authors' −5 is for K = 1000.

    mean(g) − logsumexp(g) is never above −log K, so that this target is out of reach and simply pushes to the uniform
    distribution; a lower one is a boundary where images come to rest.
    """
    return 2.0 - math.log(classes)


def default_energy(classes: int) -> float:
    """5 − log K for K classes: 5 above the energy of logits that are all 0, where m_out is not given.

    Liu et al. choose m_out for each data set. This one lies where every class is spoken against, beyond most images
    of unknown things, so that the hinge has a slope for images without an object too.
    """
    return 5.0 - math.log(classes)


def energy(logits: Tensor) -> Tensor:
    """E = −logsumexp(g): (batch, classes) -> (batch,); higher = less in-distribution."""
    return -logits.logsumexp(dim=1)


def hinge_loss(energies: Tensor, m_out: float) -> Tensor:
    """max(0, m_out − E)² (Liu et al. 2020, the OOD half of Eq. 8): pushes the energy up to m_out and no further.

    Args:
        energies: (batch,). Of a score s other than the energy, −s.
        m_out: the energy aimed at.

    Returns:
        (batch,).
    """
    return (m_out - energies).clamp_min(0).square()


def target_loss(logits: Tensor, target: float) -> Tensor:
    """(t − (mean(g) − logsumexp(g)))², the loss of SynOOD's code.

    Args:
        logits: (batch, classes).
        target: t, see `default_target`.

    Returns:
        (batch,).
    """
    return (target - (logits.mean(dim=1) - logits.logsumexp(dim=1))).square()


def published_loss(logits: Tensor, m_out: float, temperature: float = 1.0) -> Tensor:
    """m_out − τ·logsumexp(g / τ), Eq. 7 of SynOOD as it is printed.

    An erratum: its sign is the wrong way round. Minimising it raises the log-sum-exp, so it lowers the energy and makes
    images *more* in-distribution. It is here so that this can be seen; `hinge_loss` is the loss of the work that the
    equation refers to, `target_loss` that of the authors' code.

    Args:
        logits: (batch, classes).
        m_out: a constant without influence on the gradient.
        temperature: τ.

    Returns:
        (batch,).
    """
    return m_out - temperature * (logits / temperature).logsumexp(dim=1)


def score_target_loss(scores: Tensor, target: float) -> Tensor:
    """(t − s)² for any score: (batch,) -> (batch,); images come to rest where their score is t."""
    return (target - scores).square()
