"""Inpainting taken apart gives what the pipeline gives whole, and refuses what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.synthesis.baselines import negative_label_images, unguided
from ood_studio.synthesis.inpainting import Inpainter, InpaintingError
from ood_studio.synthesis.inpainting_models import load_inpainter
from tests.synthesis.tiny import SIZE

PROMPT = "the old house"


def with_scheduler(inpainter: Inpainter, kind: str, **options: Any) -> Inpainter:
    """The same networks with another scheduler."""
    import diffusers

    pipeline = inpainter._pipeline()
    options |= {"skip_prk_steps": True} if kind == "PNDMScheduler" else {}
    pipeline.scheduler = getattr(diffusers, kind).from_config(pipeline.scheduler.config, **options)
    return Inpainter(kind, pipeline)


def painted(inpainter: Inpainter, pixels: Tensor, **options: Any) -> Tensor:
    conditions = inpainter.begin(pixels, [PROMPT] * len(pixels), seeds=[5] * len(pixels), **options)
    return inpainter.decode(inpainter.denoise(conditions, conditions.noise))


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        ("DDIMScheduler", True),
        ("PNDMScheduler", True),
        ("DPMSolverMultistepScheduler", True),
        ("EulerDiscreteScheduler", False),  # its noise is scaled, which rounds
        ("EulerAncestralDiscreteScheduler", False),  # draws noise at every step too
    ],
)
@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_it_is_the_pipeline_bit_for_bit(
    inpainter: Inpainter, pixels: Tensor, kind: str, exact: bool, strength: float
) -> None:
    """Our parts in a row against one call of diffusers' pipeline with the same seed, mask and guidance included."""
    model = with_scheduler(inpainter, kind)
    mask = torch.zeros(SIZE, SIZE)
    mask[8:, :20] = 1
    levels = (pixels[:1] * 255).byte()
    pipeline = model._pipeline()
    wanted = pipeline(
        prompt=PROMPT,
        image=Image.fromarray(levels[0].permute(1, 2, 0).numpy()),
        mask_image=Image.fromarray((mask * 255).byte().numpy()),
        strength=strength,
        num_inference_steps=5,
        guidance_scale=3.0,
        generator=torch.Generator().manual_seed(5),
        output_type="pt",
    ).images
    found = painted(model, levels / 255, mask=mask, strength=strength, steps=5, guidance=3.0)
    assert found.std() > 0.01
    if exact:
        assert torch.equal(found, wanted)
    else:
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_start_is_equation_4(inpainter: Inpainter, pixels: Tensor) -> None:
    conditions = inpainter.begin(pixels, [PROMPT] * 3, strength=0.6, steps=5, seeds=[1, 2, 3])
    assert conditions.latents is not None
    # DDIM's own defaults: β linear in [0.0001, 0.02], 1000 steps, of which every 200th is taken, shifted by 1.
    alphas = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))
    first = [801, 601, 401, 201, 1][5 - 3]
    wanted = np.sqrt(alphas[first]) * conditions.latents.numpy() + np.sqrt(1 - alphas[first]) * conditions.noise.numpy()
    assert inpainter.start(conditions, conditions.noise).numpy() == pytest.approx(wanted, abs=1e-5)
    pure = inpainter.begin(pixels, [PROMPT] * 3, strength=1.0, steps=5, seeds=[1, 2, 3])
    assert torch.equal(inpainter.start(pure, pure.noise), pure.noise)


def test_a_picture_does_not_depend_on_its_batch(inpainter: Inpainter, pixels: Tensor) -> None:
    def run(rows: list[int]) -> Tensor:
        prompts = [["the house", "a tree", "the sky"][row] for row in rows]
        conditions = inpainter.begin(pixels[rows], prompts, steps=5, seeds=[10 + row for row in rows])
        return inpainter.decode(inpainter.denoise(conditions, conditions.noise))

    together = run([2, 0, 1])
    assert torch.equal(together, run([2, 0, 1]))
    for place, row in enumerate([2, 0, 1]):
        torch.testing.assert_close(run([row])[0], together[place], atol=1e-5, rtol=1e-5)


def test_decoding_is_differentiable_and_in_range(inpainter: Inpainter) -> None:
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    pixels = inpainter.decode(latents)
    assert pixels.shape == (1, 3, SIZE, SIZE) and pixels.min() >= 0 and pixels.max() <= 1
    (gradient,) = torch.autograd.grad(pixels.sum(), latents)
    nudge = torch.randn(latents.shape, generator=torch.Generator().manual_seed(1)) * 1e-2
    with torch.no_grad():
        moved = inpainter.decode(latents + nudge).double().sum() - inpainter.decode(latents - nudge).double().sum()
    assert float(moved) == pytest.approx(2 * float((gradient * nudge).sum()), rel=0.02)


