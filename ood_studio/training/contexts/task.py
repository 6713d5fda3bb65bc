"""What Diorama-LLaVA learns: the answer, and from two heads the element of each patch and the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ood_studio.diorama.elements import ELEMENTS
from ood_studio.synthesis.context_scores import score_contexts
from ood_studio.synthesis.contexts import parse_contexts
from ood_studio.training.clip.model import normalised
from ood_studio.training.contexts.learner import Learner
from ood_studio.training.contexts.processor import SPECIAL, answer_tokens, question_tokens
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.contexts.truths import Truths
from ood_studio.training.loop import Batch, Task
from ood_studio.training.scene_cache import SceneCache, to_tensor

_NO_LABEL = -100
_AT_ONCE = 100


class Describing(Task):
    """Answers in words; helped by the heads, which teach alone until `ContextsRecipe.words_from`.

    Args:
        recipe: of the training.
        processor: of the model.
        scenes, truths: what is learnt from.
        held_out: scenes and truths for the curves.
    """

    def __init__(
        self,
        recipe: ContextsRecipe,
        processor: Any,
        scenes: SceneCache,
        truths: Truths,
        held_out: tuple[SceneCache, Truths],
    ) -> None:
        self._recipe, self._processor = recipe, processor
        self._scenes, self._truths, self._held_out = scenes, truths, held_out
        self._question = np.array(question_tokens(processor))
        self._answers = answer_tokens(processor, [truths.contexts(row).raw for row in range(len(truths.places))])

    def batch(self, step: int) -> Batch:
        """``pixels`` (b, 3, 64, 64) normalised, half of them mirrored; ``tokens`` (b, length) of questions, now and
        then with an unknown word, and answers; ``answers`` (b, longest) their labels; ``patches`` (b, 8, 8) and
        ``places`` (b,)."""
        recipe = self._recipe
        rng = recipe.rng(step)
        rows = rng.integers(0, len(self._scenes.pixels), recipe.batch)
        flip = torch.from_numpy(rng.random(recipe.batch) < 0.5)
        pixels = normalised(to_tensor(self._scenes.pixels[rows]))
        questions = np.tile(self._question, (recipe.batch, 1))
        is_word = self._question >= len(SPECIAL)
        questions[is_word & (rng.random(questions.shape) < recipe.blur)] = SPECIAL.index("<unk>")
        answers = self._answers[rows]
        answers = answers[:, : int((answers != 0).sum(axis=1).max())]
        patches = torch.from_numpy(self._truths.patches[rows].astype(np.int64)).view(-1, 8, 8)
        return {
            "pixels": torch.where(flip[:, None, None, None], pixels.flip(3), pixels),
            "tokens": torch.from_numpy(np.concatenate([questions, answers], axis=1)),
            "answers": torch.from_numpy(np.where(answers == 0, _NO_LABEL, answers)),
            "patches": torch.where(flip[:, None, None], patches.flip(2), patches),
            "places": torch.from_numpy(self._truths.places[rows]),
        }

    def losses(self, model: Learner, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross-entropies of the answers' tokens, of the patches and of the places."""
        recipe = self._recipe
        answers, device = batch["answers"], batch["pixels"].device
        speaks = step >= recipe.words_from * recipe.steps
        with recipe.autocast(device):
            logits = model(batch["pixels"], batch["tokens"], answers.shape[1] if speaks else 0)
        weights = torch.ones(1 + len(ELEMENTS), device=device)
        weights[0] = 0.5  # most patches show no element
        patches = F.cross_entropy(logits.patches.flatten(0, 1), batch["patches"].flatten(), weight=weights)
        losses = {
            "patches": recipe.helping * patches,
            "places": recipe.helping * 0.1 * F.cross_entropy(logits.place, batch["places"]),
        }
        if logits.answer is not None:
            said, wanted = logits.answer.flatten(0, 1), answers.flatten()
            losses = {"words": F.cross_entropy(said, wanted, ignore_index=_NO_LABEL), **losses}
        return losses

    def measure(self, model: Learner) -> Mapping[str, float]:
        """How good greedy answers about held-out scenes are; the share of the patches with an element that name it."""
        scenes, truths = self._held_out
        device = model.patches.weight.device
        question = torch.from_numpy(self._question).to(device)
        answers: list[str] = []
        right = there = 0
        for start in range(0, len(scenes.pixels), _AT_ONCE):
            pixels = normalised(to_tensor(scenes.pixels[start : start + _AT_ONCE])).to(device)
            tokens = question.expand(len(pixels), -1)
            said = model.llava.generate(
                input_ids=tokens,
                attention_mask=torch.ones_like(tokens),
                pixel_values=pixels,
                max_new_tokens=24,
                do_sample=False,
            )
            answers += self._processor.batch_decode(said[:, len(question) :], skip_special_tokens=True)
            shown = torch.from_numpy(truths.patches[start : start + _AT_ONCE].astype(np.int64)).to(device)
            named = model(pixels, tokens, 0).patches.argmax(-1)
            right += int(((named == shown) & (shown > 0)).sum())
            there += int((shown > 0).sum())
        wanted = [truths.contexts(row) for row in range(len(answers))]
        scores = score_contexts([parse_contexts(answer) for answer in answers], wanted)
        return {
            "f1": scores.f1,
            "place": scores.place,
            "exact": scores.exact,
            "well_formed": scores.well_formed,
            "patches_seen": right / max(1, there),
        }
