"""A zoo of models compared: accuracy, OOD detection, visual factors, calibration and retrieval, on one world."""

from ood_studio.evaluation.zoo.figures import Diagram, Figure, Measured, Retrieved
from ood_studio.evaluation.zoo.measure import measure
from ood_studio.evaluation.zoo.measurement import Measurement
from ood_studio.evaluation.zoo.rules import RULES, Rule
from ood_studio.evaluation.zoo.run import ZooRun, compare_runs, other_versions, passport
from ood_studio.evaluation.zoo.stored import StoredZoo, ZooStore

__all__ = [
    "RULES",
    "Diagram",
    "Figure",
    "Measured",
    "Measurement",
    "Retrieved",
    "Rule",
    "StoredZoo",
    "ZooRun",
    "ZooStore",
    "compare_runs",
    "measure",
    "other_versions",
    "passport",
]
