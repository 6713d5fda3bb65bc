"""NegMining: which candidate words lie furthest from the in-distribution labels (NegLabel, Algorithm 1)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.html import MOST, stacked, table
from ood_studio.core.parameters import Bounds, Help, Seed, check, number
from ood_studio.core.progress import Progress, silent
from ood_studio.core.unicode import normal_form
from ood_studio.features.texts import TextEncoder
from ood_studio.labels.corpora import Corpus, Pos
from ood_studio.labels.prompts import PromptSet
from ood_studio.labels.text_features import class_features, corpus_features

# Of cosines at a time: little memory, yet long turns, since the matrix product's threads stay awake for some
# milliseconds after it and take the processors from the selection's (on two cores, 4 MB cost half as much again).
_CHUNK_BYTES = 16 * 2**20
PARTS_OF_SPEECH: dict[Pos, str] = {"n": "noun", "a": "adjective"}
_STRETCH = 256  # numbers partitioned at a time

Selection = Literal["mined", "random"]


@dataclass(frozen=True)
class Mining:
    """Parameters of NegMining; the defaults are the paper's.

    Attributes:
        eta: the percentile η of a candidate's distances to the ID labels; 0 takes the distance to the nearest one.
        count: how many negative labels to keep (M); all candidates where there are fewer.
        fraction: where given, this share of the candidates is kept instead of ``count``.
        per_pos: choose among nouns and adjectives separately, the same share of each. The authors' code does so with
            ``fraction=0.15``; the paper chooses jointly.
        closest: leaves out candidates whose largest cosine to an ID label exceeds this, as near-synonyms; shares are
            still those of all candidates. CSP's authors take 0.95, NegLabel's none.
        selection: ``mined`` by distance, or ``random`` (the paper's Table 9): any words, the first drawn first.
        seed: of a random selection.

    Raises:
        StudioError: for a value outside its bounds.
    """

    eta: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="Percentile of the distances to the ID labels")] = 0.05
    count: Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="How many negative labels to keep (M)")] = 10_000
    fraction: Annotated[
        float | None, Bounds(0.0001, 1.0, log=True, help="Share of the candidates to keep, instead of M; none = M")
    ] = None
    per_pos: Annotated[bool, Help("Choose nouns and adjectives apart, the same share of each")] = False
    closest: Annotated[
        float | None,
        Bounds(-1.0, 1.0, step=0.01, help="Largest cosine to an ID label that a negative label may have; none = any"),
    ] = None
    selection: Annotated[Selection, Help("Words furthest from the ID labels (mined), or any, to compare with")] = (
        "mined"
    )
    seed: Annotated[Seed, Help("Seed of a random selection")] = 0

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class NegativeLabels:
    """Mined negative labels, furthest first; equal distances in the candidates' order.

    Attributes:
        words, pos: the labels and their parts of speech.
        distances: (negatives,) the η-percentile of the negative cosines to all ID labels, in [-1, 1].
        indices: (negatives,) int64 rows of the candidates they were chosen from.
    """

    words: tuple[str, ...]
    pos: tuple[Pos, ...]
    distances: Tensor
    indices: Tensor

    def __len__(self) -> int:
        """How many negative labels."""
        return len(self.words)

    def to_csv(self) -> str:
        """A table ``rank,word,pos,distance``, ranks from 1."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("rank", "word", "pos", "distance"))
        rows = zip(self.words, self.pos, self.distances.tolist(), strict=True)
        for rank, (word, pos, distance) in enumerate(rows, 1):
            writer.writerow((rank, word, PARTS_OF_SPEECH[pos], f"{distance:.6f}"))
        return out.getvalue()

    def _repr_html_(self) -> str:
        rows = zip(self.words[:MOST], self.pos, self.distances[:MOST].tolist(), strict=False)
        lines = [
            (word, rank, PARTS_OF_SPEECH[pos], f"{distance:.3f}") for rank, (word, pos, distance) in enumerate(rows, 1)
        ]
        rest = len(self) - len(lines)
        shown = table(("negative label", "rank", "part of speech", "distance"), lines)
        return stacked(f"{len(self):,} negative labels, furthest first", shown, f"and {rest:,} more" if rest else "")


@torch.no_grad()
def candidate_distances(class_text: Tensor, candidate_text: Tensor, eta: float = 0.05) -> Tensor:
    """Each candidate's distance to the ID labels: NegLabel Eq. 4.

    d_i = percentile_η {-cos(ẽ_i, e_k)}, k = 1 … K, with linear interpolation as ``np.quantile`` does it.

    The candidates are taken in chunks of 16 MB of cosines, and in each row only the two order statistics that the
    percentile lies between are looked for.

    Args:
        class_text: (classes, dim) unit-norm text features of the ID labels.
        candidate_text: (candidates, dim) unit-norm text features.
        eta: in [0, 1].

    Returns:
        (candidates,) float32 on the CPU, in [-1, 1].

    Raises:
        StudioError: for no classes, shapes that do not fit, η outside [0, 1], or features that are not finite.
    """
    if class_text.ndim != 2 or candidate_text.ndim != 2 or class_text.shape[1] != candidate_text.shape[1]:
        raise StudioError(
            f"expected class features (classes, dim) and candidate features (candidates, dim) of one dim, "
            f"not {tuple(class_text.shape)} and {tuple(candidate_text.shape)}"
        )
    if len(class_text) == 0:
        raise StudioError("NegMining needs at least one ID label")
    if not 0 <= eta <= 1:
        raise StudioError(f"eta must lie between 0 and 1, not {number(eta)}")
    if candidate_text.device.type not in ("cpu", "cuda"):
        candidate_text = candidate_text.cpu()
    classes = class_text.to(candidate_text.device, torch.float32).T.contiguous()
    rows = max(1, min(len(candidate_text), _CHUNK_BYTES // (4 * classes.shape[1])))
    buffer = torch.empty(rows, classes.shape[1], device=candidate_text.device)
    out = torch.empty(len(candidate_text))
    quantile = _quantile_cuda if candidate_text.device.type == "cuda" else _quantile_cpu
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for start in range(0, len(candidate_text), rows):
            chunk = candidate_text[start : start + rows].float()
            cosines = torch.mm(chunk, classes, out=buffer[: len(chunk)])
            out[start : start + rows] = -quantile(cosines, eta, pool)
    if not torch.isfinite(out).all():
        raise StudioError("the text features are not finite numbers")
    return out


def _position(eta: float, classes: int) -> tuple[int, float]:
    """The percentile lies ``weight`` of the way from the ``rank``-th largest cosine (from 0) to the next one."""
    rank = min(int(eta * (classes - 1)), max(classes - 2, 0))
    return rank, eta * (classes - 1) - rank


def _quantile_cpu(cosines: Tensor, eta: float, pool: ThreadPoolExecutor) -> Tensor:
    # NumPy's partition is vectorised where torch's topk and kthvalue on the CPU are not (5 against 10 and 17 µs for a
    # row of 1,000), but runs on one thread; it lets go of the interpreter's lock, so threads share the rows.
    rank, weight = _position(eta, cosines.shape[1])

    def work(part: NDArray[np.float32]) -> NDArray[np.float32]:
        if part.shape[1] == 1:
            return part[:, 0].copy()
        part = _largest(part, rank + 2)
        below = part.shape[1] - rank - 2  # where the (rank + 1)-th largest goes; the larger ones end up after it
        part.partition(below, axis=1)
        upper = part[:, below + 1 :].min(axis=1)
        return np.asarray(upper + np.float32(weight) * (part[:, below] - upper), np.float32)

    parts = np.array_split(cosines.numpy(), torch.get_num_threads())
    return torch.from_numpy(np.concatenate(list(pool.map(work, parts))))


def _largest(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(rows, fewer) with the ``count`` largest of every row among them, in any order; ``rows`` are reordered.

    Takes them from each of a few stretches of the row. NumPy sorts up to 256 numbers in registers, so that four
    partitions of 250 take half the time of one of 1,000.
    """
    columns = rows.shape[1]
    stretches = -(-columns // _STRETCH)
    width = columns // stretches
    if stretches == 1 or width < 2 * count:
        return rows
    cut = rows[:, : stretches * width].reshape(len(rows), stretches, width)
    cut.partition(width - count, axis=2)
    kept = cut[:, :, width - count :].reshape(len(rows), stretches * count)
    return np.concatenate((kept, rows[:, stretches * width :]), axis=1)


def _quantile_cuda(cosines: Tensor, eta: float, _: ThreadPoolExecutor) -> Tensor:
    rank, weight = _position(eta, cosines.shape[1])
    top = torch.topk(cosines, min(rank + 2, cosines.shape[1]), dim=1).values[:, rank:]
    return torch.lerp(top[:, 0], top[:, -1], weight).cpu()


def mine_negatives(
    class_text: Tensor,
    candidate_text: Tensor,
    words: Sequence[str],
    pos: Sequence[Pos] | None = None,
    *,
    class_words: Iterable[str] = (),
    mining: Mining | None = None,
) -> NegativeLabels:
    """NegLabel's Algorithm 1: the candidates with the largest distances to the ID labels.

    Args:
        class_text: (classes, dim) unit-norm features of the ID labels.
        candidate_text: (candidates, dim) unit-norm features of the candidates.
        words, pos: the candidates; all count as nouns if ``pos`` is not given.
        class_words: the ID labels; candidates equal to one of them (in any case, with ``_`` or space) are left out, as
            are candidates that came before.
        mining: parameters; the paper's defaults if not given.

    Raises:
        StudioError: if lengths do not fit, or no candidate is left.
    """
    mining = mining or Mining()
    nouns_only: list[Pos] = ["n"] * len(words)
    kinds = nouns_only if pos is None else pos
    if not len(words) == len(kinds) == len(candidate_text):
        raise StudioError(
            f"expected as many words and parts of speech as candidate features, "
            f"not {len(words):,}, {len(kinds):,} and {len(candidate_text):,}"
        )
    keep = _admissible(words, class_words)
    if len(keep) == 0:
        raise StudioError("every candidate word is an ID label; NegMining needs at least one other word")
    distances = candidate_distances(class_text, candidate_text, mining.eta)
    size, all_nouns = _size(mining, len(keep)), sum(kinds[i] == "n" for i in keep)
    sizes = _shares(mining, all_nouns, len(keep) - all_nouns)
    if mining.closest is not None:
        keep = keep[-candidate_distances(class_text, candidate_text[keep], 0.0).numpy() <= mining.closest]
        if len(keep) == 0:
            raise StudioError(
                f"every candidate word is closer than {number(mining.closest)} to an ID label, so none is left"
            )
    order = keep[np.argsort(-distances.numpy()[keep], kind="stable")]
    if mining.selection == "random":
        order = np.random.default_rng(mining.seed).permutation(keep)
    if mining.per_pos:
        nouns = np.array([kinds[i] == "n" for i in order])
        chosen = np.zeros(len(order), bool)
        for group, size in zip((nouns, np.logical_not(nouns)), sizes, strict=True):
            chosen[np.flatnonzero(group)[:size]] = True
        order = order[chosen]
    else:
        order = order[:size]
    indices = torch.from_numpy(order)
    return NegativeLabels(tuple(words[i] for i in order), tuple(kinds[i] for i in order), distances[indices], indices)


def _admissible(words: Sequence[str], class_words: Iterable[str]) -> NDArray[np.int64]:
    seen = {normal_form(word) for word in class_words}
    keep = []
    for index, word in enumerate(words):
        word = normal_form(word)
        if word not in seen:
            seen.add(word)
            keep.append(index)
    return np.array(keep, np.int64)


def _size(mining: Mining, candidates: int) -> int:
    """How many of so many candidates are kept: M, or the share rounded down as in the authors' code, at least one."""
    if candidates == 0:
        return 0
    if mining.fraction is None:
        return min(mining.count, candidates)
    return max(1, math.floor(candidates * mining.fraction + 1e-9))


def _shares(mining: Mining, nouns: int, adjectives: int) -> tuple[int, int]:
    """How many nouns and adjectives are kept when they are chosen separately."""
    if mining.fraction is not None:
        return _size(mining, nouns), _size(mining, adjectives)
    total = _size(mining, nouns + adjectives)
    share = round(total * nouns / (nouns + adjectives))
    return share, total - share


def mine_corpus(
    backbone: TextEncoder,
    labels: Sequence[str],
    corpus: Corpus,
    prompts: PromptSet,
    *,
    mining: Mining | None = None,
    progress: Progress = silent,
) -> tuple[NegativeLabels, Tensor, Tensor]:
    """Encodes ID labels and corpus (or fetches their kept features) and mines.

    Args:
        backbone: a backbone with a text tower.
        labels: the ID labels.
        progress: told the words done; may raise to stop.

    Returns:
        the negative labels, the ID labels' features (classes, dim) and the negatives' features (negatives, dim), both
        unit norm, float32, on the CPU.
    """
    class_text = class_features(backbone, labels, prompts, progress)
    candidate_text = corpus_features(backbone, corpus, prompts, progress)
    found = mine_negatives(class_text, candidate_text, corpus.words, corpus.pos, class_words=labels, mining=mining)
    return found, class_text, candidate_text[found.indices]
