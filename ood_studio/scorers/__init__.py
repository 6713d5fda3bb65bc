"""OOD scores, one a file: image features -> one number an image, higher = more in-distribution.

>>> score = NegLabel().fit(Reference(class_text=classes, negative_text=negatives))  # doctest: +SKIP
>>> score(features)  # (batch,)  # doctest: +SKIP
"""

from __future__ import annotations

from ood_studio.scorers.adaneg import AdaNeg
from ood_studio.scorers.base import FittedScore, Reference, Scorer
from ood_studio.scorers.cooked import COOkeD
from ood_studio.scorers.csp import CSP
from ood_studio.scorers.energy import Energy
from ood_studio.scorers.entropy import Entropy
from ood_studio.scorers.gen import GEN
from ood_studio.scorers.gl_mcm import GLMCM
from ood_studio.scorers.interneg import InterNeg, InterNegInverted
from ood_studio.scorers.kl_matching import KLMatching
from ood_studio.scorers.kmeans_mahalanobis import KMeansMahalanobis
from ood_studio.scorers.knn import KNN
from ood_studio.scorers.mahalanobis import Mahalanobis
from ood_studio.scorers.maxlogit import MaxLogit
from ood_studio.scorers.mcm import MCM
from ood_studio.scorers.msp import MSP
from ood_studio.scorers.neglabel import FORMS, NegLabel, affinities
from ood_studio.scorers.negrefine import NegRefine
from ood_studio.scorers.react import ReAct
from ood_studio.scorers.registry import SCORERS
from ood_studio.scorers.relative_mahalanobis import RelativeMahalanobis
from ood_studio.scorers.tanl import TANL
from ood_studio.scorers.vectors import Space, parts_of, read_features, select_features, unit_rows
from ood_studio.scorers.vim import ViM

for _scorer in (
    NegLabel,
    MCM,
    MSP,
    MaxLogit,
    Energy,
    Entropy,
    GEN,
    GLMCM,
    CSP,
    AdaNeg,
    TANL,
    NegRefine,
    InterNeg,
    InterNegInverted,
    KNN,
    Mahalanobis,
    RelativeMahalanobis,
    KMeansMahalanobis,
    ViM,
    ReAct,
    KLMatching,
    COOkeD,
):
    SCORERS.register(_scorer)

__all__ = [
    "CSP",
    "FORMS",
    "GEN",
    "GLMCM",
    "KNN",
    "MCM",
    "MSP",
    "SCORERS",
    "TANL",
    "AdaNeg",
    "COOkeD",
    "Energy",
    "Entropy",
    "FittedScore",
    "InterNeg",
    "InterNegInverted",
    "KLMatching",
    "KMeansMahalanobis",
    "Mahalanobis",
    "MaxLogit",
    "NegLabel",
    "NegRefine",
    "ReAct",
    "Reference",
    "RelativeMahalanobis",
    "Scorer",
    "Space",
    "ViM",
    "affinities",
    "parts_of",
    "read_features",
    "select_features",
    "unit_rows",
]
