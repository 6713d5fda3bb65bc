"""What people ask for. A request contains the dataclasses of the methods it uses; its fields are the forms, the flags,
the links and the API, each declared once (see `ood_studio.core.parameters`)."""

from ood_studio.studio.requests.adapt import AdaptRequest, JudgeAgainRequest
from ood_studio.studio.requests.attack import AttackImageRequest, AttackSetRequest
from ood_studio.studio.requests.bench import BenchRequest
from ood_studio.studio.requests.detector import AuditRequest, DecideRequest, DetectorRequest
from ood_studio.studio.requests.explore import ExploreRequest
from ood_studio.studio.requests.feature_map import FeatureMapRequest
from ood_studio.studio.requests.flips import FactorRequest, FlipRequest
from ood_studio.studio.requests.labels import LabelChoice
from ood_studio.studio.requests.stream import StreamRequest
from ood_studio.studio.requests.synthesize import SynthesizeImageRequest, SynthesizeSetRequest
from ood_studio.studio.requests.zoo import ZooRequest

REQUESTS = (
    LabelChoice,
    ExploreRequest,
    BenchRequest,
    AttackImageRequest,
    AttackSetRequest,
    SynthesizeImageRequest,
    SynthesizeSetRequest,
    FeatureMapRequest,
    DetectorRequest,
    DecideRequest,
    AuditRequest,
    AdaptRequest,
    JudgeAgainRequest,
    ZooRequest,
    StreamRequest,
    FlipRequest,
    FactorRequest,
)
"""Every request; `LabelChoice` alone asks for negative labels."""

__all__ = [
    "REQUESTS",
    "AdaptRequest",
    "AttackImageRequest",
    "AttackSetRequest",
    "AuditRequest",
    "BenchRequest",
    "DecideRequest",
    "DetectorRequest",
    "ExploreRequest",
    "FactorRequest",
    "FeatureMapRequest",
    "FlipRequest",
    "JudgeAgainRequest",
    "LabelChoice",
    "StreamRequest",
    "SynthesizeImageRequest",
    "SynthesizeSetRequest",
    "ZooRequest",
]