def test_half_precision_files_run_on_the_cpu(half_checkpoint: Path, inpainter: Inpainter, pixels: Tensor) -> None:
    model = load_inpainter(f"local-dir:{half_checkpoint}", device="cpu", pool=KeyedCache())
    assert model.dtype == torch.float32
    kinds = {p.dtype for part in ("unet", "vae", "text_encoder") for p in model._parts[part].parameters()}
    assert kinds == {torch.float32}
    torch.testing.assert_close(painted(model, pixels, steps=5), painted(inpainter, pixels, steps=5), atol=0.01, rtol=0)


def test_every_step_is_told_and_can_be_the_last(inpainter: Inpainter, pixels: Tensor) -> None:
    conditions = inpainter.begin(pixels, [PROMPT] * 3, steps=5, seeds=[0] * 3)
    told: list[tuple[int, int]] = []
    inpainter.denoise(conditions, conditions.noise, lambda stage, done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]

    def stop(stage: str, done: int, total: int) -> None:
        raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        inpainter.denoise(conditions, conditions.noise, stop)


# --- pictures, masks and prompts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "note"),
    [
        ((32, 32), ""),
        ((64, 64), "The picture of 64 × 64 pixels was resized to 32 × 32 pixels."),
        ((5000, 32), "The picture of 5000 × 32 pixels was cropped to its middle square."),
        ((40, 90), "The picture of 40 × 90 pixels was cropped to its middle square and resized to 32 × 32 pixels."),
        ((1, 1), "The picture of 1 × 1 pixels was resized to 32 × 32 pixels."),
    ],
)
def test_any_picture_is_fitted_and_told(inpainter: Inpainter, size: tuple[int, int], note: str) -> None:
    picture = Image.new("RGB", size, "red")
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, *size), fill="blue")
    fitted = inpainter.fit(picture)
    assert fitted.image.size == (SIZE, SIZE) and fitted.mask is None and fitted.note == note
    if min(size) > 1:  # the middle stays in the middle
        assert fitted.image.getpixel((4, 16)) == (255, 0, 0) and fitted.image.getpixel((27, 16)) == (0, 0, 255)
    assert torch.equal(
        inpainter.preprocess([picture])[0],
        torch.from_numpy(np.asarray(fitted.image).copy()).permute(2, 0, 1) / 255,
    )


def test_a_mask_is_fitted_like_its_picture(inpainter: Inpainter) -> None:
    picture, mask = Image.new("RGB", (128, 64)), Image.new("L", (128, 64))
    ImageDraw.Draw(mask).rectangle((32, 0, 63, 63), fill=255)
    fitted = inpainter.fit(picture, mask)
    assert fitted.mask is not None
    assert fitted.mask[:, :16].all() and not fitted.mask[:, 16:].any()
    with pytest.raises(StudioError, match="mask is 64 × 64 pixels and the picture 128 × 64"):
        inpainter.fit(picture, mask.resize((64, 64)))
    with pytest.raises(StudioError, match="the mask is empty"):
        inpainter.fit(picture, Image.new("L", (128, 64)))


def test_a_mask_with_transparency_says_how_it_was_read(inpainter: Inpainter) -> None:
    mask = Image.new("RGBA", (SIZE, SIZE))
    ImageDraw.Draw(mask).rectangle((0, 0, 15, SIZE - 1), fill=(0, 0, 0, 255))
    fitted = inpainter.fit(Image.new("RGB", (SIZE, SIZE)), mask)
    assert fitted.mask is not None and fitted.mask[:, :16].all() and not fitted.mask[:, 16:].any()
    assert fitted.note.startswith("The mask has transparency: what is drawn in it may change")
    with pytest.raises(StudioError, match="the mask is empty"):
        inpainter.fit(Image.new("RGB", (SIZE, SIZE)), Image.new("RGBA", (SIZE, SIZE)))


def test_what_the_mask_leaves_out_is_told_to_the_network(inpainter: Inpainter, pixels: Tensor) -> None:
    mask = torch.zeros(SIZE, SIZE)
    mask[:, :16] = 1
    hidden = pixels.clone()
    hidden[..., :16] = 0.5
    one, other = (
        inpainter.begin(each, [PROMPT] * 3, mask=mask, steps=5, seeds=[0] * 3).masked for each in (pixels, hidden)
    )
    assert torch.equal(one, other)  # inside the mask nothing is seen


