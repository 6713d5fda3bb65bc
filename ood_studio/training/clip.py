"""Trains Diorama-CLIP: ``python -m ood_studio.training.clip --model vit`` (or ``conv``).

The recipe: every batch of pictures meets a caption of half of them, a batch of single-word prompts and a few prompts
of English words that name nothing in the world. A caption is positive for *every* picture of which it is true
(multi-positive contrastive loss, both ways), and the name of the main object counts more than what stands around it, as
in what people write under pictures. Class and concept heads on the image vector help from the first step and
fade out before its end, so that nothing of them remains in the saved model. The vision transformer, which learns more
slowly, also learns each patch's object from the renderer's masks, and from the finished convolutional model.
Resumes from the last checkpoint under ``cache/training/`` after an interruption.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from open_clip.transformer import VisionTransformer
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from ood_studio.core.paths import ASSETS, cache_dir
from ood_studio.diorama.captions import ADJECTIVE_TEMPLATES, NOUN_TEMPLATES
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.world import TRAINED_CLASSES, UNSEEN_CLASSES, adjectives
from ood_studio.training.course import adamw, append_row, learning_rate
from ood_studio.training.data import Pictures, all_concepts, load_pictures
from ood_studio.training.jitter import jittered
from ood_studio.training.tokenizer import CONTEXT_LENGTH, encode, save_tokenizer, train_tokenizer
from ood_studio.worlds.wordnet import load_wordnet

MEAN, STD = (0.5, 0.5, 0.5), (0.3, 0.3, 0.3)
VISION: dict[str, dict[str, Any]] = {
    "vit": {
        "image_size": 64,
        "layers": 4,
        "width": 192,
        "head_width": 48,
        "patch_size": 8,
        "mlp_ratio": 4.0,
        "pool_type": "avg",
    },
    "conv": {"image_size": 64, "layers": [1, 2, 3, 1], "width": 24, "head_width": 64},
}
LOSSES = ("image", "text", "class", "concepts", "patches", "local", "vector")
SHORT_TEXT = 9  # tokens; most prompts are no longer
MAIN_NOUN = 6.0  # weight of the main object's name among the concepts that are true of a picture
FOLDERS = {"vit": "diorama", "conv": "diorama-conv"}


@dataclass(frozen=True)
class Recipe:
    """The course of a training, in shares of its steps.

    Attributes:
        steps: optimiser steps.
        lr: peak learning rate, cosine decay after a warm-up over 3 % of the steps.
        align_from: when pictures first meet texts; before that the helping heads and the teacher teach alone.
        fade: from when to when the helping heads fade out.
        whole_from: from when the vision transformer sees all patches of every picture.
        easy_until: until when only scenes with at most one hard visual factor are drawn.
        shift: by how many pixels pictures are moved at random; 0 where patches must match the renderer's masks.
        teacher: the finished model that it learns from, by its folder under ``assets/``; empty for none.
    """

    steps: int
    lr: float
    align_from: float
    fade: tuple[float, float]
    whole_from: float
    easy_until: float
    shift: int
    teacher: str = ""


RECIPES = {
    "vit": Recipe(7800, 6e-4, 0.55, (0.6, 0.95), 0.9, 0.2, 0, "diorama-conv"),
    "conv": Recipe(10_000, 1.2e-3, 0.0, (0.55, 0.85), 0.0, 0.0, 4),
}


@dataclass(frozen=True)
class Training:
    """How to train; the defaults are the recipe of the bundled weights.

    Attributes:
        model: the image tower, a vision transformer or a convolutional network.
        steps: optimiser steps; 0 for the recipe's.
        batch: pictures a step.
        bare: share of pictures without an object: empty places and textures.
        captions: how many pictures come with a caption.
        prompts: single-concept prompts a step.
        distractors: prompts of English words outside the world a step.
        patch_dropout: share of the vision transformer's patches left out of each picture (as in FLIP), for speed.
        pictures: training pictures rendered.
        seed: of everything.
        start: a folder of weights of the same image tower to begin with, such as those that are to become better.
        bfloat16: compute in bfloat16 (autocast): faster on a GPU and on CPUs with AVX-512 BF16 or AMX, slow on others.
        device: torch device; picked by itself where empty.
        threads: CPU threads; 0 for all.
        out: where the finished model goes; ``assets/`` and its usual folder where None.
        checkpoint_seconds: how often the state is written.
        align: run the last stage too, see `ood_studio.training.alignment`.
    """

    model: Literal["vit", "conv"] = "vit"
    steps: int = 0
    batch: int = 64
    bare: float = 0.2
    captions: int = 32
    prompts: int = 64
    distractors: int = 16
    weight_decay: float = 0.05
    patch_dropout: float = 0.5
    pictures: int = 200_000
    seed: int = 0
    start: Path | None = None
    bfloat16: bool = False
    device: str = ""
    threads: int = 0
    out: Path | None = None
    checkpoint_seconds: float = 120.0
    align: bool = True

    @property
    def recipe(self) -> Recipe:
        """The course of this training."""
        recipe = RECIPES[self.model]
        return replace(recipe, steps=self.steps or recipe.steps)


def layers_of(weights: Mapping[str, Tensor]) -> int:
    """How many layers one tower of an open_clip transformer has."""
    return 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("transformer.resblocks."))


def model_config(name: str, vocabulary: int) -> dict[str, Any]:
    """The ``model_cfg`` of open_clip for one of the two models."""
    return {
        "embed_dim": 128,
        "vision_cfg": VISION[name],
        "text_cfg": {
            "context_length": CONTEXT_LENGTH,
            "vocab_size": vocabulary,
            "width": 128,
            "heads": 4,
            "layers": 3,
            "hf_tokenizer_name": "diorama",
        },
    }


def build_model(config: dict[str, Any]) -> Any:
    """A randomly initialised `open_clip.model.CLIP` (it has no types); its logit scale starts at 14 and stays free."""
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    return CLIP(config["embed_dim"], CLIPVisionCfg(**config["vision_cfg"]), CLIPTextCfg(**config["text_cfg"]))


def multi_positive_loss(logits: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of each row against its positives by their weights; rows without any are left out.

    Args:
        logits: (rows, columns).
        weights: (rows, columns), 0 where a column is no positive of the row.
    """
    total = weights.sum(dim=1)
    kept = total > 0
    return -((logits.log_softmax(dim=1) * weights).sum(dim=1)[kept] / total[kept]).mean()


