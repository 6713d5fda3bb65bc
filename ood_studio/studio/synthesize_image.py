"""One near-boundary image as it forms, and what it is compared with (SynOOD)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from ood_studio.core.progress import Progress, silent
from ood_studio.data.deep_images import note_of
from ood_studio.data.pixels import to_images
from ood_studio.studio.assessment import Assessment, Assessor, Assessors
from ood_studio.studio.notebook import change_html
from ood_studio.studio.requests import SynthesizeImageRequest
from ood_studio.studio.workbench import Workbench
from ood_studio.synthesis.baselines import negative_label_images
from ood_studio.synthesis.boundary import Iteration
from ood_studio.synthesis.context_models import load_context_model
from ood_studio.synthesis.contexts import Contexts, prompt_of
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.inpainting_models import load_inpainter
from ood_studio.synthesis.noise import gradient_images


@dataclass(frozen=True, eq=False)
class SynthesizeImageStep(Assessment):
    """One image after some iterations; 0 is the unguided one.

    Attributes:
        iteration, total: of the loop.
        loss: of the guide.
        original: the source as the model takes it.
        gradient: what the loss wants of the pixels, see `gradient_images`; None after the last update.
        prompt: what the text encoder read, and ``cut`` what it had no room for.
        notes: sentences for the person.
        flagged: whether the model's own safety checker blackened the image.
        seconds: since the loop began.
    """

    iteration: int
    total: int
    loss: float
    original: Image.Image
    gradient: Image.Image | None
    prompt: str
    cut: str
    notes: tuple[str, ...]
    flagged: bool
    seconds: float

    def _repr_html_(self) -> str:
        after = f"after {self.iteration} of {self.total} iterations, like “{self.negative.label}”"
        return change_html(self.original, self.image, after, self.readings)


class SynthesizeImageService:
    """Leads images to the boundary.

    Args:
        workbench: models, labels and features.
        assessors: what looks at the images.
    """

    def __init__(self, workbench: Workbench, assessors: Assessors) -> None:
        self._workbench, self._assessors = workbench, assessors

    def contexts(
        self,
        request: SynthesizeImageRequest,
        images: Sequence[Image.Image],
        mains: Sequence[str] = (),
        progress: Progress = silent,
    ) -> list[Contexts]:
        """What the context model finds in images besides their main objects (Eq. 3 of SynOOD).

        Args:
            request: says which model.
            images: of any sizes.
            mains: their main objects where they are known, so that they are not named.
            progress: told the images described.

        Raises:
            StudioError: if the model cannot be had.
        """
        progress("loading the context model", 0, 1)
        model = load_context_model(request.context_model, device=self._workbench.device, progress=progress)
        return model.describe(images, mains=mains, progress=progress)

    def inpainter(self, request: SynthesizeImageRequest, progress: Progress = silent) -> Inpainter:
        """The inpainting model of a request.

        Raises:
            InpaintingError: one sentence, if it cannot be had.
        """
        progress("loading the inpainting model", 0, 1)
        return load_inpainter(request.inpainter, self._workbench.device, self._workbench.precision, progress=progress)

    def assessor(self, request: SynthesizeImageRequest, progress: Progress = silent) -> Assessor:
        """What looks at the images of a request; see `Assessors.of`."""
        return self._assessors.of(request, progress)

    def synthesize_image(
        self,
        request: SynthesizeImageRequest,
        image: Image.Image,
        words: Sequence[str],
        mask: Image.Image | None = None,
        progress: Progress = silent,
    ) -> Iterator[SynthesizeImageStep]:
        """One image as it moves to the boundary; to stop, stop asking.

        Args:
            request: how.
            image: of any size; cropped and resized to the model's, which `SynthesizeImageStep.notes` says.
            words: the contexts, p_con; see `SynthesizeImageRequest.wording` for the prompt.
            mask: of the image's size, white where may be painted; None for everywhere.
            progress: told every step of the painting.

        Raises:
            StudioError: without a context, or for what does not fit.
            LoopBroken: numbers that are not finite; the iterations before were given.
        """
        prompt = prompt_of(words, request.wording)
        inpainter = self.inpainter(request, progress)
        fitted = inpainter.fit(image, mask)
        assessor = self.assessor(request, progress)
        original = fitted.image
        began = time.monotonic()
        for found in request.loop.run(
            inpainter,
            assessor.guide,
            inpainter.preprocess([original]),
            [prompt],
            mask=fitted.mask,
            progress=progress,
        ):
            notes = tuple(note for note in (note_of(image), fitted.note, found.note, assessor.note) if note)
            yield steps_of(assessor, found, [original], notes, time.monotonic() - began)[0]

    def assess(
        self, request: SynthesizeImageRequest, images: Sequence[Image.Image], progress: Progress = silent
    ) -> list[Assessment]:
        """What the guide and every score make of images of any sizes: the source, say, or one to compare with.

        Raises:
            StudioError: if a model cannot be had.
        """
        return self.assessor(request, progress).assess(images)

    def negative_image(self, request: SynthesizeImageRequest, label: str, progress: Progress = silent) -> Assessment:
        """ "Neg Image" of SynOOD's Table 4: an image straight from the text of a negative label, and its scores.

        Raises:
            StudioError: if a model cannot be had or runs out of memory.
        """
        pixels = negative_label_images(
            self.inpainter(request, progress),
            [label],
            steps=request.loop.steps,
            guidance=request.loop.guidance,
            seeds=[request.loop.seed],
            progress=progress,
        )
        return self.assess(request, to_images(pixels), progress)[0]


def steps_of(
    assessor: Assessor,
    found: Iteration,
    originals: Sequence[Image.Image],
    notes: tuple[str, ...],
    seconds: float,
) -> list[SynthesizeImageStep]:
    """A batch after some iterations, image by image."""
    gradients = None if found.pixel_gradient is None else to_images(gradient_images(found.pixel_gradient))
    return [
        SynthesizeImageStep(
            **vars(assessed),
            iteration=found.iteration,
            total=found.total,
            loss=float(found.loss[i]),
            original=originals[i],
            gradient=None if gradients is None else gradients[i],
            prompt=found.prompts[i],
            cut=found.cut[i],
            notes=notes,
            flagged=bool(found.flagged[i]),
            seconds=seconds,
        )
        for i, assessed in enumerate(assessor.assess(to_images(found.pixels), found.score))
    ]
