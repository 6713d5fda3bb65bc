"""The 15 corruptions of ImageNet-C (Hendrycks & Dietterich, 2019) at 5 severities: what of a photograph can be changed.

They are those of the library imagecorruptions-imaug, an optional part of the installation.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.changeable import Changeable, Thing
from ood_studio.data.dataset import Dataset
from ood_studio.hub.errors import first_line

CORRUPTIONS = (
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
)
"""Their names there, in the paper's order."""
SEVERITIES = (1, 2, 3, 4, 5)
SIDE = 224
"""Pixels of the shorter side that larger images are brought to first: the severities are made for these."""
FEWEST = 32
"""Pixels that an image must have on each side."""
_OWN_SEED = ("impulse_noise", "glass_blur")  # all others read numpy's global state
_AT_WORK = threading.Lock()  # so that no two read it at once, nor look for a library that another is just loading


def can_corrupt() -> bool:
    """Whether the library is there."""
    with _AT_WORK:
        return _is_there()


def _is_there() -> bool:
    # Of cv2, while another thread imports it, find_spec says ValueError.
    return all(find_spec(name) is not None for name in ("imagecorruptions", "cv2", "skimage"))


def _library() -> Any:
    if not _is_there():
        raise StudioError("corruptions need a library: pip install 'ood-studio[corruptions]'")
    try:
        from imagecorruptions import corrupt
    except ImportError as error:  # such as OpenCV on a machine without a screen
        raise StudioError(
            f"the library of corruptions cannot be loaded here ({first_line(error)}); where a file such as libGL.so.1 "
            "is missing, pip install opencv-python-headless in place of opencv-python"
        ) from error
    return corrupt


def corrupted(image: Image.Image, name: str, severity: int, seed: int = 0) -> Image.Image:
    """An image corrupted, the same for the same seed.

    Args:
        image: RGB; one whose shorter side is above `SIDE` pixels is shrunk to that first.
        name: one of `CORRUPTIONS`.
        severity: 1 to 5; 0 leaves the image as it is.
        seed: of what is random in it.

    Raises:
        StudioError: for a corruption or severity that there is not, an image of less than 32 pixels on a side, or
            where the library is not installed.
    """
    _check(name, severity)
    image = _sized(image.convert("RGB"))
    if min(image.size) < FEWEST:
        raise StudioError(
            f"only pictures of at least {FEWEST} × {FEWEST} pixels can be corrupted, not {image.width} × {image.height}"
        )
    if severity == 0:
        return image
    own = {"seed": seed} if name in _OWN_SEED else {}
    with _AT_WORK:
        corrupt = _library()
        state = np.random.get_state()
        np.random.seed(seed)
        try:
            found = corrupt(np.asarray(image), corruption_name=name, severity=severity, **own)
        finally:
            np.random.set_state(state)
    return Image.fromarray(found)


class CorruptiblePicture(Changeable):
    """A photograph, of which nothing can be changed but how well it is seen.

    Args:
        image: as it was; a large one is shrunk to what corruptions are made for.
        name: for people.
        changes: severities by corruption.
    """

    def __init__(self, image: Image.Image, name: str, changes: Mapping[str, str] | None = None) -> None:
        self.image, self.name, self.changes = _sized(image.convert("RGB")), name, dict(changes or {})
        self._seed = seed_of(self.image)

    def things(self) -> tuple[Thing, ...]:
        """The corruptions, each at "none" or one of its severities."""
        values = ("none", *map(str, SEVERITIES))
        return tuple(Thing(name, title_of(name), values, "none") for name in CORRUPTIONS)

    def draw(self) -> Image.Image:
        """The picture with its corruptions, one after the other."""
        found = self.image
        for name in CORRUPTIONS:
            if name in self.changes:
                found = corrupted(found, name, int(self.changes[name]), self._seed)
        return found

    def _with(self, changes: Mapping[str, str]) -> CorruptiblePicture:
        return CorruptiblePicture(self.image, self.name, changes)


class CorruptedDataset(Dataset):
    """A dataset with each image corrupted in one way.

    Raises:
        StudioError: for a corruption or severity that there is not.
    """

    def __init__(self, whole: Dataset, corruption: str, severity: int) -> None:
        _check(corruption, severity)
        self.whole: Dataset = whole
        self._corruption, self._severity = corruption, severity
        said = title_of(corruption)
        self.name = f"{whole.name}, {said if said.startswith('JPEG') else said.lower()} {severity}"
        self.key = f"{whole.key}/corrupted/{corruption}/{severity}"
        self.labels, self.classes, self.numbered = whole.labels, whole.classes, whole.numbered
        self.place = whole.place

    def __len__(self) -> int:
        return len(self.whole)

    def load(self, index: int) -> Image.Image:
        """The image, corrupted."""
        clean = _sized(self.whole.load(index).convert("RGB"))
        return corrupted(clean, self._corruption, self._severity, seed_of(clean))

    def caption(self, index: int) -> str:
        """What the whole set calls it."""
        return self.whole.caption(index)

    def _arguments(self) -> dict[str, Any]:
        return {"whole": self.whole, "corruption": self._corruption, "severity": self._severity}


def title_of(corruption: str) -> str:
    """A corruption's name for people."""
    return corruption.replace("_", " ").replace("jpeg", "JPEG").capitalize().replace("Jpeg", "JPEG")


def seed_of(image: Image.Image) -> int:
    """A seed that is the image's own."""
    return int.from_bytes(hashlib.sha256(image.tobytes()).digest()[:4], "little")


def _check(name: str, severity: int) -> None:
    if name not in CORRUPTIONS:
        raise StudioError(f"there is no corruption {name}; there are {', '.join(CORRUPTIONS)}")
    if severity not in (0, *SEVERITIES):
        raise StudioError(f"the severity of a corruption is 0 to 5, not {severity}")


def _sized(image: Image.Image) -> Image.Image:
    shorter = min(image.size)
    if shorter <= SIDE:
        return image
    size = (max(1, round(image.width * SIDE / shorter)), max(1, round(image.height * SIDE / shorter)))
    return image.resize(size, Image.Resampling.BICUBIC)
