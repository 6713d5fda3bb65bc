"""Numbers that papers print for settings that can be recomputed here, as they print them.

ImageNet-1k is the ID set throughout, with the validation images of the papers and their OOD sets. Numbers compare only
under one definition of FPR95, one set of prompts and one protocol, so every line carries its own, where they are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from ood_studio.evaluation.fpr import FprDefinition
from ood_studio.evaluation.metrics import auroc_and_fpr
from ood_studio.evaluation.passport import kind_of
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row
from ood_studio.scorers.base import Protocol

AVERAGE = "average of the four"
_FOUR = ("iNaturalist", "SUN", "Places", "Textures")
_SETS = {"imagenet-ood": (*_FOUR, AVERAGE), "openood-imagenet": ("ImageNet-O", "NINCO", "OpenImage-O")}


@dataclass(frozen=True)
class Published:
    """One scorer on one pair of sets, as a paper prints it.

    Attributes:
        suite, ood: the suite and its OOD set; `AVERAGE` where a paper prints no more.
        backbone: in the paper's words, such as ``CLIP ViT-B/16``.
        scorer: a key of `ood_studio.evaluation.choose.bench_scorers` where the paper's setting is that of its defaults;
            otherwise a name that is none.
        method: in the paper's words.
        trained: whether weights were trained or tuned on ID or synthetic images, so that it is no zero-shot number.
        auroc, fpr95: as fractions; NaN where a paper prints none.
        source: paper and table.
        fpr_definition: that of its FPR95; None where it is not known, as of numbers that a paper takes from others.
        prompts: the prompt set of the ID labels, see `ood_studio.labels.prompts`; empty where it is not known.
        protocol: see `Protocol`.
    """

    suite: str
    ood: str
    backbone: str
    scorer: str
    method: str
    trained: bool
    auroc: float
    fpr95: float
    source: str
    fpr_definition: FprDefinition | None = None
    prompts: str = ""
    protocol: Protocol = "inductive"

    def setting(self) -> str:
        """Definition, prompts and protocol in words."""
        definition = f"FPR95 {self.fpr_definition}" if self.fpr_definition else "definition of FPR95 not known"
        prompts = f"prompts {self.prompts}" if self.prompts else "prompts not known"
        return f"{definition}, {prompts}, {self.protocol}"


@dataclass(frozen=True)
class Recomputed:
    """What this studio finds for a published line.

    Attributes:
        auroc, fpr95: as fractions; ``fpr95`` under the line's definition, None where that is not known, or a stored
            result with another one has no scores to read it from.
        differs: what else is not as published, in words; empty for nothing.
    """

    auroc: float
    fpr95: float | None
    differs: str


def recomputed(line: Published, result: BenchResult) -> Recomputed | None:
    """The row of a result for a published line, its FPR95 under the line's own definition; None without a row."""
    row = next((row for row in result.rows if (row.scorer, row.ood) == (line.scorer, line.ood)), None)
    if row is None:
        return None
    differs = []
    ours = row.params.get("prompts")
    if line.prompts and ours and ours != line.prompts:
        differs.append(f"prompts {ours} here")
    if (here := kind_of(row)) != line.protocol:
        differs.append(f"{here} here")
    return Recomputed(row.auroc, _fpr(line, row, result), "; ".join(differs))


def _fpr(line: Published, row: Row, result: BenchResult) -> float | None:
    if line.fpr_definition is None or row.fpr_definition == line.fpr_definition:
        return row.fpr95 if line.fpr_definition else None
    outside = result.scores.get(row.scorer, {}).get(row.ood)
    if outside is None:
        return None
    return auroc_and_fpr(result.id_scores(row.scorer, row.ood), outside, definition=line.fpr_definition)[1]


def published(suite: str, backbone: str, ood: str, scorer: str) -> Published | None:
    """What a paper prints for this setting; the earlier table where several do.

    Args:
        suite, ood, scorer: as in a row; a scorer with parameters of its own has no published number.
        backbone: as the project or as a paper names it: ``open_clip:ViT-B-16/openai`` is ``CLIP ViT-B/16``.
    """
    return _index().get((suite, _BACKBONES.get(backbone, backbone), ood, scorer))


