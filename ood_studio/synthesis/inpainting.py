"""Inpainting with Stable Diffusion, taken apart where the near-boundary loop needs it.

diffusers' own `StableDiffusionInpaintPipeline` does the work, unchanged: it is called with the noised latents as its
start and gives the final latents back, which are decoded here so that a gradient can go through the decoder. At the
same seed the picture is bit for bit the one of the pipeline called by itself.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import is_out_of_memory
from ood_studio.core.parameters import number
from ood_studio.core.progress import Progress, silent
from ood_studio.core.threads import is_small
from ood_studio.hub.bundled import bundled
from ood_studio.hub.errors import CannotLoad, ModelError
from ood_studio.synthesis.inpainting_inputs import Conditions, Fitted, check_batch, fit_image, painted_over

CHANNELS = 9
"""Of an inpainting U-Net's input: noisy latents (4), mask (1), latents of the picture outside the mask (4)."""


class InpaintingError(ModelError):
    """An inpainting model that could not be had or used: one sentence naming it, the reason and what to do."""


class Inpainter:
    """An inpainting model. Safe between threads: every call has a pipeline and a scheduler of its own, over the same
    frozen networks.

    Attributes:
        name: what `load_inpainter` was asked for.
        device, dtype: where and in which precision it computes.
        size: (height, width) in pixels of the pictures it takes and gives.
        small: whether a single picture is too little work for several threads.
        tokens: how many tokens its text encoder reads, the two that begin and end a prompt included.

    Args:
        name: of the model.
        pipeline: a loaded `StableDiffusionInpaintPipeline` with a U-Net of 9 input channels.

    Raises:
        CannotLoad: for a U-Net of other input channels.
    """

    def __init__(self, name: str, pipeline: Any) -> None:
        channels = pipeline.unet.config.in_channels
        latent = pipeline.vae.config.latent_channels
        if channels != CHANNELS or latent != 4:
            raise CannotLoad(no_inpainting(channels))
        self.name = name
        self.device, self.dtype = pipeline.unet.device, pipeline.unet.dtype
        self.small = is_small(pipeline.unet, self.device)
        sample = pipeline.unet.config.sample_size
        rows, columns = (sample, sample) if isinstance(sample, int) else sample
        self._factor = int(pipeline.vae_scale_factor)
        self.size = (rows * self._factor, columns * self._factor)
        self._tokenizer = pipeline.tokenizer
        self._tokenizer_lock = threading.Lock()  # fast tokenizers break when two threads use one at a time
        # Some checkpoints leave the tokenizer's limit out; the pipeline pads to it.
        positions = int(pipeline.text_encoder.config.max_position_embeddings)
        self.tokens = min(int(self._tokenizer.model_max_length), positions)
        self._tokenizer.model_max_length = self.tokens
        for part in ("unet", "vae", "text_encoder", "safety_checker"):
            module = getattr(pipeline, part)
            if module is not None:
                module.eval().requires_grad_(False)
        self._parts = {**pipeline.components, "requires_safety_checker": pipeline.config.requires_safety_checker}
        self._class = type(pipeline)
        self._vae = pipeline.vae

    # --- pictures and words ------------------------------------------------------------------------------------------

    def fit(self, image: Image.Image, mask: Image.Image | None = None) -> Fitted:
        """A picture of any size and shape, cropped to the middle of the model's shape and resized to its size.

        Args:
            image: of any mode.
            mask: of the size of ``image``, white (at least half bright) where the model may paint; None = everywhere.

        Raises:
            StudioError: a mask of another size, or one that is empty, at all or inside what is left of the picture.
        """
        return fit_image(image, mask, self.size)

    def preprocess(self, images: Sequence[Image.Image]) -> Tensor:
        """(batch, 3, height, width) float32 in [0, 1] of pictures of any size, each fitted as `fit` does."""
        if not images:
            return torch.empty(0, 3, *self.size)
        arrays = np.stack([np.asarray(self.fit(image).image) for image in images])
        return torch.from_numpy(arrays).permute(0, 3, 1, 2).float() / 255

    def check(self, pixels: Tensor, prompts: Sequence[str], seeds: Sequence[int]) -> None:
        """Checks a batch: pixels of the model's `size` in [0, 1], and a prompt and a seed for each.

        Raises:
            StudioError: saying what was expected and what came.
        """
        check_batch(self.name, self.size, pixels, prompts, seeds)

    def prompt_fits(self, prompt: str) -> tuple[str, str]:
        """What the text encoder reads of a prompt, and what it has no room for; the cut is at the end of a word.

        Returns:
            (kept, cut); ``cut`` is empty where everything fits.
        """
        with self._tokenizer_lock:
            found = self._tokenizer(prompt, return_offsets_mapping=True, add_special_tokens=False, verbose=False)
            words, spans = found.word_ids(), found["offset_mapping"]
        room = self.tokens - 2
        if len(spans) <= room:
            return prompt, ""
        last = room
        while last and words[last - 1] == words[room]:  # the word that does not fit as a whole
            last -= 1
        end = spans[last - 1][1] if last else spans[room - 1][1]
        return prompt[:end], prompt[end:].strip()

    # --- the equations -----------------------------------------------------------------------------------------------

    def kept_steps(self, strength: float, steps: int) -> int:
        """How many steps are taken at a strength: the last ⌊strength · steps⌋. With none the picture stays as it is."""
        return min(int(steps * strength), steps)

    @torch.no_grad()
    def begin(
        self,
        pixels: Tensor,
        prompts: Sequence[str],
        *,
        mask: Tensor | None = None,
        strength: float = 0.6,
        steps: int = 20,
        guidance: float = 8.0,
        seeds: Sequence[int],
    ) -> Conditions:
        """Encodes pictures, what lies outside the mask, and prompts; draws the noise.

        Each picture has a generator of its own and draws from it in the pipeline's order, so that it does not depend
        on the others, and at one picture everything is what the pipeline draws from that generator.

        Args:
            pixels: (batch, 3, height, width) in [0, 1], of the model's `size`.
            prompts: one a picture; longer ones than the text encoder reads are cut, see `Conditions.cut`.
            mask: (height, width), (1, 1, height, width) or (batch, 1, height, width) in [0, 1], at least 0.5 where the
                model may paint; None = everywhere, as in the paper.
            strength: from where on the noise schedule it starts; 1 is noise alone.
            steps: of the whole schedule; see `kept_steps`.
            guidance: of the prompt over no prompt; up to 1 the prompt alone.
            seeds: one a picture.

        Raises:
            StudioError: what does not fit: pixels, prompts, seeds, mask, or a strength that leaves no step.
            InpaintingError: the device has too little memory.
        """
        self.check(pixels, prompts, seeds)
        if not 0 <= strength <= 1:
            raise StudioError(f"strength must lie between 0 and 1, not {number(strength)}")
        if not self.kept_steps(strength, steps):
            raise StudioError(f"strength {strength:g} leaves none of {steps} steps to take: the picture would stay")
        drawn = painted_over(mask, self.size, len(pixels))
        fitting = [self.prompt_fits(prompt) for prompt in prompts]
        pipeline = self._pipeline()
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        scaled = _scaled(pixels)
        with self._memory("reading the pictures"):
            with self._tokenizer_lock:
                text, empty = pipeline.encode_prompt([kept for kept, _ in fitting], self.device, 1, True)
            latents = self._encode(pipeline, scaled, generators) if strength < 1 else None
            noise = self._draw(len(pixels), generators)
            masked = self._encode(pipeline, scaled * (drawn < 0.5), generators)
        return Conditions(
            pixels=pixels.detach().float(),
            prompts=tuple(kept for kept, _ in fitting),
            cut=tuple(cut for _, cut in fitting),
            strength=float(strength),
            steps=steps,
            guidance=float(guidance),
            noise=noise.float(),
            latents=latents,
            mask=drawn,
            masked=masked,
            text=text,
            empty=empty,
            states=tuple(generator.get_state() for generator in generators),
        )

    @torch.no_grad()
    def start(self, conditions: Conditions, noise: Tensor) -> Tensor:
        """z_T of z_in and ε (Eq. 4): √ᾱ_T z_in + √(1 − ᾱ_T) ε at the first step kept; the noise alone at strength 1.

        Schedulers that do not keep the variance (Euler) have this up to a factor.

        Args:
            noise: (batch, 4, rows, columns).

        Returns:
            (batch, 4, rows, columns).
        """
        return self._start(self._pipeline(), conditions, noise)

    def denoise(self, conditions: Conditions, noise: Tensor, progress: Progress = silent) -> Tensor:
        """The final latents z_0 (Eq. 5) from z_T of this noise, by the pipeline itself; without gradients.

        Args:
            conditions: of `begin`.
            noise: (batch, 4, rows, columns), ε.
            progress: told every step; `Stopped` raised in it ends the work.

        Returns:
            (batch, 4, rows, columns).

        Raises:
            InpaintingError: the device has too little memory.
        """
        pipeline = self._pipeline()
        start = self._start(pipeline, conditions, noise)

        def on_step(pipe: Any, step: int, moment: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            progress("painting", step + 1, int(pipe.num_timesteps))
            return {}

        height, width = self.size
        with self._memory("painting"):
            latents: Tensor = pipeline(
                prompt_embeds=conditions.text,
                negative_prompt_embeds=conditions.empty,
                image=conditions.pixels,
                mask_image=conditions.mask,
                masked_image_latents=conditions.masked,
                height=height,
                width=width,
                strength=conditions.strength,
                num_inference_steps=conditions.steps,
                guidance_scale=conditions.guidance,
                generator=conditions.generators(),
                latents=start / pipeline.scheduler.init_noise_sigma,
                output_type="latent",
                return_dict=False,
                callback_on_step_end=on_step,
            )[0]
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """The pictures of final latents (Eq. 6): (batch, 3, height, width) float32 in [0, 1]; differentiable.

        Raises:
            InpaintingError: the device has too little memory.
        """
        with self._memory("decoding"):
            scaled = latents.to(self.dtype) / self._vae.config.scaling_factor
            pixels: Tensor = self._vae.decode(scaled, return_dict=False)[0]
            return (pixels * 0.5 + 0.5).clamp(0, 1).float()

    def encode(self, pixels: Tensor, seeds: Sequence[int]) -> Tensor:
        """The latents of pictures: (batch, 4, rows, columns), one draw of the autoencoder's posterior a picture."""
        self.check(pixels, [""] * len(pixels), seeds)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        with torch.no_grad(), self._memory("reading the pictures"):
            return self._encode(self._pipeline(), _scaled(pixels), generators)

    @torch.no_grad()
    def screen(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The checkpoint's own safety checker, as shipped: pictures it flags become black.

        Args:
            pixels: (batch, 3, height, width) in [0, 1].

        Returns:
            (the pictures, (batch,) whether each was flagged); nothing is flagged where the checkpoint has none.
        """
        pipeline = self._pipeline()
        if pipeline.safety_checker is None:
            return pixels, torch.zeros(len(pixels), dtype=torch.bool)
        with self._memory("checking the pictures"):
            _, found = pipeline.run_safety_checker(2.0 * pixels.clone() - 1.0, self.device, self.dtype)
        flagged = torch.tensor([bool(each) for each in found])
        return torch.where(flagged.to(pixels.device)[:, None, None, None], 0.0, pixels), flagged

    # --- inside ------------------------------------------------------------------------------------------------------

    def _pipeline(self) -> Any:
        parts = {**self._parts, "scheduler": copy.deepcopy(self._parts["scheduler"])}
        pipeline = self._class(**parts)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _encode(self, pipeline: Any, scaled: Tensor, generators: list[torch.Generator]) -> Tensor:
        latents: Tensor = pipeline._encode_vae_image(scaled.to(self.device, self.dtype), generators)
        return latents.contiguous()

    def _draw(self, batch: int, generators: list[torch.Generator]) -> Tensor:
        from diffusers.utils.torch_utils import randn_tensor

        shape = (batch, 4, self.size[0] // self._factor, self.size[1] // self._factor)
        noise: Tensor = randn_tensor(shape, generator=generators, device=self.device, dtype=self.dtype)
        return noise

    def _start(self, pipeline: Any, conditions: Conditions, noise: Tensor) -> Tensor:
        noise = noise.to(self.device, self.dtype)
        if conditions.latents is None:
            return noise * pipeline.scheduler.init_noise_sigma
        pipeline.scheduler.set_timesteps(conditions.steps, device=self.device)
        moments, _ = pipeline.get_timesteps(conditions.steps, conditions.strength, self.device)
        started: Tensor = pipeline.scheduler.add_noise(conditions.latents, noise, moments[:1].repeat(len(noise)))
        return started

    @contextmanager
    def _memory(self, doing: str) -> Iterator[None]:
        """Turns a lack of memory into one sentence."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise self._full(doing) from error
            raise

    def _full(self, doing: str) -> InpaintingError:
        own = next(iter(bundled("inpainting")))
        instead = "" if self.name == own else f", or the bundled model {own!r}"
        return InpaintingError(
            f"{self.name} ran out of memory on {self.device} while {doing}: take fewer pictures at once{instead}."
        )


def _scaled(pixels: Tensor) -> Tensor:
    """Pictures in [−1, 1], laid out in memory as those are that the pipeline reads: rounding depends on it."""
    return (2.0 * pixels.detach().to("cpu", torch.float32) - 1.0).contiguous(memory_format=torch.channels_last)


def no_inpainting(channels: object) -> str:
    """Why a U-Net of other input channels does not do."""
    return f"its U-Net takes {channels} input channels, not the {CHANNELS} of an inpainting model"
