"""Detectors that are calibrated: thresholds with a promise, their audit, and alarms when the world changes."""

from ood_studio.detectors.audit import Audit, audit
from ood_studio.detectors.classwise import Classwise, classwise
from ood_studio.detectors.conformal import Calibration, Promise
from ood_studio.detectors.decision import COLUMNS, Decision
from ood_studio.detectors.detector import Detector
from ood_studio.detectors.discoveries import discoveries
from ood_studio.detectors.drift import RateAlarm, SimpleJumper

__all__ = [
    "COLUMNS",
    "Audit",
    "Calibration",
    "Classwise",
    "Decision",
    "Detector",
    "Promise",
    "RateAlarm",
    "SimpleJumper",
    "audit",
    "classwise",
    "discoveries",
]