def published_for(suite: str, backbone: str) -> tuple[Published, ...]:
    """Everything that papers print for a suite and backbone, method by method."""
    name = _BACKBONES.get(backbone, backbone)
    return tuple(each for each in _index().values() if (each.suite, each.backbone) == (suite, name))


def published_by(backbone: str) -> tuple[Published, ...]:
    """Everything that papers print for a backbone, on any suite."""
    name = _BACKBONES.get(backbone, backbone)
    return tuple(each for each in _index().values() if each.backbone == name)


@dataclass(frozen=True)
class _Table:
    """A printed table: lines of backbone, scorer, method and then AUROC and FPR95 in percent for each set.

    Attributes:
        settings: definition of FPR95 and prompts of the lines that the paper computed itself, by scorer.
        protocol: of all its lines.
    """

    source: str
    sets: tuple[str, ...]
    trained: bool
    lines: str
    settings: Mapping[str, tuple[FprDefinition, str]] = field(default_factory=dict)
    protocol: Protocol = "inductive"

    def read(self) -> Iterator[Published]:
        for line in self.lines.strip().splitlines():
            backbone, scorer, method, numbers = (part.strip() for part in line.split("|"))
            values = [round(float(number) / 100, 6) for number in numbers.split()]
            for ood, auroc, fpr95 in zip(self.sets, values[0::2], values[1::2], strict=True):
                suite = next(name for name, sets in _SETS.items() if ood in sets)
                definition, prompts = self.settings.get(scorer, (None, ""))
                yield Published(
                    suite,
                    ood,
                    backbone,
                    scorer,
                    method,
                    self.trained,
                    auroc,
                    fpr95,
                    self.source,
                    definition,
                    prompts,
                    self.protocol,
                )


_NEGLABEL = "Jiang et al., ICLR 2024 (NegLabel)"
_KRNFT = "Zhu et al., ACM MM 2025 (KR-NFT), Table 1"
_PLP = "Adaloglou et al., TMLR 2024 (PLP), Table 3"
_PLP_SETS = ("iNaturalist", "SUN", "ImageNet-O", "Textures", "NINCO")  # of iNaturalist only plants

