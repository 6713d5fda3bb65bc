"""The service layer: a typed request in, a typed result out; interface, command line and API all call this.

Nothing here belongs to one user. What is shared (models, text features, reference pictures) is kept by content: asking
again for the same thing costs nothing, and changing one choice recomputes only what depends on it.
"""

from ood_studio.studio.answers import (
    Affinity,
    ExploreResult,
    PictureReport,
    Reading,
    ReferenceScores,
    SweepPoint,
)
from ood_studio.studio.attack import Attacking, AttackResult
from ood_studio.studio.craft import AttackImageStep, Crafting
from ood_studio.studio.explore import Exploring
from ood_studio.studio.feature_map import Mapping
from ood_studio.studio.requests import (
    AttackImageRequest,
    AttackSetRequest,
    BenchRequest,
    ExploreRequest,
    FeatureMapRequest,
    LabelChoice,
    SynthesizeImageRequest,
    SynthesizeSetRequest,
)
from ood_studio.studio.synthesize import SynthesizeImageStep, Synthesizing

__all__ = [
    "Affinity",
    "AttackImageRequest",
    "AttackImageStep",
    "AttackResult",
    "AttackSetRequest",
    "BenchRequest",
    "ExploreRequest",
    "ExploreResult",
    "FeatureMapRequest",
    "LabelChoice",
    "PictureReport",
    "Reading",
    "ReferenceScores",
    "Studio",
    "SweepPoint",
    "SynthesizeImageRequest",
    "SynthesizeImageStep",
    "SynthesizeSetRequest",
]


class Studio(Exploring, Attacking, Crafting, Synthesizing, Mapping):
    """Answers every request; safe to share between threads."""
