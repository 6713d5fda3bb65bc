"""Trains Diorama-LLaVA: ``python -m ood_studio.training.contexts``.

A genuine `LlavaForConditionalGeneration` in miniature that answers which place a picture shows and which context
elements can be seen in it, without its main object. As LLaVA itself does, it begins with a trained CLIP: its vision
tower starts with the weights of Diorama-CLIP's vision transformer (``assets/diorama``, which has the architecture of
`CLIPVisionModel`; two layers more begin by changing nothing), so that the language model meets patches that tell
elements apart already; all of it is then trained together. Two linear heads that are not kept help: each projected
patch must name the element that fills it, known from the renderer's masks, and their mean the place; at first they
teach alone. Elements are named in the order of `ELEMENTS`, so that there is one right answer and none is named twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from tqdm import tqdm

from ood_studio.core.paths import ASSETS, cache_dir
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.splits import world_fingerprint
from ood_studio.diorama.visible import FINE, VISIBLE_PIXELS, areas_in, clearly_seen, element_map
from ood_studio.synthesis.context_scores import score_contexts
from ood_studio.synthesis.contexts import NOTHING, QUESTION, Contexts, contexts_of, written
from ood_studio.training.clip import MEAN, STD, layers_of
from ood_studio.training.course import Course, follow
from ood_studio.training.stock import HELD_OUT, Stock, load_stock, to_tensor

FOLDER = ASSETS / "diorama-llava"
START = ASSETS / "diorama"
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<image>")
PATCH_PIXELS = 8  # of the 64 of a patch that an element must fill to be what the patch shows
CHAT = (
    "{% for message in messages %}{{ message['role'] | upper }}: "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }} {% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
_NO_LABEL = -100
_PLACES = tuple(PLACES)
_ELEMENTS = tuple(ELEMENTS)


@dataclass(frozen=True, kw_only=True)
class ContextsCourse(Course):
    """How to train the model of contexts; the defaults are the recipe of the bundled weights.

    Attributes:
        helping: weight of the losses of the two heads.
        words_from: share of the steps after which the language model learns too.
        blur: how often a word of the question is made unknown, so that other questions are understood too.
        scratch: begin with random weights in the vision tower too.
        weights: a folder with a model to begin with, such as one that is to become better, instead of with CLIP's.
    """

    steps: int = 12_000
    batch: int = 32
    lr: float = 7e-4
    weight_decay: float = 0.02
    average: float = 0.998
    measure_every: int = 500
    fresh: int = 300
    helping: float = 1.0
    words_from: float = 0.2
    blur: float = 0.05
    scratch: bool = False
    weights: Path | None = None


def build_tokenizer() -> Tokenizer:
    """One token a word of the world and of the question."""
    words = " ".join(("user: assistant:", QUESTION, NOTHING, *_PLACES, *_ELEMENTS, ", . ?")).lower()
    split = pre_tokenizers.Whitespace()
    found = dict.fromkeys(word for word, _ in split.pre_tokenize_str(words))
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *found))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.Sequence(
        [decoders.WordPiece(prefix="##", cleanup=True), decoders.Replace(Regex(r"^ :"), ":")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def build_processor() -> Any:
    """What `transformers.AutoProcessor` reads back beside the model."""
    from transformers import CLIPImageProcessor, LlavaProcessor, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_tokenizer(),
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=256,
        clean_up_tokenization_spaces=False,
    )
    size = {"height": 64, "width": 64}
    images = CLIPImageProcessor(
        do_resize=True, size=size, resample=3, do_center_crop=False, image_mean=list(MEAN), image_std=list(STD)
    )
    return LlavaProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT,
    )


def build_model(vocabulary: int) -> Any:
    """A randomly initialised `transformers.LlavaForConditionalGeneration`."""
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

    vision = CLIPVisionConfig(
        image_size=64,
        patch_size=8,
        hidden_size=192,
        intermediate_size=768,
        num_hidden_layers=6,
        num_attention_heads=4,
        hidden_act="gelu",
        projection_dim=128,
    )
    text = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=256,
        pad_token_id=SPECIAL.index("<pad>"),
        bos_token_id=SPECIAL.index("<s>"),
        eos_token_id=SPECIAL.index("</s>"),
        tie_word_embeddings=False,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=SPECIAL.index("<image>"),
        image_seq_length=64,
        vision_feature_select_strategy="default",
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    config._attn_implementation = "eager"  # bfloat16 gradients of the fused attention are slow on CPUs
    return LlavaForConditionalGeneration(config)


def start_with_clip(vision: Any, folder: Path) -> None:
    """Copies the image tower of an open_clip vision transformer into a `CLIPVisionModel` of the same width.

    Layers beyond those that it has change nothing at first.
    """
    file = load_file(folder / "open_clip_model.safetensors")
    found = {k.removeprefix("visual."): v.float() for k, v in file.items() if k.startswith("visual.")}
    wanted: dict[str, Tensor] = {
        "embeddings.class_embedding": found["class_embedding"],
        "embeddings.patch_embedding.weight": found["conv1.weight"],
        "embeddings.position_embedding.weight": found["positional_embedding"],
    }
    names = {"pre_layrnorm": "ln_pre", "post_layernorm": "ln_post"}
    layers = layers_of(found)
    for layer in range(layers):
        here, there = f"encoder.layers.{layer}", f"transformer.resblocks.{layer}"
        parts = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
        names |= {f"{here}.{a}": f"{there}.{b}" for a, b in parts.items()}
        names[f"{here}.self_attn.out_proj"] = f"{there}.attn.out_proj"
        for kind in ("weight", "bias"):
            thirds = found[f"{there}.attn.in_proj_{kind}"].chunk(3)
            wanted |= {
                f"{here}.self_attn.{name}.{kind}": part
                for name, part in zip(("q_proj", "k_proj", "v_proj"), thirds, strict=True)
            }
    for mine, theirs in names.items():
        wanted |= {f"{mine}.{kind}": found[f"{theirs}.{kind}"] for kind in ("weight", "bias")}
    prefix = next(iter(vision.state_dict())).partition("embeddings.")[0]
    _load(vision, {prefix + name: tensor for name, tensor in wanted.items()}, layers, folder)
    pass_through(vision, layers)


def start_with(llava: Any, folder: Path) -> None:
    """Copies a finished model; vision layers beyond those that it has change nothing at first."""
    from transformers import LlavaForConditionalGeneration

    found: Any = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    layers = found.config.vision_config.num_hidden_layers
    _load(llava, found.state_dict(), layers, folder)
    pass_through(llava.model.vision_tower, layers)


def _load(module: nn.Module, weights: Mapping[str, Tensor], layers: int, folder: Path) -> None:
    """Loads weights that may lack vision layers from ``layers`` on."""
    missing = module.load_state_dict(weights, strict=False).missing_keys
    new = re.compile(r"encoder\.layers\.(\d+)\.")
    lost = [name for name in missing if (found := new.search(name)) is None or int(found[1]) < layers]
    if lost:
        raise RuntimeError(f"the model in {folder} has no weights for {lost}")


def pass_through(vision: Any, first: int) -> None:
    """Lets the layers of a `CLIPVisionModel` from ``first`` on give back what they are given."""
    for layer in vision.encoder.layers[first:]:
        for last in (layer.self_attn.out_proj, layer.mlp.fc2):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)


@dataclass(frozen=True, eq=False)
class Truths:
    """What can be seen in each picture of a stock.

    Attributes:
        places: (n,) int64, index in `PLACES`.
        elements: (n, 8) int64, 1 + index in `ELEMENTS`; padded with 0.
        patches: (n, 64) uint8, the element that fills the most of each 8-pixel patch, row by row, 1 + its index; 0
            where none fills `PATCH_PIXELS`.
    """

    places: np.ndarray
    elements: np.ndarray
    patches: np.ndarray

    def names(self, row: int) -> list[str]:
        """The elements of a picture, in the order of `ELEMENTS`."""
        return [_ELEMENTS[i - 1] for i in sorted(self.elements[row]) if i]

    def answer(self, row: int) -> str:
        """The answer for a picture."""
        return written(_PLACES[self.places[row]], self.names(row))


def truths_of(stock: Stock) -> Truths:
    """The ground truth of a stock, worked out once and kept under ``cache/``."""
    key = f"{len(stock.pixels)}/{stock.seed}/{world_fingerprint()}/{VISIBLE_PIXELS}/{PATCH_PIXELS}"
    path = cache_dir() / "diorama" / f"contexts-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
    if not path.exists():
        count = len(stock.pixels)
        places, patches = np.zeros(count, np.int64), np.zeros((count, 64), np.uint8)
        elements = np.zeros((count, 8), np.int64)
        for row, scene in enumerate(tqdm(stock.scenes, unit="scene", desc="looking for elements", mininterval=5)):
            owners, names = element_map(scene)
            places[row] = _PLACES.index(scene.place)
            seen = [1 + _ELEMENTS.index(name) for name in clearly_seen(areas_in(owners, names))]
            elements[row, : len(seen)] = seen
            patches[row] = _patches(owners, names)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, places=places, elements=elements, patches=patches)
        partial.replace(path)
    found = np.load(path)
    return Truths(found["places"], found["elements"], found["patches"])


def _patches(owners: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(64,) uint8: the commonest element of each patch."""
    numbers = [0, *(1 + _ELEMENTS.index(name) if name in ELEMENTS else 0 for name in names)]
    side = 8 * FINE
    cells = owners.reshape(8, side, 8, side).transpose(0, 2, 1, 3).reshape(64, side * side)
    found = np.zeros(64, np.uint8)
    for cell in np.flatnonzero(cells.any(axis=1)):
        counts = np.zeros(1 + len(ELEMENTS))
        np.add.at(counts, numbers, np.bincount(cells[cell], minlength=len(numbers)))
        counts[0] = 0
        if counts.max() >= PATCH_PIXELS * FINE**2:
            found[cell] = counts.argmax()
    return found


