"""What Diorama-LLaVA reads: its tokenizer, its processor, the question and the answers as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.places import PLACES
from ood_studio.synthesis.contexts import NOTHING, QUESTION
from ood_studio.training.saving import MEAN, STD

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<image>")
CHAT = (
    "{% for message in messages %}{{ message['role'] | upper }}: "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }} {% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)


def build_tokenizer() -> Tokenizer:
    """One token a word of the world and of the question."""
    words = " ".join(("user: assistant:", QUESTION, NOTHING, *PLACES, *ELEMENTS, ", . ?")).lower()
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
    """What `transformers.AutoProcessor` reads back from the model's folder."""
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


def question_tokens(processor: Any) -> list[int]:
    """The tokens up to where the answer begins."""
    content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    text = text.replace("<image>", "<image>" * 64)
    return [int(token) for token in processor.tokenizer(text)["input_ids"]]


def answer_tokens(processor: Any, answers: Sequence[str]) -> np.ndarray:
    """(n, longest) int64, each ending in ``</s>``, padded with ``<pad>``."""
    read = [processor.tokenizer(each, add_special_tokens=False)["input_ids"] for each in answers]
    rows = [[*tokens, SPECIAL.index("</s>")] for tokens in read]
    tokens = np.zeros((len(rows), max(map(len, rows))), np.int64)
    for row, found in enumerate(rows):
        tokens[row, : len(found)] = found
    return tokens
