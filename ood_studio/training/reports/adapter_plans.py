"""Which detectors the report on adapters compares, and what the papers claim of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ood_studio.training.reports.adapter_bench import Detector, Ground

FLAT = "diorama-styles"  # its training images have no style, so that styles are new


@dataclass(frozen=True)
class Claim:
    """That one detector is above another.

    Attributes:
        better, worse: the detectors.
        source: where it is claimed.
        grounds: where it is tested; every ground of the part where empty.
    """

    better: Detector
    worse: Detector
    source: str
    grounds: tuple[Ground, ...] = ()


def head(method: str, score: str) -> Detector:
    """A head on visual features."""
    return Detector(score, (method,))


BARE = {score: Detector(score) for score in ("pseudo-msp", "energy", "rmd", "neglabel")}
HEADS = (
    *BARE.values(),
    *(head(method, score) for method in ("plp", "probe", "probe:shots=10") for score in ("energy", "rmd")),
    Detector("neglabel", ("taskres",)),
)
HEAD_CLAIMS = (
    Claim(head("plp", "energy"), BARE["pseudo-msp"], "PLP, Table 3"),
    Claim(head("plp", "rmd"), BARE["pseudo-msp"], "PLP, Table 3"),
    Claim(head("probe", "energy"), head("plp", "energy"), "PLP, Table 5: true labels are the upper bound"),
    Claim(head("probe", "rmd"), head("plp", "rmd"), "PLP, Table 5: true labels are the upper bound"),
    Claim(head("probe", "energy"), head("probe:shots=10", "energy"), "PLP, Table 5: few labels lie below"),
    Claim(head("plp", "energy"), head("probe:shots=10", "energy"), "pseudo-labels of all images above few true labels"),
    Claim(head("plp", "energy"), BARE["energy"], "that a head is better than the text"),
    Claim(Detector("neglabel", ("taskres",)), BARE["neglabel"], "that a residual on the text helps NegLabel"),
)


def krnft(*settings: str, score: str = "neglabel") -> Detector:
    """KR-NFT with settings, learnt on flat images."""
    return Detector(score, (":".join(("krnft", *CROPS, *settings)),), suite=FLAT)


CROPS = ("crops=32", "chosen=8")
PLAIN = Detector("neglabel", suite=FLAT)
_UNTIL = {  # Table 6's rows, by what is switched off
    "FT": ("conditional=false", "regularise=none", "distribution_aware=false"),
    "FT, CoFT": ("regularise=none", "distribution_aware=false"),
    "FT, CoFT, KR": ("distribution_aware=false",),
    "FT, CoFT, KR, NFT": (),
}
LAMBDAS = ("0", "1", "10", "100", "1000")
PROMPT = Detector("neglabel", (":".join(("prompt", *CROPS)),), suite=FLAT)
CONDITIONAL_PROMPT = Detector(
    "neglabel", ("prompt:conditional=true:crops=32:chosen=1:epochs=1:batch=16:negatives=50",), suite=FLAT
)


def ablation(rate: str) -> dict[str, Detector]:
    """Table 6's rows at a rate."""
    return {name: krnft(f"rate={rate}", *off) for name, off in _UNTIL.items()}


def regularised(rate: str) -> dict[str, Detector]:
    """Fig. 4b's points at a rate, by λ₂."""
    return {weight: krnft(f"rate={rate}", f"regularisation={weight}") for weight in LAMBDAS}


def feature_claims(rate: str, base: Ground, new: Ground, styles: Ground) -> tuple[Claim, ...]:
    """What KR-NFT's paper claims."""
    rows = ablation(rate)
    whole = rows["FT, CoFT, KR, NFT"]
    return (
        Claim(whole, PLAIN, "KR-NFT, Table 1: on the classes learnt", (base,)),
        Claim(whole, PLAIN, "KR-NFT, Table 2: on new classes", (new,)),
        Claim(whole, PLAIN, "KR-NFT, Table 3: on new styles", (styles,)),
        Claim(rows["FT, CoFT"], rows["FT"], "KR-NFT, Table 6: the image's part helps on new classes", (new,)),
        Claim(rows["FT, CoFT, KR"], rows["FT, CoFT"], "KR-NFT, Table 6: regularisation helps on new classes", (new,)),
        Claim(whole, rows["FT, CoFT, KR"], "KR-NFT, Table 6: ID and negative labels apart", (base, new)),
        Claim(whole, PROMPT, "KR-NFT, Table 7: above prompt tuning on the classes learnt", (base,)),
        Claim(whole, PROMPT, "KR-NFT, Table 7: above prompt tuning on new classes", (new,)),
    )