class Trainee(nn.Module):
    """The model and the two heads that help it to learn."""

    def __init__(self, llava: Any) -> None:
        super().__init__()
        self.llava = llava
        width = llava.config.text_config.hidden_size
        self.patches, self.places = nn.Linear(width, 1 + len(_ELEMENTS)), nn.Linear(width, len(_PLACES))

    def forward(self, pixels: Tensor, tokens: Tensor, answer: int) -> tuple[Tensor | None, Tensor, Tensor]:
        """Logits of the last ``answer`` tokens, of each patch's element (batch, 64, 1 + elements) and of the place.

        Args:
            pixels: (batch, 3, 64, 64), normalised.
            tokens: (batch, length), questions and answers.
            answer: tokens of the answers; 0 where the language model is to rest.
        """
        seen = self.llava.get_image_features(pixel_values=pixels, return_dict=True)
        patches = torch.stack(seen.pooler_output)
        spoken = None
        if answer:
            output = self.llava(
                input_ids=tokens, mm_encoder_outputs={"image": seen}, logits_to_keep=answer + 1, use_cache=False
            )
            spoken = output.logits[:, :-1].float()
        return spoken, self.patches(patches).float(), self.places(patches.mean(dim=1)).float()


def question_tokens(processor: Any) -> list[int]:
    """The tokens up to where the answer begins."""
    content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    text = text.replace("<image>", "<image>" * 64)
    return [int(token) for token in processor.tokenizer(text)["input_ids"]]


