"""A zoo of models compared: accuracy, OOD detection, visual factors, calibration and retrieval, on one world."""

from ood_studio.evaluation.zoo.figures import Figure, Measured
from ood_studio.evaluation.zoo.measure import Measurement, measure
from ood_studio.evaluation.zoo.rules import RULES, Rule

__all__ = ["RULES", "Figure", "Measured", "Measurement", "Rule", "measure"]
