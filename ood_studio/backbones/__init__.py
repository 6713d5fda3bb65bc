"""Backbones: images and texts become vectors. ``load_backbone("diorama")``, any open_clip or timm checkpoint."""

from __future__ import annotations

from ood_studio.backbones.base import Backbone, BackboneError, ImageFeatures
from ood_studio.backbones.families import FAMILIES, Family, Model
from ood_studio.backbones.loading import (
    BUNDLED,
    DEFAULT,
    available_offline,
    bundled_names,
    describe_backbone,
    load_backbone,
    loading_stage,
    offered_backbones,
)
from ood_studio.backbones.open_clip_model import OpenClipBackbone
from ood_studio.backbones.prompts import PromptedTexts, PseudoWords
from ood_studio.backbones.timm_model import TimmBackbone

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "FAMILIES",
    "Backbone",
    "BackboneError",
    "Family",
    "ImageFeatures",
    "Model",
    "OpenClipBackbone",
    "PromptedTexts",
    "PseudoWords",
    "TimmBackbone",
    "available_offline",
    "bundled_names",
    "describe_backbone",
    "load_backbone",
    "loading_stage",
    "offered_backbones",
]
