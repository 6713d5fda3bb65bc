"""The choices: model, labels and score, and the request that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.labels.corpora import DEFAULT_LEXNAMES, LEXNAMES
from ood_studio.labels.negmining import Mining
from ood_studio.labels.presets import preset_names
from ood_studio.labels.prompts import PROMPT_SETS
from ood_studio.scorers import FORMS, NegLabel
from ood_studio.studio import ExploreRequest, LabelChoice
from ood_studio.ui.explore.reference import ReferenceBox, build_reference
from ood_studio.ui.inputs import backbone_box, backbone_name, number_box, whole
from ood_studio.ui.running import QUICK
from ood_studio.worlds import corpora


@dataclass(frozen=True)
class Settings:
    """The components that make up an `ExploreRequest`, in the order in which handlers get them."""

    backbone: Any
    preset: Any
    typed: Any
    corpus: Any
    corpus_file: Any
    lexnames: Any
    prompts: Any
    template: Any
    eta: Any
    count: Any
    per_pos: Any
    tau: Any
    form: Any
    groups: Any
    fuse: Any
    seed: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def request_from(*values: Any) -> ExploreRequest:
    """The request that the settings' values stand for, in the order of `Settings`; an empty number is the default.

    Raises:
        StudioError: for a value outside its bounds, or one that a public server does not take.
    """
    v = dict(zip(Settings.__dataclass_fields__, values, strict=True))
    backbone = backbone_name(v["backbone"])
    corpus = v["corpus"]
    if corpus == "file":
        if not v["corpus_file"]:
            raise StudioError("choose a corpus file: plain text, one word a line")
        corpus = str(v["corpus_file"])
    mining, score = Mining(), NegLabel()
    return ExploreRequest(
        LabelChoice(
            backbone=backbone,
            labels=str(v["typed"]) if v["preset"] == "typed" else str(v["preset"]),
            corpus=corpus,
            lexnames=tuple(v["lexnames"]),
            prompts=str(v["template"]) if v["prompts"] == "custom" else str(v["prompts"]),
            mining=Mining(
                eta=mining.eta if v["eta"] is None else v["eta"],
                count=whole(v["count"], "count", mining.count),
                per_pos=bool(v["per_pos"]),
            ),
        ),
        NegLabel(
            tau=v["tau"] or None,
            form=v["form"],
            groups=whole(v["groups"], "groups", 0) or None,
            fuse=whole(v["fuse"], "fuse", 0) or None,
            seed=whole(v["seed"], "seed", score.seed),
        ),
    )


def unfinished(*values: Any) -> bool:
    """Whether a choice was made whose text or file is still to come, so that nothing is to be computed yet."""
    v = dict(zip(Settings.__dataclass_fields__, values, strict=True))
    return (v["preset"] == "typed" and not str(v["typed"] or "").strip()) or (
        v["corpus"] == "file" and not v["corpus_file"]
    )


def build_settings(backbone: str) -> tuple[Settings, ReferenceBox]:
    """The choices, each explained in a line; defaults and bounds come from the request's own fields."""
    mining, score = bounds_of(Mining), bounds_of(NegLabel)
    default = LabelChoice()
    with gr.Accordion("Model, labels and score", open=False, elem_id="settings"):
        with gr.Row():
            backbone_choice = backbone_box(backbone, "backbone")
            preset = gr.Dropdown(
                [*preset_names(), ("type your own", "typed")],
                value=default.labels,
                label="ID labels",
                info="The classes that count as in-distribution.",
                elem_id="preset",
            )
            typed = gr.Textbox(
                label="Your labels",
                info="One a line, or separated by commas.",
                lines=3,
                visible=False,
                elem_id="typed",
            )
            prompts = gr.Dropdown(
                [*(p.name for p in PROMPT_SETS), "custom"],
                value=default.prompts,
                label="Prompts",
                info="How a label becomes a sentence: NegLabel's “the nice …”, PLP's average of five, a plain photo.",
                elem_id="prompts",
            )
            template = gr.Textbox(
                "a photo of a {}.",
                label="Your template",
                info="{} stands for the label.",
                visible=False,
                elem_id="template",
            )
        with gr.Row():
            corpus = gr.Dropdown(
                [
                    *((corpus.title, corpus.name) for corpus in corpora().values()),
                    ("a file of mine", "file"),
                ],
                value=default.corpus,
                label="Corpus",
                info="Where negative labels are mined from.",
                elem_id="corpus",
            )
            corpus_file = gr.File(
                label="Corpus file: one word a line",
                file_types=[".txt"],
                visible=False,
                elem_id="corpus-file",
                type="filepath",
            )
            lexnames = gr.Dropdown(
                list(LEXNAMES),
                value=list(DEFAULT_LEXNAMES),
                multiselect=True,
                label="WordNet files searched",
                info="The authors leave out noun.animal and noun.food.",
                visible=False,
                elem_id="lexnames",
            )
            count = number_box("M, negative labels kept", default.mining.count, mining["count"], "count")
            eta = number_box("η, percentile of NegMining", default.mining.eta, mining["eta"], "eta")
            per_pos = gr.Checkbox(
                False, label="Nouns and adjectives apart", info="As the authors' code mines them.", elem_id="per-pos"
            )
        with gr.Row():
            tau = gr.Number(0, label="τ, temperature", info="0 takes the model's own (CLIP: 0.01).", elem_id="tau")
            form = gr.Dropdown(
                list(FORMS),
                value="sum-softmax",
                label="Score form",
                info="The nine forms of NegLabel's Table 12.",
                elem_id="form",
            )
            groups = gr.Number(0, label="Groups", step=1, info="0 makes groups of about 100 labels.", elem_id="groups")
            fuse = gr.Number(0, label="Groups averaged", step=1, info="0 averages all of them.", elem_id="fuse")
            seed = number_box("Seed of the groups", 0, score["seed"], "seed")
        reference = build_reference()
    settings = Settings(
        backbone_choice,
        preset,
        typed,
        corpus,
        corpus_file,
        lexnames,
        prompts,
        template,
        eta,
        count,
        per_pos,
        tau,
        form,
        groups,
        fuse,
        seed,
    )
    return settings, reference


def slug(component: gr.Component) -> str:
    """A component's id as part of an endpoint's name."""
    return str(component.elem_id).replace("-", "_")


def wire_visibility(settings: Settings) -> None:
    """Shows a text or file box only where a choice asks for it."""
    for chooser, shown, value in (
        (settings.preset, settings.typed, "typed"),
        (settings.prompts, settings.template, "custom"),
        (settings.corpus, settings.corpus_file, "file"),
        (settings.corpus, settings.lexnames, "wordnet"),
    ):
        chooser.change(
            lambda chosen, value=value: gr.update(visible=chosen == value),
            chooser,
            shown,
            api_name=f"show_{slug(shown)}",
            **QUICK,
        )
