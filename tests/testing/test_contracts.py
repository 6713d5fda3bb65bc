"""The public contracts find what they are there to find: each broken thing fails the check that is about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones import Backbone, ImageFeatures
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.data.dataset import Dataset
from ood_studio.scorers import Reference, Scorer, unit_rows
from ood_studio.testing import ContractError, backbone_contract, dataset_contract, scorer_contract
from ood_studio.worlds import open_split

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin" / "margin.py"


def broken(contract: Callable[[Any], None], thing: Any) -> list[str]:
    """The checks that something fails, by name."""
    with pytest.raises(ContractError) as caught:
        contract(thing)
    title, *lines = str(caught.value).splitlines()
    assert f" breaks {len(lines)} of " in title
    return [line.removeprefix("- ").partition(":")[0] for line in lines]


# --- scorers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nearest(Scorer):
    """The largest cosine to a label: a sound scorer, which the others break in one way each."""

    name: ClassVar[str] = "nearest"
    title: ClassVar[str] = "Nearest"
    needs: ClassVar[tuple[str, ...]] = ("class_text",)
    weight: Annotated[float, Bounds(0, 10, help="Weight")] = 1.0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        classes = unit_rows(reference.class_text)
        return lambda features: self.weight * (features @ classes.to(features).T).amax(dim=1)


@dataclass(frozen=True)
class Unbounded(Nearest):
    bias: float = 0.0


class Reversed(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        return lambda features: -score(features)


class Centred(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        return lambda features: score(features) - score(features).mean()


class Lazy(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        return lambda features: (features @ reference.class_text.to(features).T).amax(dim=1)


class Noisy(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score, shift = super()._fit(reference), torch.rand(())
        return lambda features: score(features) + shift.to(features)


class Greedy(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        reference.class_text.mul_(0.5)
        return score


class Detached(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        return lambda features: score(features.detach()) + 0 * features.sum(dim=1)


class Single(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        return lambda features: score(features).float()


class Columns(Nearest):
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        score = super()._fit(reference)
        return lambda features: score(features)[:, None]


class Needless(Nearest):
    needs: ClassVar[tuple[str, ...]] = ()


class Sealed(Nearest):
    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle it")


def test_a_sound_scorer_and_the_example_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer_contract(Nearest)
    scorer_contract(Nearest(weight=2.0))
    spec = spec_from_file_location("margin_example", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    scorer_contract(module.Margin)


@pytest.mark.parametrize(
    ("scorer", "check"),
    [
        (Unbounded, "every number has bounds and keeps to them"),
        (Reversed, "in distribution scores higher"),
        (Centred, "an image scores the same in any batch"),
        (Lazy, "a fitted score outlives changes to its reference"),
        (Noisy, "refitting repeats itself and changes nothing"),
        (Greedy, "refitting repeats itself and changes nothing"),
        (Detached, "gradients reach the features"),
        (Single, "scores are one finite number an image"),
        (Columns, "scores are one finite number an image"),
        (Needless, "what is missing is said"),
        (Sealed, "it pickles"),
    ],
)
def test_a_broken_scorer_fails_its_check(scorer: type[Scorer], check: str) -> None:
    assert check in broken(scorer_contract, scorer)


# --- backbones ---------------------------------------------------------------------------------------------------


class Tiny(Backbone):
    """A random linear map of 8-pixel images and of letters: sound, and broken in one way each below."""

    name, dim, image_size, logit_scale, has_patches = "tiny", 6, 8, 10.0, False
    fingerprint, device, dtype = "tiny/0123456789", torch.device("cpu"), torch.float32
    input_shape = (8, 8)
    norm = True

    def __init__(self) -> None:
        self._weight = torch.randn(192, 6, generator=torch.Generator().manual_seed(0))
        self._letters = torch.randn(256, 6, generator=torch.Generator().manual_seed(1))

    def _transform(self, image: Image.Image) -> Tensor:
        return torch.from_numpy(np.array(image.resize((8, 8)))).permute(2, 0, 1).float() / 255

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        visual = pixels.flatten(1) @ self._weight
        return ImageFeatures(functional.normalize(visual, dim=-1) if self.norm else visual, visual, None)

    def _encode_text(self, texts: list[str]) -> Tensor:
        return torch.stack([self._letters[list(text.encode()[:20])].sum(dim=0) for text in texts])


class Long(Tiny):
    norm = False


class Shifted(Tiny):
    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        return super()._encode_image(pixels - pixels.mean())


class Frozen(Tiny):
    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        return super()._encode_image(pixels.detach() + 0 * pixels)


class Bright(Tiny):
    def _transform(self, image: Image.Image) -> Tensor:
        return super()._transform(image) * 255


class Square(Tiny):
    image_size = 16


class Patchy(Tiny):
    has_patches = True


class Nameless(Tiny):
    fingerprint = "tiny"


def test_a_sound_backbone_passes() -> None:
    backbone_contract(Tiny())


@pytest.mark.parametrize(
    ("backbone", "check"),
    [
        (Long, "features have their shapes and norms"),
        (Patchy, "features have their shapes and norms"),
        (Shifted, "an image is the same in any batch"),
        (Frozen, "gradients agree with finite differences"),
        (Bright, "pixels are as it wants them"),
        (Square, "pixels are as it wants them"),
        (Nameless, "its fingerprint is there"),
    ],
)
def test_a_broken_backbone_fails_its_check(backbone: type[Backbone], check: str) -> None:
    assert check in broken(backbone_contract, backbone())


# --- datasets ----------------------------------------------------------------------------------------------------


class Colours(Dataset):
    """Images of one colour each: sound, and broken in one way each below."""

    classes = ("dark", "bright")

    def __init__(self, count: int = 5) -> None:
        self.name, self.key, self._count = "colours", f"{type(self).__name__}/{count}", count
        self.labels = np.arange(count, dtype=np.int64) % 2

    def __len__(self) -> int:
        return self._count

    def load(self, index: int) -> Image.Image:
        if index >= self._count:
            raise StudioError(f"there is no colour {index}")
        return Image.new("RGB", (8, 8), (40 * index, 0, 0))

    def caption(self, index: int) -> str:
        return f"colour {index}"

    def _arguments(self) -> dict[str, Any]:
        return {"count": self._count}


class Endless(Colours):
    def load(self, index: int) -> Image.Image:
        return super().load(index % self._count)


class Grey(Colours):
    def load(self, index: int) -> Image.Image:
        return super().load(index).convert("L")


class Flickering(Colours):
    def load(self, index: int) -> Image.Image:
        super().load(index)
        return Image.fromarray(np.random.default_rng().integers(0, 256, (8, 8, 3), dtype=np.uint8))


class Silent(Colours):
    def caption(self, index: int) -> str:
        return ""


class Forgetful(Colours):
    def _arguments(self) -> dict[str, Any]:
        return {}


class Unsorted(Colours):
    def __init__(self, count: int = 5) -> None:
        super().__init__(count)
        self.labels = np.arange(count, dtype=np.int64) - 3


class Empty(Colours):
    def __init__(self, count: int = 0) -> None:
        super().__init__(count)


class Fixed(Colours):
    def _arguments(self) -> dict[str, Any]:
        raise StudioError("it stays where it is")


def test_sound_datasets_pass() -> None:
    dataset_contract(Colours())
    dataset_contract(Fixed())  # it says why it cannot be opened again
    for split in ("id-test", "near-ood"):
        dataset_contract(open_split(split, 3, 4))


@pytest.mark.parametrize(
    ("dataset", "check"),
    [
        (Endless(), "it has images a name and a key"),
        (Empty(), "it has images a name and a key"),
        (Grey(), "images are rgb and the same again"),
        (Flickering(), "images are rgb and the same again"),
        (Flickering(), "threads may read at once"),
        (Flickering(), "a part of it is a dataset"),
        (Silent(), "every image has a caption"),
        (Forgetful(3), "it is reopened or says why not"),
        (Unsorted(), "labels are numbers of its images"),
    ],
)
def test_a_broken_dataset_fails_its_check(dataset: Dataset, check: str) -> None:
    assert check in broken(dataset_contract, dataset)