def answer_tokens(processor: Any, truths: Truths) -> np.ndarray:
    """(n, longest) int64, padded with ``<pad>``."""
    kinds = [processor.tokenizer(truths.answer(i), add_special_tokens=False) for i in range(len(truths.places))]
    rows = [[*kind["input_ids"], SPECIAL.index("</s>")] for kind in kinds]
    answers = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for row, tokens in enumerate(rows):
        answers[row, : len(tokens)] = tokens
    return answers


def pixels_of(stock: Stock, rows: np.ndarray, device: torch.device) -> Tensor:
    """(rows, 3, 64, 64), normalised as the model's processor does."""
    mean, std = (torch.tensor(each, device=device).view(3, 1, 1) for each in (MEAN, STD))
    return (to_tensor(stock.pixels[rows]).to(device) - mean) / std


def train(course: ContextsCourse) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = course.where()
    stock, held_out = load_stock(course.pictures, course.seed), load_stock(course.fresh, course.seed + HELD_OUT)
    truths, held_truths = truths_of(stock), truths_of(held_out)
    torch.manual_seed(course.seed)
    processor = build_processor()
    trainee = Trainee(build_model(len(processor.tokenizer)))
    if course.weights is not None:
        start_with(trainee.llava, course.weights)
    elif not course.scratch:
        start_with_clip(trainee.llava.model.vision_tower, START)
    trainee.to(device)
    question, answers = np.array(question_tokens(processor)), answer_tokens(processor, truths)
    words = question >= len(SPECIAL)
    unknown = SPECIAL.index("<unk>")
    weights = torch.full((1 + len(_ELEMENTS),), 1.0, device=device)
    weights[0] = 0.5  # most patches show no element

    def losses(step: int) -> Mapping[str, Tensor]:
        rng = np.random.default_rng([course.seed, step])
        rows = rng.integers(0, len(stock.pixels), course.batch)
        pixels = pixels_of(stock, rows, device)
        flip = torch.from_numpy(rng.random(course.batch) < 0.5).to(device)
        pixels = torch.where(flip[:, None, None, None], pixels.flip(3), pixels)
        asked = np.tile(question, (course.batch, 1))
        asked[words & (rng.random(asked.shape) < course.blur)] = unknown
        said = answers[rows]
        said = said[:, : int((said != 0).sum(axis=1).max())]
        tokens = torch.from_numpy(np.concatenate([asked, said], axis=1)).to(device)
        speaks = step >= course.words_from * course.steps
        with course.autocast(device):
            spoken, patches, places = trainee(pixels, tokens, said.shape[1] if speaks else 0)
        shown = torch.from_numpy(truths.patches[rows].astype(np.int64)).to(device).view(-1, 8, 8)
        shown = torch.where(flip[:, None, None], shown.flip(2), shown)
        here = torch.from_numpy(truths.places[rows]).to(device)
        wanted = torch.from_numpy(np.where(said == 0, _NO_LABEL, said)).to(device)
        return {
            "words": shown.new_zeros((), dtype=torch.float32)
            if spoken is None
            else F.cross_entropy(spoken.flatten(0, 1), wanted.flatten(), ignore_index=_NO_LABEL),
            "patches": course.helping * F.cross_entropy(patches.flatten(0, 1), shown.flatten(), weight=weights),
            "places": course.helping * 0.1 * F.cross_entropy(places, here),
        }

    def measure(kept: nn.Module) -> Mapping[str, float]:
        rows = np.arange(course.fresh)
        found = heard(kept, processor, held_out, held_truths, device, rows)
        return found | {"patches_seen": seen_patches(kept, held_out, held_truths, device, rows)}

    kept: Any = follow(course, "contexts", trainee, losses, measure)
    folder = course.out or FOLDER
    save_model(kept.llava, processor, folder)
    return folder


