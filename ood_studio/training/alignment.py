"""The last stage of training: ``python -m ood_studio.training.alignment --model vit`` (or ``conv``).

Goes on with a finished model at a low learning rate. Every step a batch of whole pictures, more of them without an
object than in the main training, meets the names of all classes and as many of the world's other words: a softmax over
nearly the whole vocabulary, as the scores that read negative labels see it. The main object's name counts most of what
is true of a picture, so that what stands around it takes little of its share; in an empty place or a texture every
object's name is one of the wrong ones. No helping heads, no teacher, and all trained classes are treated alike. The
main training runs it at its end; run by itself, it begins with the weights that it replaces.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import tyro
from safetensors.torch import load_file
from torch import Tensor, nn

from ood_studio.core.paths import ASSETS
from ood_studio.diorama.textures import TEXTURES
from ood_studio.training.clip import (
    FOLDERS,
    MAIN_NOUN,
    Batches,
    Trainee,
    Training,
    accuracy,
    augment,
    build_model,
    distractor_words,
    save_model,
)
from ood_studio.training.course import adamw, learning_rate
from ood_studio.training.data import Pictures, all_concepts, load_pictures
from ood_studio.training.tokenizer import train_tokenizer

_SHIFT = 4  # pixels by which pictures are moved at most


@dataclass(frozen=True)
class Alignment:
    """How to align; the defaults are the recipe of the bundled weights.

    Attributes:
        model: the image tower.
        steps: optimiser steps.
        lr: peak learning rate, cosine decay after a warm-up over 3 % of the steps.
        batch: pictures a step.
        bare: share of pictures without an object, half of them empty places and half textures.
        main_noun: weight of the main object's name among the concepts that are true of a picture.
        captions: how many of the pictures come with a caption.
        others: prompts a step of concepts that are no class, besides one for every class.
        distractors: prompts of English words outside the world a step.
        weight_decay: of AdamW, on matrices.
        pictures: training pictures rendered.
        seed: of everything.
        start: folder of the weights to begin with; the usual one under ``assets/`` where None.
        out: where the model goes; the usual folder under ``assets/`` where None.
        bfloat16: compute in bfloat16, see the main training.
        device: torch device; picked by itself where empty.
        threads: CPU threads; 0 for all.
    """

    model: Literal["vit", "conv"] = "vit"
    steps: int = 600
    lr: float = 2e-4
    batch: int = 64
    bare: float = 0.25
    main_noun: float = MAIN_NOUN
    captions: int = 16
    others: int = 60
    distractors: int = 16
    weight_decay: float = 0.05
    pictures: int = 200_000
    seed: int = 0
    start: Path | None = None
    out: Path | None = None
    bfloat16: bool = False
    device: str = ""
    threads: int = 0


class AlignmentBatches:
    """Draws batches; a function of (seed, step) alone."""

    def __init__(self, pictures: Pictures, prompts: Batches, alignment: Alignment) -> None:
        self._pictures, self._prompts, self._alignment = pictures, prompts, alignment
        surfaces = [all_concepts().index(name) for name in TEXTURES]
        textured = np.asarray(pictures.concepts[prompts.bare][:, surfaces].any(axis=1))
        self._places, self._textures = prompts.bare[np.logical_not(textured)], prompts.bare[textured]
        self._others = np.setdiff1d(np.arange(len(all_concepts())), prompts.classes)

    def draw(self, step: int) -> dict[str, Tensor]:
        """``pixels``, ``tokens`` and ``positive``, as `Batches.draw` has them."""
        a, data, prompts = self._alignment, self._pictures, self._prompts
        rng = np.random.Generator(np.random.PCG64([a.seed, 2, step]))
        bare = round(a.batch * a.bare)
        rows = np.concatenate(
            [
                rng.choice(self._places, bare - bare // 2),
                rng.choice(self._textures, bare // 2),
                rng.choice(prompts.objects, a.batch - bare),
            ]
        )
        truth = data.concepts[rows]
        told = rng.choice(rows, a.captions, replace=False)
        which = rng.integers(0, data.tokens.shape[1], a.captions)
        said = data.said[told, which]
        own = (truth[:, np.maximum(said, 0)] | (said < 0)).all(axis=2)
        asked = np.concatenate([prompts.classes, rng.choice(self._others, a.others, replace=False)])
        texts = torch.stack([prompts.templates[c][rng.integers(len(prompts.templates[c]))] for c in asked])
        named = truth[:, asked] * np.where(asked == prompts.main[data.labels[rows]][:, None], a.main_noun, 1.0)
        noise = prompts.distractors[rng.integers(0, len(prompts.distractors), a.distractors)]
        positive = np.concatenate([own, named, np.zeros((a.batch, a.distractors))], axis=1, dtype=np.float32)
        pixels = torch.from_numpy(np.stack([data.pixels[i] for i in rows])).permute(0, 3, 1, 2)
        return {
            "pixels": augment(pixels, torch.from_numpy(data.coverage[rows]), _SHIFT, rng)[0],
            "tokens": torch.cat([torch.from_numpy(data.tokens[told, which].astype(np.int64)), texts, noise]),
            "positive": torch.from_numpy(positive),
        }


def align(alignment: Alignment) -> Path:
    """Runs the stage and returns the folder of the model."""
    if alignment.threads:
        torch.set_num_threads(alignment.threads)
    device = alignment.device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(alignment.seed)
    home = ASSETS / FOLDERS[alignment.model]
    start = alignment.start or home
    config = json.loads((start / "open_clip_config.json").read_text())["model_cfg"]
    clip = build_model(config)
    clip.load_state_dict({k: v.float() for k, v in load_file(start / "open_clip_model.safetensors").items()})
    trainee = Trainee(clip, len(all_concepts()), config["embed_dim"], bfloat16=alignment.bfloat16).to(device)
    if alignment.model == "vit":
        clip.visual.output_tokens = True
    else:
        trainee = trainee.to(memory_format=torch.channels_last)
    english = distractor_words()
    tokenizer = train_tokenizer(english)
    pictures = load_pictures(alignment.pictures, alignment.seed, tokenizer)
    held_out = load_pictures(3000, alignment.seed + 1_000_003, tokenizer)
    prompts = Batches(pictures, tokenizer, english, Training(alignment.model, seed=alignment.seed))
    batches = AlignmentBatches(pictures, prompts, alignment)
    optimizer = adamw(clip, alignment.lr, alignment.weight_decay)
    trainee.train()
    started, losses = time.monotonic(), []
    for step in range(alignment.steps):
        batch = {name: tensor.to(device) for name, tensor in batches.draw(step).items()}
        loss = torch.stack(list(trainee(batch, True, 0.0).values())).sum()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, alignment.lr, alignment.steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(clip.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            clip.logit_scale.clamp_(0, math.log(100))
        losses.append(loss.item())
        if (step + 1) % 200 == 0 or step + 1 == alignment.steps:
            found = accuracy(trainee, tokenizer, held_out, device)
            rate = (step + 1) / (time.monotonic() - started)
            print(
                f"step {step + 1}/{alignment.steps} loss {np.mean(losses[-200:]):.3f} {found} {rate:.2f} steps/s",
                flush=True,
            )
    folder = alignment.out or home
    save_model(clip, config, tokenizer, folder)
    return folder


def main() -> None:
    """Entry point."""
    print(f"the model is in {align(tyro.cli(Alignment, description=__doc__))}")


if __name__ == "__main__":
    main()
