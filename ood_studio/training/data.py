"""Training data for Diorama's models: many scenes rendered once by all cores, kept under ``cache/``."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

from ood_studio.core.paths import cache_dir
from ood_studio.diorama.captions import Caption, caption, concepts
from ood_studio.diorama.render import main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene, sample_texture
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, adjectives, nouns
from ood_studio.training.tokenizer import CONTEXT_LENGTH, encode

CAPTIONS = 6  # drawn for every picture
MOST_CONCEPTS = 10  # in one caption
_CHUNK = 512
_VERSION = 2  # of what `training_scene` draws


@dataclass(frozen=True)
class Pictures:
    """Rendered scenes and what is true of them.

    Attributes:
        pixels: (n, 64, 64, 3) uint8, memory-mapped.
        labels: (n,) int64, index in `TRAINED_CLASSES`, -1 without a main object.
        concepts: (n, concepts) bool, in the order of `all_concepts`.
        tokens: (n, CAPTIONS, CONTEXT_LENGTH) int64.
        said: (n, CAPTIONS, MOST_CONCEPTS) int64, the concepts that each caption states, -1 for none.
        coverage: (n, 8, 8) uint8, how many of the 64 pixels of each 8 x 8 patch belong to the main object.
        hardness: (n,) uint8, how many visual factors hold besides colour, pattern and subcategory.
    """

    pixels: np.ndarray
    labels: np.ndarray
    concepts: np.ndarray
    tokens: np.ndarray
    said: np.ndarray
    coverage: np.ndarray
    hardness: np.ndarray


def all_concepts() -> tuple[str, ...]:
    """Every concept that a training picture can show."""
    return tuple(dict.fromkeys((*nouns(), *adjectives())))


def training_scene(seed: str) -> Scene:
    """The kind of scene that the bundled models learn from: never one with an unseen class; half of them harder."""
    # Not Random(seed), whose first numbers the samplers below draw again: what kind of scene it is would then say much
    # about what is in it, such as two places alone for all the empty ones.
    rng = Random(seed + "/kind")
    share = rng.random()
    if share < 0.08:
        return sample_empty(seed)
    if share < 0.15:
        return sample_texture(seed)
    inside = share < 0.47
    names = ID_CLASSES if inside else TRAINED_CLASSES[len(ID_CLASSES) :]
    return sample_scene(seed, names, shares=TRAINING_SHARE if rng.random() < 0.5 else FACTOR_SHARE)


def load_pictures(count: int, seed: int, tokenizer: Tokenizer, workers: int = 0) -> Pictures:
    """``count`` training pictures of a seed, rendered with ``workers`` processes (0: one a core) unless cached."""
    index = {name: i for i, name in enumerate(all_concepts())}
    key = f"{count}/{seed}/{world_fingerprint()}/{tokenizer.get_vocab_size()}/{_VERSION}"
    folder = cache_dir() / "diorama" / ("train-" + hashlib.sha256(key.encode()).hexdigest()[:12])
    files = {name: folder / f"{name}.npy" for name in Pictures.__dataclass_fields__}
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(files["pixels"], "w+", np.uint8, (count, 64, 64, 3))
        labels = np.full(count, -1, np.int64)
        truth = np.zeros((count, len(index)), bool)
        tokens = np.zeros((count, CAPTIONS, CONTEXT_LENGTH), np.int16)
        said = np.full((count, CAPTIONS, MOST_CONCEPTS), -1, np.int16)
        coverage = np.zeros((count, 8, 8), np.uint8)
        hard_factors = np.zeros(count, np.uint8)
        starts = range(0, count, _CHUNK)
        bar = tqdm(total=count, unit="scene", desc="rendering")
        with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool, bar:
            jobs = ((seed, start, min(start + _CHUNK, count)) for start in starts)
            for start, chunk in zip(starts, pool.map(_render_chunk, jobs), strict=True):
                for i, (picture, label, facts, said_here, covered, hard) in enumerate(chunk, start):
                    pixels[i], coverage[i], hard_factors[i] = picture, covered, hard
                    labels[i] = label
                    truth[i, [index[f] for f in facts]] = True
                    tokens[i] = encode(tokenizer, [c.text for c in said_here])
                    for j, one in enumerate(said_here):
                        numbers = [index[c] for c in one.concepts]
                        said[i, j, : len(numbers)] = numbers
                bar.update(len(chunk))
        pixels.flush()
        arrays = {"labels": labels, "concepts": truth, "tokens": tokens, "said": said}
        arrays |= {"coverage": coverage, "hardness": hard_factors}
        for name, array in arrays.items():
            np.save(files[name], array)
        (folder / "complete").touch()
    arrays = {name: np.load(path, mmap_mode="r" if name == "pixels" else None) for name, path in files.items()}
    return Pictures(**arrays)


def patch_coverage(scene: Scene) -> np.ndarray:
    """(8, 8) uint8: pixels of the main object in each 8 x 8 patch of the 64-pixel picture, 0 to 64."""
    return main_mask(scene).reshape(8, 8, 8, 8).sum(axis=(1, 3)).astype(np.uint8)


def hardness(scene: Scene) -> int:
    """How many visual factors hold besides colour, pattern and subcategory, which hide little of what a thing is."""
    return len(set(scene.factors) - {"color", "pattern", "subcategory"})


_Drawn = tuple[np.ndarray, int, frozenset[str], list[Caption], np.ndarray, int]


def _render_chunk(job: tuple[int, int, int]) -> list[_Drawn]:
    """Picture, label, concepts, captions, coverage and hardness of some scenes."""
    seed, start, stop = job
    chunk = []
    for i in range(start, stop):
        name = f"clip-train/{seed}/{i}"
        scene = training_scene(name)
        rng = Random(name + "/captions")
        label = TRAINED_CLASSES.index(scene.main.name) if scene.main else -1
        said = [caption(scene, rng) for _ in range(CAPTIONS)]
        chunk.append((np.asarray(render(scene)), label, concepts(scene), said, patch_coverage(scene), hardness(scene)))
    return chunk
