"""The service layer: a typed request in, a typed result out; interface, command line and API all call this.

Nothing here belongs to one user. What is shared (models, text features, reference images) is kept by content: asking
again for the same thing costs nothing, and changing one choice recomputes only what depends on it.
"""

from ood_studio.studio.answers import ExploreResult, ImageReport, SweepPoint
from ood_studio.studio.assessment import Assessment
from ood_studio.studio.attack_image import AttackImageStep
from ood_studio.studio.attack_results import AttackResult, Evaluation
from ood_studio.studio.detector import DetectorAudit, DetectorResult
from ood_studio.studio.requests import (
    AdaptRequest,
    AttackImageRequest,
    AttackSetRequest,
    AuditRequest,
    BenchRequest,
    DecideRequest,
    DetectorRequest,
    ExploreRequest,
    FactorRequest,
    FeatureMapRequest,
    FlipRequest,
    JudgeAgainRequest,
    LabelChoice,
    SynthesizeImageRequest,
    SynthesizeSetRequest,
    ZooRequest,
)
from ood_studio.studio.scores import Affinity, Reading, ReferenceScores
from ood_studio.studio.studio import Studio
from ood_studio.studio.synthesize_image import SynthesizeImageStep
from ood_studio.studio.zoo import ZooAnswer

__all__ = [
    "AdaptRequest",
    "Affinity",
    "Assessment",
    "AttackImageRequest",
    "AttackImageStep",
    "AttackResult",
    "AttackSetRequest",
    "AuditRequest",
    "BenchRequest",
    "DecideRequest",
    "DetectorAudit",
    "DetectorRequest",
    "DetectorResult",
    "Evaluation",
    "ExploreRequest",
    "ExploreResult",
    "FactorRequest",
    "FeatureMapRequest",
    "FlipRequest",
    "ImageReport",
    "JudgeAgainRequest",
    "LabelChoice",
    "Reading",
    "ReferenceScores",
    "Studio",
    "SweepPoint",
    "SynthesizeImageRequest",
    "SynthesizeImageStep",
    "SynthesizeSetRequest",
    "ZooAnswer",
    "ZooRequest",
]
