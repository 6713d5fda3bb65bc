"""The services of a studio, and which of them work with which others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ood_studio.studio.adapt import AdaptService
from ood_studio.studio.assessment import Assessors
from ood_studio.studio.attack_image import AttackImageService
from ood_studio.studio.attack_set import AttackSetService
from ood_studio.studio.bench import BenchService
from ood_studio.studio.decide import DecideService
from ood_studio.studio.detector import DetectorService
from ood_studio.studio.explore import ExploreService
from ood_studio.studio.factors import FactorService
from ood_studio.studio.feature_map import FeatureMapService
from ood_studio.studio.fit import FitService
from ood_studio.studio.flips import FlipService
from ood_studio.studio.hosted import Hosted
from ood_studio.studio.judge import JudgeService
from ood_studio.studio.judge_again import JudgeAgainService
from ood_studio.studio.stream import StreamService
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.synthesize_image import SynthesizeImageService
from ood_studio.studio.synthesize_set import SynthesizeSetService
from ood_studio.studio.workbench import Workbench
from ood_studio.studio.zoo import ZooService


class Services:
    """All of them on one workbench.

    Args:
        workbench: models, labels and features.
        hosted: what strangers may ask for; None for anything.
        allow: lets a request pass, or raises a StudioError; for services that make requests of their own.
    """

    def __init__(self, workbench: Workbench, hosted: Hosted | None, allow: Callable[[Any], None]) -> None:
        suites = SuiteBenches(workbench)
        self.explore = ExploreService(workbench)
        self.flips = FlipService(workbench)
        self.factors = FactorService(workbench, suites)
        self.bench = BenchService(workbench, suites)
        self.stream = StreamService(workbench, suites)
        self.attack_image = AttackImageService(workbench)
        self.attack_set = AttackSetService(workbench, suites)
        self.synthesize_image = SynthesizeImageService(workbench, Assessors(workbench))
        self.synthesize_set = SynthesizeSetService(workbench, self.synthesize_image)
        self.feature_map = FeatureMapService(workbench)
        self.adapt = AdaptService(workbench)
        self.judge = JudgeService(workbench)
        self.fit = FitService(self.adapt, self.judge)
        self.judge_again = JudgeAgainService(self.attack_set, self.synthesize_set, allow)
        self.detector = DetectorService(workbench)
        self.decide = DecideService(workbench, hosted)
        self.zoo = ZooService(workbench)
