"""ImageNet-1k's classes: their names, and the WordNet ids that its class folders are called by."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_SYNSET = re.compile(r"n\d{8}")


def imagenet_names() -> tuple[str, ...]:
    """The 1,000 class names in label order, as open_clip lists them; two names stand twice."""
    from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

    return tuple(IMAGENET_CLASSNAMES)


@lru_cache(maxsize=1)
def imagenet_synsets() -> tuple[str, ...]:
    """The 1,000 WordNet ids in label order, such as ``n01440764``."""
    from timm.data.imagenet_info import ImageNetInfo

    about: Any = ImageNetInfo("imagenet-1k")
    return tuple(about.label_names())


@lru_cache(maxsize=1)
def imagenet_lemmas() -> tuple[str, ...]:
    """The 1,000 classes' words of WordNet in label order, such as ``tench, Tinca tinca``; "crane" stands twice."""
    from timm.data.imagenet_info import ImageNetInfo

    about: Any = ImageNetInfo("imagenet-1k")
    return tuple(about.index_to_description(i) for i in range(about.num_classes()))


def is_synset(name: str) -> bool:
    """Whether a class folder is called by a WordNet id, which is no word."""
    return _SYNSET.fullmatch(name) is not None