class Batches:
    """Draws training batches; a function of (seed, step) alone, so that a resumed run goes on identically."""

    def __init__(self, pictures: Pictures, tokenizer: Tokenizer, english: list[str], training: Training) -> None:
        self.pictures, self.training = pictures, training
        self.bare = np.flatnonzero(pictures.labels < 0)
        self.objects = np.flatnonzero(pictures.labels >= 0)
        self.easy = self.objects[pictures.hardness[self.objects] <= 1]
        names, described = all_concepts(), set(adjectives())
        self.classes = np.array([names.index(name) for name in TRAINED_CLASSES])
        self.main = np.append(self.classes, -1)  # by label; the last for pictures without a main object, label -1
        self.templates: list[Tensor] = []  # for each concept the tokens of all its prompts
        for name in names:
            forms = ADJECTIVE_TEMPLATES if name in described else NOUN_TEMPLATES
            self.templates.append(torch.tensor(encode(tokenizer, [form.format(name) for form in forms])))
        rng = Random(training.seed)
        words = [rng.choice(NOUN_TEMPLATES + ADJECTIVE_TEMPLATES).format(word) for word in english]
        self.distractors = torch.tensor(encode(tokenizer, words))

    def draw(self, step: int) -> dict[str, Tensor]:
        """One batch: ``pixels`` (b, 3, 64, 64) uint8, ``labels`` (b,), ``concepts`` (b, c) float32, ``tokens``
        (texts, context) and ``positive`` (b, texts) float32, how much each text counts for each picture, 0 where it is
        not true."""
        t, data = self.training, self.pictures
        rng = np.random.Generator(np.random.PCG64([t.seed, step]))
        pool = self.easy if step < t.recipe.easy_until * t.recipe.steps else self.objects
        bare = round(t.batch * t.bare)
        # Those without an object come first, so that each has a caption and learns that no object's name is true of it.
        rows = np.concatenate([rng.choice(self.bare, bare), rng.choice(pool, t.batch - bare)])
        pixels = torch.from_numpy(np.stack([data.pixels[i] for i in rows])).permute(0, 3, 1, 2)
        truth = data.concepts[rows]
        told = rows[: t.captions]
        which = rng.integers(0, data.tokens.shape[1], len(told))
        said = data.said[told, which]
        own = (truth[:, np.maximum(said, 0)] | (said < 0)).all(axis=2)
        half = t.prompts // 2  # as many class names as other concepts
        asked = np.concatenate([rng.choice(self.classes, half), rng.integers(0, truth.shape[1], t.prompts - half)])
        prompts = torch.stack([self.templates[c][rng.integers(len(self.templates[c]))] for c in asked])
        named = truth[:, asked] * np.where(asked == self.main[data.labels[rows]][:, None], MAIN_NOUN, 1.0)
        positive = np.concatenate([own, named, np.zeros((t.batch, t.distractors))], axis=1, dtype=np.float32)
        noise = self.distractors[rng.integers(0, len(self.distractors), t.distractors)]
        tokens = torch.cat([torch.from_numpy(data.tokens[told, which].astype(np.int64)), prompts, noise])
        pixels, coverage = augment(pixels, torch.from_numpy(data.coverage[rows]), t.recipe.shift, rng)
        return {
            "pixels": pixels,
            "coverage": coverage,
            "labels": torch.from_numpy(data.labels[rows]),
            "concepts": torch.from_numpy(truth.astype(np.float32)),
            "tokens": tokens,
            "positive": torch.from_numpy(positive),
        }