def test_a_long_prompt_is_cut_at_a_word(inpainter: Inpainter, pixels: Tensor) -> None:
    tokenizer = inpainter._tokenizer
    prompt = "a photo of the old house, grass, a tree, the sky"
    kept, cut = inpainter.prompt_fits(prompt)
    assert inpainter.tokens == 12  # two of which begin and end it; a comma is one too
    assert (kept, cut) == ("a photo of the old house, grass, a", "tree, the sky")
    read = tokenizer(prompt, truncation=True, max_length=12).input_ids
    assert tokenizer(kept).input_ids[:-1] == read[: len(tokenizer(kept).input_ids) - 1]
    assert inpainter.prompt_fits("a tree") == ("a tree", "")
    assert inpainter.prompt_fits("") == ("", "")
    kept, cut = inpainter.prompt_fits("x" * 40)  # one word alone is too long: it is cut within
    assert kept == "x" * 10 and cut == "x" * 30
    conditions = inpainter.begin(pixels[:1], [prompt], steps=5, seeds=[0])
    assert (
        conditions.prompts == inpainter.prompt_fits(prompt)[:1] and conditions.cut == inpainter.prompt_fits(prompt)[1:]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixels": torch.zeros(1, 3, 16, 16)}, r"expects floating-point pixels of shape \(batch, 3, 32, 32\)"),
        ({"pixels": torch.zeros(1, 3, 32, 32, dtype=torch.uint8)}, "not torch.uint8"),
        ({"pixels": torch.full((1, 3, 32, 32), 1.5)}, r"numbers in \[0, 1\]"),
        ({"pixels": torch.full((1, 3, 32, 32), torch.nan)}, r"numbers in \[0, 1\]"),
        ({"prompts": ["a", "b"]}, "there must be 1 prompts, one a picture, not 2"),
        ({"prompts": "a"}, "not one text"),
        ({"seeds": []}, "there must be 1 seeds, one a picture, not 0"),
        ({"strength": 1.2}, "strength must lie between 0 and 1, not 1.2"),
        ({"strength": 0.0}, "strength 0 leaves none of 5 steps to take"),
        ({"strength": 0.1}, "strength 0.1 leaves none of 5 steps to take"),
        ({"mask": torch.ones(16, 16)}, r"shape \(32, 32\) or \(1, 1, 32, 32\), the pictures' size, not \(16, 16\)"),
        ({"mask": torch.zeros(32, 32)}, "the mask is empty"),
        ({"mask": torch.full((32, 32), 2.0)}, r"a mask must lie in \[0, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused(inpainter: Inpainter, changes: dict[str, Any], message: str) -> None:
    good = {"pixels": torch.zeros(1, 3, 32, 32), "prompts": ["a"], "seeds": [0], "steps": 5}
    with pytest.raises(StudioError, match=message):
        inpainter.begin(**(good | changes))  # type: ignore[arg-type]


def test_a_lack_of_memory_is_one_sentence(
    inpainter: Inpainter, pixels: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    conditions = inpainter.begin(pixels, [PROMPT] * 3, steps=5, seeds=[0] * 3)

    raised: list[RuntimeError] = []

    def full(*args: Any, **options: Any) -> None:
        raise raised[-1]

    monkeypatch.setattr(inpainter._parts["unet"], "forward", full)
    monkeypatch.setattr(inpainter._vae, "decode", full)
    for error in (
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ):
        raised.append(error)
        with pytest.raises(InpaintingError, match=r"ran out of memory on cpu while painting: .*bundled .*'diorama'"):
            inpainter.denoise(conditions, conditions.noise)
        with pytest.raises(InpaintingError, match="while decoding"):
            inpainter.decode(conditions.noise)
    raised.append(RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        inpainter.decode(conditions.noise)


# --- the safety checker, baselines -------------------------------------------------------------------------------


def test_the_safety_checker_is_the_checkpoints(inpainter: Inpainter, pixels: Tensor) -> None:
    shown, flagged = inpainter.screen(pixels)
    assert torch.equal(shown, pixels) and not flagged.any()  # this checkpoint ships none
    pipeline = inpainter._pipeline()
    checked = Inpainter("checked", pipeline)

    class Checker(torch.nn.Module):
        """Flags what is bright, as the pipeline calls it."""

        def forward(self, images: Tensor, clip_input: Tensor) -> tuple[Tensor, list[bool]]:
            return images, [bool(each.mean() > 0.5) for each in clip_input]

    class Extractor:
        def __call__(self, pictures: list[Image.Image], return_tensors: str) -> Any:
            from transformers import BatchFeature

            arrays = np.stack([np.asarray(each, np.float32) / 255 for each in pictures])
            return BatchFeature({"pixel_values": arrays}, tensor_type=return_tensors)

    checked._parts |= {"safety_checker": Checker(), "feature_extractor": Extractor()}
    bright = torch.stack([torch.full((3, SIZE, SIZE), 0.9), torch.full((3, SIZE, SIZE), 0.1)])
    shown, flagged = checked.screen(bright)
    assert flagged.tolist() == [True, False]
    assert (shown[0] == 0).all() and torch.equal(shown[1], bright[1])


def test_baselines(inpainter: Inpainter, pixels: Tensor) -> None:
    made = negative_label_images(inpainter, ["tree", "sky"], steps=5, seeds=[5, 6])
    grey = unguided(inpainter, pixels[:2], ["a photo of a tree", "a photo of a sky"], strength=1, steps=5, seeds=[5, 6])
    assert torch.equal(made, grey)  # at strength 1 and with everything to paint, the picture plays no part
    found = unguided(inpainter, pixels, [PROMPT] * 3, steps=5, seeds=[5] * 3)
    assert torch.equal(found, painted(inpainter, pixels, steps=5))
    assert torch.equal(unguided(inpainter, pixels, [PROMPT] * 3, strength=0, seeds=[0] * 3), pixels)
