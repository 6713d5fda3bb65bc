"""What can be learnt on a frozen backbone, one method a file: `fit` gives an `Adapted`, which any scorer reads.

>>> adapted = PseudoLabelProbing().fit(backbone, material, seed=0)  # doctest: +SKIP
>>> Energy(space="visual").fit(adapted.reference(reference))  # doctest: +SKIP
"""

from __future__ import annotations

from ood_studio.adapters.adaptation import Adaptation, AdaptedBackbone, load_adaptation, rebuild_adaptation
from ood_studio.adapters.base import Adapted, Adapter, Diverged, Epoch
from ood_studio.adapters.krnft import KRNFT
from ood_studio.adapters.material import Material
from ood_studio.adapters.plp import PseudoLabelProbing
from ood_studio.adapters.probe import Probe
from ood_studio.adapters.prompt import PromptTuning
from ood_studio.adapters.record import AdapterError, Record
from ood_studio.adapters.registry import ADAPTERS, adapter_of, parse_adapter
from ood_studio.adapters.store import SavedAdapter, export, find_adapter, keep_file, remove, save, saved_adapters
from ood_studio.adapters.synood_labels import SynOODLabels
from ood_studio.adapters.synood_projection import SynOODProjection
from ood_studio.adapters.taskres import TaskResidual

for _adapter in (PseudoLabelProbing, Probe, SynOODProjection, SynOODLabels, TaskResidual, KRNFT, PromptTuning):
    ADAPTERS.register(_adapter)

__all__ = [
    "ADAPTERS",
    "KRNFT",
    "Adaptation",
    "Adapted",
    "AdaptedBackbone",
    "Adapter",
    "AdapterError",
    "Diverged",
    "Epoch",
    "Material",
    "Probe",
    "PromptTuning",
    "PseudoLabelProbing",
    "Record",
    "SavedAdapter",
    "SynOODLabels",
    "SynOODProjection",
    "TaskResidual",
    "adapter_of",
    "export",
    "find_adapter",
    "keep_file",
    "load_adaptation",
    "parse_adapter",
    "rebuild_adaptation",
    "remove",
    "save",
    "saved_adapters",
]