def heard(
    trainee: Any, processor: Any, stock: Stock, truths: Truths, device: torch.device, rows: np.ndarray
) -> dict[str, float]:
    """How good greedy answers about the pictures are."""
    question = torch.tensor(question_tokens(processor), device=device)
    answers: list[str] = []
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        tokens = question.expand(len(part), -1)
        spoken = trainee.llava.generate(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            pixel_values=pixels_of(stock, part, device),
            max_new_tokens=24,
            do_sample=False,
        )
        answers += processor.batch_decode(spoken[:, len(question) :], skip_special_tokens=True)
    right = [Contexts(truths.answer(i), tuple(truths.names(i)), _PLACES[truths.places[i]]) for i in rows]
    scores = score_contexts([contexts_of(answer) for answer in answers], right)
    return {"f1": scores.f1, "place": scores.place, "exact": scores.exact, "well_formed": scores.well_formed}


def seen_patches(trainee: Any, stock: Stock, truths: Truths, device: torch.device, rows: np.ndarray) -> float:
    """The share of the patches with an element of which it is named."""
    right = there = 0
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        _, patches, _ = trainee(pixels_of(stock, part, device), torch.empty(0), 0)
        shown = torch.from_numpy(truths.patches[part].astype(np.int64)).to(device)
        right += int(((patches.argmax(-1) == shown) & (shown > 0)).sum())
        there += int((shown > 0).sum())
    return right / max(1, there)


def save_model(llava: Any, processor: Any, folder: Path) -> None:
    """Writes what ``from_pretrained`` reads back, in half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    llava.to("cpu", torch.float16).save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone


if __name__ == "__main__":
    print(f"the model is in {train(tyro.cli(ContextsCourse, description=__doc__))}")
