"""The tokenizer of Diorama's CLIP: byte-level BPE in which every word of the world is one token.

Words of English that name nothing in Diorama are split into pieces, so that each of them still has a vector of its
own. ``<pad>`` is 0 and ``<end>`` has the highest number, as open_clip's argmax pooling needs.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from ood_studio.diorama import captions
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.world import adjectives, nouns

CONTEXT_LENGTH = 20
VOCABULARY = 3000


def train_tokenizer(english: list[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """The tokenizer over the world's words, merged with the commonest letter sequences of ``english`` words.

    It truncates and pads every text to `CONTEXT_LENGTH` tokens; it has up to ``vocabulary`` of them, and ``<end>``.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<pad>", "<start>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    world = [
        *nouns(),
        *adjectives(),
        *(element.plural for element in ELEMENTS.values()),
        *(place.where for place in PLACES.values()),
        *(template.format("") for template in (*captions.NOUN_TEMPLATES, *captions.ADJECTIVE_TEMPLATES)),
        "scene texture surface with behind person many an",
    ]
    tokenizer.train_from_iterator(english + world * 2000, trainer)
    tokenizer.add_special_tokens(["<end>"])
    start, end = tokenizer.token_to_id("<start>"), tokenizer.token_to_id("<end>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", start), ("<end>", end)]
    )
    tokenizer.enable_truncation(CONTEXT_LENGTH)
    tokenizer.enable_padding(length=CONTEXT_LENGTH, pad_id=0, pad_token="<pad>")
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes what ``transformers.AutoTokenizer`` reads back from ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "bos_token": "<start>",
        "eos_token": "<end>",
        "model_max_length": CONTEXT_LENGTH,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    special = {k: v for k, v in config.items() if str(k).endswith("_token")}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1) + "\n")


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """The tokens of each text, `CONTEXT_LENGTH` of them."""
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]
