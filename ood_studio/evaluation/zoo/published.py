"""The models that the papers compare, by the names under which open_clip and timm load them.

Lists by name (`LISTS`): ``openclip`` and ``clip-ft`` are A.2.1 and A.2.2 of the supplement to *A Closer Look at the
Robustness of CLIP* (NeurIPS 2023), whole; ``imagenet`` is what its A.2.3, C and E name, with the weights that timm has
by that name. ``plp`` is what *Adapting CLIP Models for OOD Detection* (TMLR 2024) names in its Section 3 and Table 1;
which of them are the 25 points of its Figure 2 stands in that figure alone. A name that a paper misspells is here as
the library spells it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ood_studio.core.errors import StudioError


@dataclass(frozen=True)
class PublishedModel:
    """One of them.

    Attributes:
        name: as it is loaded; where no library lists it, as the paper calls it.
        family: how it was trained, such as ``CLIP``, ``fine-tuned CLIP`` or ``self-supervised``.
        size: its architecture, with its input where that is not the usual one.
        data: what it was trained on, from first to last.
        lacking: why it cannot be loaded by name; empty where it can.
    """

    name: str
    family: str
    size: str
    data: str
    lacking: str = ""


_OPENAI, _LAION400M, _LAION2B = "OpenAI's 400M pairs (WIT)", "LAION-400M", "LAION-2B"
_SOURCES = {
    "openai": _OPENAI,
    "laion400m": _LAION400M,
    "laion2b": _LAION2B,
    "laion": "LAION-Aesthetics, 900M pairs",  # laion_aesthetic, laiona
}
_TUNED = {"ft_in12k_in1k": "ImageNet-12k, ImageNet-1k", "ft_in1k": "ImageNet-1k"}

_OPEN_CLIP = """
RN50/openai RN50-quickgelu/openai RN101/openai RN101-quickgelu/openai RN50x4/openai RN50x16/openai RN50x64/openai
ViT-B-32/openai ViT-B-32-quickgelu/openai ViT-B-16/openai ViT-L-14/openai ViT-L-14-336/openai
ViT-B-32/laion400m_e31 ViT-B-32/laion400m_e32 ViT-B-32/laion2b_e16 ViT-B-32/laion2b_s34b_b79k
ViT-B-32-quickgelu/laion400m_e31 ViT-B-32-quickgelu/laion400m_e32
ViT-B-16/laion400m_e31 ViT-B-16/laion400m_e32 ViT-B-16/laion2b_s34b_b88k
ViT-B-16-plus-240/laion400m_e31 ViT-B-16-plus-240/laion400m_e32
ViT-L-14/laion400m_e31 ViT-L-14/laion400m_e32 ViT-L-14/laion2b_s32b_b82k
ViT-H-14/laion2b_s32b_b79k ViT-g-14/laion2b_s12b_b42k ViT-g-14/laion2b_s34b_b88k ViT-bigG-14/laion2b_s39b_b160k
convnext_base/laion400m_s13b_b51k convnext_base_w/laion2b_s13b_b82k convnext_base_w/laion2b_s13b_b82k_augreg
convnext_base_w/laion_aesthetic_s13b_b82k convnext_base_w_320/laion_aesthetic_s13b_b82k
convnext_base_w_320/laion_aesthetic_s13b_b82k_augreg convnext_large_d/laion2b_s26b_b102k_augreg
convnext_large_d_320/laion2b_s29b_b131k_ft convnext_large_d_320/laion2b_s29b_b131k_ft_soup
convnext_xxlarge/laion2b_s34b_b82k_augreg convnext_xxlarge/laion2b_s34b_b82k_augreg_rewind
convnext_xxlarge/laion2b_s34b_b82k_augreg_soup
"""

_SCALING = """
B-32_Data-80M_Samples-3B_lr-5e-4_bs-32k B-32_Data-80M_Samples-13B_lr-5e-4_bs-32k
B-32_Data-80M_Samples-34B_lr-1e-3_bs-88k B-16_Data-80M_Samples-3B_lr-1e-3_bs-88k
B-16_Data-80M_Samples-13B_lr-1e-3_bs-88k B-16_Data-80M_Samples-34B_lr-1e-3_bs-88k
L-14_Data-80M_Samples-3B_lr-1e-3_bs-88k L-14_Data-80M_Samples-13B_lr-1e-3_bs-88k
L-14_Data-80M_Samples-34B_lr-1e-3_bs-88k
"""
_NOT_LISTED = (
    "open_clip does not list it; its weights are at https://github.com/LAION-AI/scaling-laws-openclip (put them into a "
    "folder with open_clip_config.json and name it open_clip:local-dir:FOLDER)"
)

_TUNED_CLIP = """
vit_huge_patch14_clip_336.laion2b_ft_in12k_in1k vit_huge_patch14_clip_224.laion2b_ft_in12k_in1k
vit_large_patch14_clip_336.laion2b_ft_in12k_in1k vit_large_patch14_clip_224.laion2b_ft_in12k_in1k
vit_base_patch16_clip_384.laion2b_ft_in12k_in1k vit_base_patch16_clip_224.laion2b_ft_in12k_in1k
vit_base_patch32_clip_448.laion2b_ft_in12k_in1k vit_base_patch32_clip_384.laion2b_ft_in12k_in1k
vit_base_patch32_clip_224.laion2b_ft_in12k_in1k vit_huge_patch14_clip_224.laion2b_ft_in1k
vit_large_patch14_clip_336.laion2b_ft_in1k vit_large_patch14_clip_224.laion2b_ft_in1k
vit_base_patch16_clip_384.laion2b_ft_in1k vit_base_patch16_clip_224.laion2b_ft_in1k
vit_base_patch32_clip_224.laion2b_ft_in1k vit_large_patch14_clip_336.openai_ft_in12k_in1k
vit_large_patch14_clip_224.openai_ft_in12k_in1k vit_base_patch16_clip_384.openai_ft_in12k_in1k
vit_base_patch16_clip_224.openai_ft_in12k_in1k vit_base_patch32_clip_384.openai_ft_in12k_in1k
vit_large_patch14_clip_224.openai_ft_in1k vit_base_patch16_clip_384.openai_ft_in1k
vit_base_patch16_clip_224.openai_ft_in1k vit_base_patch32_clip_224.openai_ft_in1k
convnext_base.clip_laion2b_augreg_ft_in1k convnext_base.clip_laiona_augreg_ft_in1k_384
convnext_large_mlp.clip_laion2b_augreg_ft_in1k convnext_large_mlp.clip_laion2b_augreg_ft_in1k_384
convnext_large_mlp.clip_laion2b_soup_ft_in12k_in1k_384 convnext_large_mlp.clip_laion2b_soup_ft_in12k_in1k_320
convnext_base.clip_laion2b_augreg_ft_in12k_in1k_384 convnext_base.clip_laion2b_augreg_ft_in12k_in1k
"""

_IN1K, _IN21K, _IN21K_IN1K = "ImageNet-1k", "ImageNet-21k", "ImageNet-21k, ImageNet-1k"
_SUPERVISED = {
    _IN1K: """
    deit3_base_patch16_384.fb_in1k deit3_base_patch16_224.fb_in1k swinv2_base_window16_256.ms_in1k
    xcit_medium_24_p16_224.fb_in1k xcit_medium_24_p16_224.fb_dist_in1k convnext_base.fb_in1k tf_efficientnetv2_m.in1k
    resnet50.a1_in1k resnet18.tv_in1k resnet34.tv_in1k efficientnet_b0.ra_in1k tf_efficientnet_b1.in1k
    repvgg_b0.rvgg_in1k inception_v4.tf_in1k mobilenetv2_050.lamb_in1k
    """,
    "JFT-300M without labels, ImageNet-1k": "tf_efficientnet_b7.ns_jft_in1k",
    _IN21K_IN1K: """
    vit_base_patch16_384.augreg_in21k_ft_in1k vit_base_patch16_224.augreg_in21k_ft_in1k
    swinv2_base_window12to16_192to256.ms_in22k_ft_in1k deit3_base_patch16_384.fb_in22k_ft_in1k
    deit3_base_patch16_224.fb_in22k_ft_in1k convnext_base.fb_in22k_ft_in1k tf_efficientnetv2_m.in21k_ft_in1k
    resnetv2_50x1_bit.goog_in21k_ft_in1k
    """,
}
_BIT_S = "timm lists BiT models of ImageNet-21k only; this one saw ImageNet-1k alone"
_ELSEWHERE = "no library here lists it; its weights come with https://github.com/bethgelab/model-vs-human"
_CONTRASTIVE = ("PIRL", "InsDis", "MoCo", "MoCoV2", "InfoMin", "SimCLR", "SimCLR x2", "SimCLR x4")
_MAE = ("vit_base_patch16_224.mae", "vit_large_patch16_224.mae", "vit_huge_patch14_224.mae")

_PLP_CLIP = """
RN50/openai ViT-B-16/openai ViT-L-14/openai ViT-B-16/laion2b_s34b_b88k ViT-L-14/laion2b_s32b_b82k
ViT-H-14/laion2b_s32b_b79k ViT-bigG-14/laion2b_s39b_b160k convnext_base_w/laion2b_s13b_b82k_augreg
convnext_large_d/laion2b_s26b_b102k_augreg convnext_xxlarge/laion2b_s34b_b82k_augreg_soup
"""
_PLP_SUPERVISED = {
    _IN1K: """
    resnet50.tv_in1k convnext_small.fb_in1k convnext_base.fb_in1k convnext_large.fb_in1k
    vit_small_patch16_224.augreg_in1k vit_base_patch16_224.augreg_in1k
    """,
    _IN21K: """
    convnext_small.fb_in22k convnext_base.fb_in22k convnext_large.fb_in22k
    vit_small_patch16_224.augreg_in21k vit_base_patch16_224.augreg_in21k vit_large_patch16_224.augreg_in21k
    """,
}
_PLP_ELSEWHERE = {
    "MoCo v3": ("https://github.com/facebookresearch/moco-v3", ("ResNet50", "ViT-S/16", "ViT-B/16")),
    "MSN": ("https://github.com/facebookresearch/msn", ("ViT-S/16", "ViT-B/16", "ViT-L/16")),
    "DINO": ("https://github.com/facebookresearch/dino", ("ResNet50",)),
}


def _clip(where: str) -> PublishedModel:
    size, _, tag = where.partition("/")
    return PublishedModel(f"open_clip:{where}", "CLIP", size, _SOURCES[tag.partition("_")[0]])


def _tuned(name: str) -> PublishedModel:
    size, _, tag = name.partition(".")
    tag = tag.removeprefix("clip_")
    first = _SOURCES[tag.partition("_")[0].replace("laiona", "laion")]
    then = next(data for end, data in _TUNED.items() if end in tag)
    input_size = tag.rpartition("_")[2]
    return PublishedModel(
        f"timm:{name}",
        "fine-tuned CLIP",
        f"{size}, {input_size} pixels" if input_size.isdigit() else size,
        f"{first}, {then}",
    )


def _timm(name: str, family: str, data: str) -> PublishedModel:
    return PublishedModel(f"timm:{name}", family, name.partition(".")[0], data)


def _supervised(names: dict[str, str]) -> tuple[PublishedModel, ...]:
    return tuple(_timm(name, "supervised", data) for data, row in names.items() for name in row.split())


LISTS: dict[str, tuple[PublishedModel, ...]] = {
    "openclip": (
        *map(_clip, _OPEN_CLIP.split()),
        *(
            PublishedModel(f"Model-{name}.pt", "CLIP", f"ViT-{name.partition('_')[0]}", "LAION-80M", _NOT_LISTED)
            for name in _SCALING.split()
        ),
    ),
    "clip-ft": tuple(map(_tuned, _TUNED_CLIP.split())),
    "imagenet": (
        *_supervised(_SUPERVISED),
        PublishedModel("BiT-S", "supervised", "resnetv2_50x1_bit", _IN1K, _BIT_S),
        *(
            PublishedModel(
                name,
                "self-supervised",
                f"resnet50{name.removeprefix('SimCLR')}" if name.startswith("SimCLR") else "resnet50",
                _IN1K,
                _ELSEWHERE,
            )
            for name in _CONTRASTIVE
        ),
        *(_timm(name, "self-supervised", _IN1K) for name in _MAE),
    ),
    "plp": (
        *map(_clip, _PLP_CLIP.split()),
        *_supervised(_PLP_SUPERVISED),
        *(_timm(f"vit_{size}_patch16_224.dino", "self-supervised", _IN1K) for size in ("small", "base")),
        *(
            PublishedModel(
                f"{method} {size}",
                "self-supervised",
                size,
                _IN1K,
                f"no library here lists it; its weights come with {where}",
            )
            for method, (where, sizes) in _PLP_ELSEWHERE.items()
            for size in sizes
        ),
    ),
}
"""By the names under which `models_of` finds them."""


def models_of(name: str) -> tuple[PublishedModel, ...]:
    """A list of models.

    Raises:
        StudioError: for an unknown name.
    """
    if name not in LISTS:
        raise StudioError(f"there is no list of models named {name!r}; there are {', '.join(LISTS)}")
    return LISTS[name]