Kind = Literal["boundary", "negative"]
"""How synthetic pictures are made: "Grad Image" and "Neg Image"."""


def synthetic(pictures: int, *methods: str, kind: Kind = "boundary", apart: bool = True) -> Detector:
    """SynOOD's stages on so many pictures."""
    return Detector("neglabel", methods, synthetic=kind, pictures=pictures, apart=apart)


def synthetic_rows(pictures: int, projection: str, labels: str) -> dict[str, Detector]:
    """Table 4's and Table 5's rows.

    Args:
        pictures: how many.
        projection, labels: the two stages, with parameters.
    """
    rows = {"NegLabel": BARE["neglabel"]}
    kinds: tuple[tuple[Kind, str], ...] = (("negative", "Neg Image"), ("boundary", "Grad Image"))
    for kind, name in kinds:
        rows[f"{name}, projection"] = synthetic(pictures, projection, kind=kind)
        rows[f"{name}, FT Label"] = synthetic(pictures, labels, kind=kind)
        rows[f"{name}, both, each on the plain model"] = synthetic(pictures, projection, labels, kind=kind)
    together = synthetic(pictures, projection, labels, apart=False)
    return rows | {"Grad Image, both, labels with the projection": together}


def synthetic_claims(rows: Mapping[str, Detector]) -> tuple[Claim, ...]:
    """What SynOOD's paper claims."""
    both = rows["Grad Image, both, each on the plain model"]
    return (
        Claim(both, rows["NegLabel"], "SynOOD, Tables 1 and 4"),
        Claim(rows["Grad Image, projection"], rows["NegLabel"], "SynOOD, Table 4"),
        Claim(rows["Grad Image, FT Label"], rows["NegLabel"], "SynOOD, Table 4"),
        Claim(both, rows["Neg Image, both, each on the plain model"], "SynOOD, Table 4: guided pictures"),
        Claim(both, rows["Grad Image, both, labels with the projection"], "SynOOD, Table 5: step by step"),
    )


@dataclass(frozen=True)
class Search:
    """What is tried of a method before a claim about it may be said not to show.

    Attributes:
        of: the detector at its paper's parameters.
        settings: each tried in place of the paper's: parameters of its methods, by their number.
        negatives: numbers of negative labels tried.
    """

    of: Detector
    settings: tuple[tuple[str, ...], ...]
    negatives: tuple[int, ...] = ()

    def candidates(self) -> list[Detector]:
        """The paper's first."""
        found = [self.of]
        for each in self.settings:
            methods = tuple(
                ":".join((method, text)) if text else method for method, text in zip(self.of.methods, each, strict=True)
            )
            found.append(replace(self.of, methods=methods))
        return found + [replace(self.of, negatives=count) for count in self.negatives]


def searches(pictures: int) -> dict[str, Search]:
    """By method."""
    return {
        "plp": Search(head("plp", "energy"), (("rate=0.0001",), ("rate=0.01",), ("rate=0.1",))),
        "probe": Search(head("probe", "energy"), (("rate=0.0001",), ("rate=0.01",), ("rate=0.1",), ("shots=50",))),
        "taskres": Search(
            Detector("neglabel", ("taskres",)), (("rate=0.0002",), ("rate=0.02",), ("shots=16",)), (100,)
        ),
        "krnft": Search(krnft(), (("rate=0.0001",), ("rate=0.001",), ("rate=0.01",), ("rate=0.001:shots=16",)), (100,)),
        "prompt": Search(PROMPT, (("rate=0.02",), ("rate=0.0002",)), (100,)),
        "synood": Search(
            synthetic(pictures, "synood-projection", "synood-labels"),
            (
                ("rate=0.0001", "rate=0.002"),
                ("rate=0.01", "rate=0.002"),
                ("rate=0.0001", "rate=0.02"),
                ("rate=0.0001", "rate=0.2"),
                ("rate=0.0001:epochs=20", "rate=0.02:epochs=20"),
            ),
            (100,),
        ),
    }