_TABLES = (
    _Table(
        f"{_NEGLABEL}, Table 1",
        _FOUR,
        False,
        """
CLIP ViT-B/16 | mahalanobis | Mahalanobis | 55.89 99.33 59.94 99.41 65.96 98.54 64.23 98.46
CLIP ViT-B/16 | energy      | Energy      | 85.09 81.08 84.24 79.02 83.38 75.08 65.56 93.65
CLIP ViT-B/16 | zoc         | ZOC         | 86.09 87.30 81.20 81.51 83.39 73.06 76.46 98.90
CLIP ViT-B/16 | mcm         | MCM         | 94.59 32.20 92.25 38.80 90.31 46.20 86.12 58.50
CLIP ViT-B/16 | clipn       | CLIPN       | 95.27 23.94 93.93 26.17 92.28 33.45 90.93 40.83
CLIP ViT-B/16 | neglabel    | NegLabel    | 99.49 1.91 95.49 20.53 91.64 35.59 90.22 43.56
""",
        {"neglabel": ("nearest", "neglabel"), "mcm": ("nearest", "photo")},
    ),
    _Table(
        f"{_NEGLABEL}, Table 1",
        _FOUR,
        True,
        """
CLIP ViT-B/16 | msp-tuned      | MSP, fine-tuned      | 87.44 58.36 79.73 73.72 79.67 74.41 79.69 71.93
CLIP ViT-B/16 | odin-tuned     | ODIN, fine-tuned     | 94.65 30.22 87.17 54.04 85.54 55.06 87.85 51.67
CLIP ViT-B/16 | energy-tuned   | Energy, fine-tuned   | 95.33 26.12 92.66 35.97 91.41 39.87 86.76 57.61
CLIP ViT-B/16 | gradnorm-tuned | GradNorm, fine-tuned | 72.56 81.50 72.86 82.00 73.70 80.41 70.26 79.36
CLIP ViT-B/16 | vim-tuned      | ViM, fine-tuned      | 93.16 32.19 87.19 54.01 83.75 60.67 87.18 53.94
CLIP ViT-B/16 | knn-tuned      | KNN, fine-tuned      | 94.52 29.17 92.67 35.62 91.02 39.61 85.67 64.35
CLIP ViT-B/16 | vos-tuned      | VOS, fine-tuned      | 94.62 28.99 92.57 36.88 91.23 38.39 86.33 61.02
CLIP ViT-B/16 | npos-tuned     | NPOS, fine-tuned     | 96.19 16.58 90.44 43.77 89.44 45.27 88.80 46.12
""",
    ),
    _Table(
        f"{_NEGLABEL}, Table 18",
        _FOUR,
        False,
        """
CLIP ResNet50         | neglabel | NegLabel | 99.24 2.88 94.54 26.51 89.72 42.60 88.40 50.80
CLIP ResNet50x16      | neglabel | NegLabel | 99.48 2.00 94.18 29.11 88.85 48.14 91.23 38.74
CLIP ViT-B/32         | neglabel | NegLabel | 99.11 3.73 95.27 22.48 91.72 34.94 88.57 50.51
CLIP ViT-L/14         | neglabel | NegLabel | 99.53 1.77 95.63 22.33 93.01 32.22 89.71 42.92
ALIGN EfficientNet-B7 | neglabel | NegLabel | 98.86 4.55 90.93 43.18 85.03 61.01 88.24 49.89
AltCLIP ViT-L/14      | neglabel | NegLabel | 99.73 1.18 95.74 21.44 93.42 30.11 89.50 41.81
GroupViT              | neglabel | NegLabel | 98.07 8.60 91.52 35.12 88.85 41.63 88.45 47.06
""",
        {"neglabel": ("nearest", "neglabel")},
    ),
    _Table(
        _KRNFT,
        _FOUR,
        False,
        """
CLIP ViT-B/16 | eoe | EOE | 97.52 12.29 95.73 20.40 92.95 30.16 85.64 57.63
""",
    ),
    _Table(
        _KRNFT,
        _FOUR,
        True,
        """
CLIP ViT-B/16 | lsn          | LSN           | 95.83 21.56 94.35 26.32 91.25 34.48 90.42 38.54
CLIP ViT-B/16 | locoop       | LoCoOp        | 93.93 29.45 90.32 41.13 90.54 44.15 93.24 33.06
CLIP ViT-B/16 | id-like      | ID-like       | 98.19 8.98 91.64 42.03 90.57 44.00 94.32 25.27
CLIP ViT-B/16 | negprompt    | NegPrompt     | 90.49 37.79 92.25 32.11 91.16 35.52 88.38 43.93
CLIP ViT-B/16 | sct          | SCT           | 95.86 13.94 95.33 20.55 92.24 29.86 89.06 41.51
CLIP ViT-B/16 | lapt         | LAPT          | 99.63 1.16 96.01 19.12 92.01 33.01 91.06 40.32
CLIP ViT-B/16 | kr-nft       | KR-NFT        | 99.62 0.82 96.15 17.83 92.64 36.12 91.96 36.38
CLIP ViT-B/16 | kr-nft-no-kr | KR-NFT (λ₂=0) | 99.67 1.33 96.28 17.46 93.68 28.17 93.26 29.34
""",
        {"kr-nft": ("openood", "photo"), "kr-nft-no-kr": ("openood", "photo")},
    ),
    _Table(
        _PLP,
        _PLP_SETS,
        False,
        """
CLIP ViT-B/16            | pseudo-msp | Pseudo-MSP | 89.55 52.10 91.92 40.34 79.47 78.20 86.82 55.28 72.44 83.09
CLIP ViT-H/14 (LAION-2B) | pseudo-msp | Pseudo-MSP | 90.45 60.35 91.50 42.92 87.00 59.65 89.67 46.95 82.99 74.24
CLIP ViT-G/14 (LAION-2B) | pseudo-msp | Pseudo-MSP | 90.55 56.49 92.75 38.69 88.11 55.50 89.70 46.95 83.38 71.30
""",
        {"pseudo-msp": ("interpolated", "plp")},
    ),
    _Table(
        _PLP,
        _PLP_SETS,
        True,
        """
CLIP ViT-B/16            | plp-energy | PLP + Energy | 93.36 47.70 88.69 58.15 80.72 79.00 86.44 54.63 75.65 81.93
CLIP ViT-H/14 (LAION-2B) | plp-energy | PLP + Energy | 93.02 48.61 91.78 40.90 89.24 52.50 91.96 35.00 84.88 71.9
CLIP ViT-G/14 (LAION-2B) | plp-energy | PLP + Energy | 96.01 23.51 92.90 34.41 91.39 42.80 92.74 30.38 88.65 59.32
""",
        {"plp-energy": ("interpolated", "plp")},
    ),
    _Table(
        "Zhang & Zhang, NeurIPS 2024 (AdaNeg), log of the authors' repository",
        _FOUR,
        False,
        """
CLIP ViT-B/16 | adaneg:proxy=task | AdaNeg | 99.71 0.55 97.35 10.62 94.17 33.92 95.56 26.70
""",
        {"adaneg:proxy=task": ("openood", "neglabel")},
        "transductive",
    ),
    _Table(
        "Zhang & Zhang, NeurIPS 2024 (AdaNeg), log of the authors' repository",
        (AVERAGE,),
        False,
        """
CLIP ViT-B/16 | adaneg:batch=256 | AdaNeg, sample-adaptive | 96.47 18.73
""",
        {"adaneg:batch=256": ("openood", "neglabel")},
        "transductive",
    ),
    _Table(
        "TANL, CVPR 2026, abstract",
        (AVERAGE,),
        False,
        """
CLIP ViT-B/16 | tanl | TANL | nan 9.8
""",
        {"tanl": ("openood", "neglabel")},
        "transductive",
    ),
    _Table(
        "InterNeg, CVPR 2026, as TINS quotes it",
        (AVERAGE,),
        False,
        """
CLIP ViT-B/16 | interneg-inverted | InterNeg | nan 14.04
""",
        {"interneg-inverted": ("openood", "")},
        "transductive",
    ),
    _Table(
        "TINS, arXiv 2605.10756, abstract",
        (AVERAGE,),
        True,
        """
CLIP ViT-B/16 | tins | TINS | nan 6.72
""",
        {},
        "transductive",
    ),
    _Table(
        "NegRefine, ICCV 2025, log of the authors' repository, seed 0",
        ("iNaturalist", "SUN", "Places", "Textures", "NINCO", "OpenImage-O"),
        False,
        """
CLIP ViT-B/16 | negrefine | NegRefine | 99.57 1.51 94.64 22.93 90.42 39.10 94.69 21.15 81.90 62.11 95.02 24.03
""",
        {"negrefine": ("nearest", "csp")},
    ),
)

_BACKBONES = {
    "open_clip:RN50/openai": "CLIP ResNet50",
    "open_clip:RN50x16/openai": "CLIP ResNet50x16",
    "open_clip:ViT-B-32/openai": "CLIP ViT-B/32",
    "open_clip:ViT-B-16/openai": "CLIP ViT-B/16",
    "open_clip:ViT-L-14/openai": "CLIP ViT-L/14",
    "open_clip:ViT-H-14/laion2b_s32b_b79k": "CLIP ViT-H/14 (LAION-2B)",
    "open_clip:ViT-bigG-14/laion2b_s39b_b160k": "CLIP ViT-G/14 (LAION-2B)",
}


@cache
def _index() -> dict[tuple[str, str, str, str], Published]:
    found: dict[tuple[str, str, str, str], Published] = {}
    for table in _TABLES:
        for each in table.read():
            found.setdefault((each.suite, each.backbone, each.ood, each.scorer), each)
    return found