def augment(pixels: Tensor, coverage: Tensor, shift: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Moves each picture by up to ``shift`` pixels, mirrors half of them and changes their brightness by up to 10 %.

    Args:
        pixels: (b, 3, 64, 64) uint8.
        coverage: (b, 8, 8), mirrored along; with a shift it no longer fits.

    Returns:
        pixels as floats (near [0, 1]) and coverage.
    """
    out, flip = jittered(pixels.float() / 255, shift, rng)
    return out, torch.where(flip[:, None, None], coverage.flip(2), coverage)


class KeptPatches(nn.Module):
    """Leaves out a share of each picture's patches during training, and remembers which were kept.

    Stands in for open_clip's own patch dropout, which does not tell.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.kept = torch.empty(0, dtype=torch.long)  # (batch, kept patches)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, 1 + patches, width), class token first -> (batch, 1 + kept patches, width)."""
        batch, patches = tokens.shape[0], tokens.shape[1] - 1
        count = max(1, round(patches * (1 - self.share))) if self.training else patches
        order = torch.rand(batch, patches, device=tokens.device).argsort(dim=1)[:, :count].sort(dim=1).values
        self.kept = order
        picked = tokens[:, 1:].gather(1, order[:, :, None].expand(-1, -1, tokens.shape[2]))
        return torch.cat([tokens[:, :1], picked], dim=1)


class Teacher:
    """A finished convolutional model: what it sees at each patch, and its vector for the whole picture."""

    def __init__(self, folder: Path, device: str) -> None:
        config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
        self.clip: Any = build_model(config)
        self.clip.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
        self.clip.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised pixels -> its 8 x 8 map, (b, 64, 192), standardised over the batch; unit vectors (b, dim)."""
        tower = self.clip.visual
        seen = tower.layer2(tower.layer1(tower.stem(pixels)))
        vectors = tower.attnpool(tower.layer4(tower.layer3(seen)))
        seen, vectors = seen.float().flatten(2).transpose(1, 2), vectors.float()
        return (seen - seen.mean((0, 1))) / (seen.std((0, 1)) + 1e-3), F.normalize(vectors, dim=-1)


class Trainee(nn.Module):
    """The model, and the heads that help it at first.

    With a teacher, which shares its text tower's first weights, the vision transformer learns what a convolutional
    network sees at each patch (after its second block) and the teacher's vector for each picture: distillation from a
    convolutional network gives a vision transformer the sense of locality that it lacks (Touvron et al. 2021).
    """

    clip: Any  # an open_clip.model.CLIP, which has no types

    def __init__(
        self, clip: Any, concepts: int, width: int, teacher: Teacher | None = None, bfloat16: bool = False
    ) -> None:
        super().__init__()
        self.clip = clip
        self._bfloat16 = bfloat16
        self._teacher = teacher
        self._middle = torch.empty(0)
        self.class_head = nn.Linear(width, len(TRAINED_CLASSES))
        self.concept_head = nn.Linear(width, concepts)
        self.patch_head = nn.Linear(width, len(TRAINED_CLASSES))
        if teacher is not None:
            self.local_head = nn.Sequential(nn.LayerNorm(clip.visual.conv1.out_channels), nn.Linear(192, 192))
            clip.visual.transformer.resblocks[1].register_forward_hook(self._keep_middle)
            own, taught = clip.state_dict(), teacher.clip.state_dict()
            clip.load_state_dict(own | {k: v.float() for k, v in taught.items() if not k.startswith("visual.")})

    def forward(self, batch: dict[str, Tensor], align: bool, help_share: float) -> dict[str, Tensor]:
        """The losses of one batch: against the texts with ``align``, and by their share those that help."""
        mean = torch.tensor(MEAN, device=batch["pixels"].device).view(3, 1, 1)
        std = torch.tensor(STD, device=batch["pixels"].device).view(3, 1, 1)
        pixels = (batch["pixels"] - mean) / std
        with self._autocast():
            vectors, patches = self.encode_image(pixels)
            text = self._encode_text(batch["tokens"]) if align else None
            taught = self._teacher(pixels) if self._teacher is not None and help_share > 0 else None
        vectors = vectors.float()
        losses = {}
        if text is not None:
            logits = self.clip.logit_scale.exp() * F.normalize(vectors, dim=-1) @ F.normalize(text, dim=-1).T
            losses["image"] = multi_positive_loss(logits, batch["positive"])
            losses["text"] = multi_positive_loss(logits.T, batch["positive"].T)
        if help_share > 0:
            # Vectors of unit length make weak inputs for a linear head, so the heads read them before normalisation.
            known = batch["labels"] >= 0
            classes = self.class_head(vectors[known])
            losses["class"] = help_share * F.cross_entropy(classes, batch["labels"][known], label_smoothing=0.05)
            facts = F.binary_cross_entropy_with_logits(self.concept_head(vectors), batch["concepts"])
            losses["concepts"] = help_share * 10 * facts
            if patches is not None:
                losses["patches"] = help_share * self._patch_loss(patches.float(), batch)
            if taught is not None:
                seen, summary = taught
                kept = self.clip.visual.patch_dropout.kept[:, :, None].expand(-1, -1, seen.shape[2])
                losses["local"] = (
                    help_share * 3 * F.mse_loss(self.local_head(self._middle.float()), seen.gather(1, kept))
                )
                losses["vector"] = help_share * 5 * (1 - F.cosine_similarity(vectors, summary)).mean()
        return losses

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.clip.logit_scale.device.type, torch.bfloat16, enabled=self._bfloat16)

    def _keep_middle(self, block: nn.Module, given: Any, tokens: Tensor) -> None:
        self._middle = tokens[:, 1:]

    def encode_image(self, pixels: Tensor) -> tuple[Tensor, Tensor | None]:
        """Image vectors (b, dim) and a vision transformer's patch vectors (b, kept, dim), none normalised."""
        if not isinstance(self.clip.visual, VisionTransformer):
            return self.clip.encode_image(pixels), None
        vectors, tokens = self.clip.visual(pixels)
        return vectors, tokens @ self.clip.visual.proj

    def _patch_loss(self, patches: Tensor, batch: dict[str, Tensor]) -> Tensor:
        """Cross-entropy of the main object's class at the patches that it covers at least half of."""
        covered = batch["coverage"].flatten(1).gather(1, self.clip.visual.patch_dropout.kept) >= 32
        labels = batch["labels"][:, None].expand_as(covered)[covered]
        return F.cross_entropy(self.patch_head(patches[covered]), labels, label_smoothing=0.05)

    def _encode_text(self, tokens: Tensor) -> Tensor:
        """open_clip's text tower, run apart for short and long texts: padding behind ``<end>`` changes nothing."""
        length = (tokens > 0).sum(dim=1)
        short = length <= SHORT_TEXT
        out = torch.empty(len(tokens), self.clip.text_projection.shape[1], device=tokens.device)
        for rows, cut in ((short, SHORT_TEXT), (~short, tokens.shape[1])):
            if rows.any():
                out[rows] = self._encode_cut(tokens[rows, :cut]).float()
        return out

    def _encode_cut(self, tokens: Tensor) -> Tensor:
        clip, cut = self.clip, tokens.shape[1]
        x = clip.token_embedding(tokens) + clip.positional_embedding[:cut]
        x = clip.ln_final(clip.transformer(x, attn_mask=clip.attn_mask[:cut, :cut]))
        ends: Tensor = x[torch.arange(len(tokens), device=tokens.device), tokens.argmax(dim=-1)]
        projection: Tensor = clip.text_projection
        return ends @ projection


def help_share(progress: float, fade: tuple[float, float]) -> float:
    """Weight of the helping heads at a share of the training: 1, and over ``fade`` down to 0."""
    return min(1.0, max(0.0, (fade[1] - progress) / (fade[1] - fade[0])))


def distractor_words() -> list[str]:
    """English nouns and adjectives that name nothing in Diorama, not even an unseen class."""
    taken = set(all_concepts()) | set(UNSEEN_CLASSES) | {kind for cls in OBJECTS.values() for kind in cls.kinds}
    return sorted({entry.lemma for entry in load_wordnet()} - taken)


def save_model(clip: Any, config: dict[str, Any], tokenizer: Tokenizer, folder: Path) -> None:
    """Writes an open_clip directory: config, half-precision weights, tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(tokenizer, folder)
    preprocess = {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "squash"}
    text = json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}, indent=1)
    (folder / "open_clip_config.json").write_text(text + "\n")
    weights = {name: tensor.detach().cpu().half().contiguous() for name, tensor in clip.state_dict().items()}
    partial = folder / "open_clip_model.safetensors.partial"
    save_file(weights, partial)
    partial.chmod(0o644)
    partial.replace(folder / "open_clip_model.safetensors")


@torch.inference_mode()
def accuracy(trainee: Trainee, tokenizer: Tokenizer, pictures: Pictures, device: str) -> dict[str, float]:
    """Zero-shot accuracy on held-out pictures, among the 20 ID classes and among all trained ones."""
    tokens = torch.tensor(encode(tokenizer, [f"a photo of a {name}" for name in TRAINED_CLASSES])).to(device)
    trainee.eval()
    text = F.normalize(trainee.clip.encode_text(tokens), dim=-1)
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    cosines = []
    for start in range(0, len(pictures.labels), 256):
        pixels = torch.from_numpy(np.array(pictures.pixels[start : start + 256])).permute(0, 3, 1, 2).float() / 255
        vectors, _ = trainee.encode_image(((pixels - mean) / std).to(device))
        cosines.append((F.normalize(vectors, dim=-1) @ text.T).cpu())
    trainee.train()
    scores, labels = torch.cat(cosines), torch.from_numpy(pictures.labels)
    inside, any_object = (labels >= 0) & (labels < 20), labels >= 0
    return {
        "id_accuracy": (scores[inside, :20].argmax(1) == labels[inside]).float().mean().item(),
        "all_accuracy": (scores[any_object].argmax(1) == labels[any_object]).float().mean().item(),
    }


def train(training: Training) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    if training.threads:
        torch.set_num_threads(training.threads)
    device = training.device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(training.seed)
    recipe = training.recipe
    steps = recipe.steps
    english = distractor_words()
    tokenizer = train_tokenizer(english)
    pictures = load_pictures(training.pictures, training.seed, tokenizer)
    held_out = load_pictures(3000, training.seed + 1_000_003, tokenizer)
    batches = Batches(pictures, tokenizer, english, training)
    config = model_config(training.model, tokenizer.get_vocab_size())
    teacher = Teacher(ASSETS / recipe.teacher, device) if recipe.teacher else None
    trainee = Trainee(build_model(config), len(all_concepts()), config["embed_dim"], teacher, training.bfloat16).to(
        device
    )
    if training.start is not None:
        found = load_file(training.start / "open_clip_model.safetensors")
        trainee.clip.load_state_dict({k: v.float() for k, v in found.items() if k.startswith("visual.")}, strict=False)
    if training.model == "conv":
        trainee = trainee.to(memory_format=torch.channels_last)
    optimizer = adamw(trainee, recipe.lr, training.weight_decay)
    run = cache_dir() / "training" / f"clip-{training.model}-{steps}-{training.seed}"
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, log = run / "checkpoint.pt", run / "log.csv"
    step = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        trainee.load_state_dict(state["trainee"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        print(f"going on from step {step} of {steps}")
    started = saved = time.monotonic()
    first, since, sums = step, 0, dict.fromkeys(("loss", *LOSSES), 0.0)
    keep = KeptPatches(training.patch_dropout)
    if training.model == "vit":
        trainee.clip.visual.patch_dropout = keep
        trainee.clip.visual.output_tokens = True
    while step < steps:
        done = step / steps
        keep.share = training.patch_dropout if done < recipe.whole_from else 0.0
        torch.manual_seed(training.seed * 1_000_003 + step)  # a resumed run leaves out the same patches
        batch = {name: tensor.to(device) for name, tensor in batches.draw(step).items()}
        losses = trainee(batch, done >= recipe.align_from, help_share(done, recipe.fade))
        loss = torch.stack(list(losses.values())).sum()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, recipe.lr, steps)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            trainee.clip.logit_scale.clamp_(0, math.log(100))
        step, since = step + 1, since + 1
        sums["loss"] += loss.item()
        for name, value in losses.items():
            sums[name] += value.item()
        if step % 500 == 0 or step == steps:
            row: dict[str, float] = {name: round(value / since, 4) for name, value in sums.items()}
            row |= accuracy(trainee, tokenizer, held_out, device)
            row["logit_scale"] = round(trainee.clip.logit_scale.exp().item(), 2)
            seconds = time.monotonic() - started
            rate = (step - first) / seconds
            print(f"step {step}/{steps} {row} {rate:.2f} steps/s", flush=True)
            append_row(log, {"step": step, **row})
            since, sums = 0, dict.fromkeys(sums, 0.0)
        if time.monotonic() - saved > training.checkpoint_seconds or step == steps:
            state = {"trainee": trainee.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
            torch.save(state, checkpoint.with_suffix(".partial"))
            checkpoint.with_suffix(".partial").replace(checkpoint)
            saved = time.monotonic()
    folder = training.out or ASSETS / FOLDERS[training.model]
    save_model(trainee.clip, config, tokenizer, folder)
    return folder


def main() -> None:
    """Entry point."""
    training = tyro.cli(Training, description=__doc__)
    folder = train(training)
    if training.align:
        from ood_studio.training.alignment import Alignment, align

        same = {
            name: getattr(training, name) for name in ("model", "pictures", "seed", "bfloat16", "device", "threads")
        }
        align(Alignment(**same, start=folder, out=folder))
    print(f"the model is in {folder}")


if __name__ == "__main__":
    main()
