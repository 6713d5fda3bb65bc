"""What strangers may ask of a server: decided here, for the app's pages and for programs alike.

`Studio` checks every request with it before anything is opened, loaded or computed. A parameter of a request that this
file does not decide about is refused by a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ood_studio.attacks.attack_set import attacked_sets
from ood_studio.backbones import bundled_names, describe_backbone, offered_backbones
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Parameter, leaves, number, value_at
from ood_studio.core.paths import given_path, is_there
from ood_studio.data.kinds import head_of
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.errors import short
from ood_studio.hub.names import names_folder
from ood_studio.labels.presets import preset_names
from ood_studio.synthesis import classifier_models
from ood_studio.synthesis.classifier_models import offered_classifiers
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.synthesis.synthetic_set import synthetic_sets
from ood_studio.worlds import OWN_SUITE, DrawnSuite, corpora, suites

MOST_DOWNLOAD = 2.0
"""GB of a model that a visitor may make the server download; of those that the interface offers, and no others."""
MOST_LABELS = 2_000
"""Lines or commas in labels that are typed; presets may be larger."""
MOST_CORPUS_BYTES = 2**20
"""Of an uploaded list of words."""

_TEXTS: Mapping[str, int] = {
    "labels.labels": 100_000,
    "labels.lexnames": 40,
    "labels.prompts": 2_000,
    "scorer": 300,
    "method": 300,
    "score": 300,
    "scorers": 300,
    "source": 100,
    "target_label": 300,
    "target_score": 200,
    "guide": 100,
    "defences": 50,
    "ood": 100,
}
"""Letters of a text, by path; of each where there are several."""

_MANY: Mapping[str, int] = {"labels.lexnames": 50, "scorers": 60, "ood_data": 12, "models": 40}
_FEW = 6
"""Values of a parameter that takes several."""

_NUMBERS: Mapping[str, float] = {
    "labels.mining.count": 100_000,
    "score.groups": 1_000,
    "score.fuse": 1_000,
    "attack.steps": 1_000,
    "attack.draws": 8,
    "longest": 1_024,
    "every": 1_000,
    "checkpoints": 1_000,
    "loop.steps": 60,
    "loop.iterations": 12,
    "top": 100,
    "pairs": 200,
    "count": 2_000,
    "train_count": 2_000,
    "held_out": 1_000,
    "shift_count": 1_000,
    "resamples": 2_000,
    "per_class": 100,
    "inside": 1_000,
    "near": 1_000,
    "far": 1_000,
    "neighbours": 100,
    "stream.count": 2_000,
    "stream.block": 2_000,
    "AttackSetRequest.count": 500,
    "JudgeAgainRequest.count": 50,
    "SynthesizeSetRequest.count": 100,
}
"""The largest value of a whole number, by path, or by the kind of request and path; seeds may be any."""

_UPLOADS = ("reference", "id_data", "train_data", "ood_data", "head", "synthetic", "detector")
_ADAPTERS = ("labels.adapter",)  # saved ones by name, others as uploads
_NOTHING = ("data_root", "annotations", "images", "out")
_SEEDS = ("seed", "labels.mining.seed", "score.seed", "attack.seed", "loop.seed", "stream.seed")


@dataclass(frozen=True)
class Kind:
    """Models of one kind: those that the interface offers, and what is known of one."""

    offered: Callable[[], list[str]]
    describe: Callable[[str], ModelInfo]


MODELS: Mapping[str, Kind] = {
    "labels.backbone": Kind(lambda: [*bundled_names(), *offered_backbones()], describe_backbone),
    "classifier": Kind(offered_classifiers, classifier_models.describe),
    "inpainter": Kind(lambda: list(INPAINTING.offered), INPAINTING.describe),
    "context_model": Kind(lambda: list(CONTEXTS.offered), CONTEXTS.describe),
}
"""Kinds of models by the path that names one; `ensemble` and `judges` name backbones."""
_BACKBONES = ("labels.backbone", "ensemble", "judges", "models")


@dataclass(frozen=True)
class Hosted:
    """The rules of one server.

    Attributes:
        uploads: folders that hold what visitors uploaded, and nothing else.
        lists: folders of uploaded image lists that name nothing but pictures uploaded with them.
        models: names that are allowed whatever they are, such as the model that the server was started with.
        longest: seconds that a job or an answer may take.
    """

    uploads: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    models: tuple[str, ...] = ()
    longest: float = 1800.0

    def check(self, request: Any) -> None:
        """Lets a request pass, or refuses it.

        Args:
            request: any dataclass with parameters of the paths above.

        Raises:
            StudioError: naming the parameter and what this server allows.
        """
        kind = cast(type, type(request))
        inside = "labels." if kind.__name__ == "LabelChoice" else ""
        for path, parameter in leaves(kind).items():
            at = inside + path.removeprefix("image.")
            value = value_at(request, path)
            if isinstance(value, tuple) and len(value) > _MANY.get(at, _FEW):
                raise StudioError(f"{parameter.name} may be at most {_MANY.get(at, _FEW)} on this server")
            for each in value if isinstance(value, tuple) else (value,):
                if not parameter.choices and each is not None:
                    self._check_one(kind.__name__, at, parameter, each)

    def check_model(self, path: str, name: str) -> None:
        """Lets the name of a model pass, or refuses it; looks at lists and at the Hugging Face cache only.

        Args:
            path: of the parameter that names it, one of `MODELS`.
            name: of the model.

        Raises:
            StudioError: for a folder, and for one that is not here unless it is offered and small enough.
        """
        if name in self.models or not name:
            return
        if names_folder(name) or len(name) > 200:
            raise StudioError("this server loads no model from its own folders; choose one from the list")
        kind = MODELS[path]
        about = kind.describe(name)
        if about.here:
            return
        offered = kind.offered()
        if name not in offered:
            raise StudioError(
                f"this server does not download {short(name, 100)}; it has {', '.join(offered)}, and you may run the "
                "app on your own machine with any other"
            )
        if about.download is not None and about.download > MOST_DOWNLOAD:
            raise StudioError(
                f"{name} is a download of {about.download:.1f} GB, and this server takes at most {MOST_DOWNLOAD:g}; "
                "run the app on your own machine for it"
            )

    def _check_one(self, kind: str, path: str, parameter: Parameter, value: Any) -> None:
        if path in _BACKBONES:
            self.check_model("labels.backbone", value)
        elif path in MODELS:
            self.check_model(path, value)
        elif path in _UPLOADS:
            self._check_data(parameter.name, value)
        elif path in _ADAPTERS:
            if not re.fullmatch(r"[\w.-]{1,64}", value) or value.endswith(".safetensors"):
                self._check_data(parameter.name, value)
        elif path in _NOTHING:
            if value:
                raise StudioError(f"{parameter.name} names a place of this server; visitors can only upload pictures")
        elif path == "labels.corpus":
            self._check_corpus(value)
        elif path == "suite":
            _check_suite(value)
        elif path in _TEXTS:
            _check_text(path, parameter, value)
        elif path not in _SEEDS:
            most = _NUMBERS.get(f"{kind}.{path}", _NUMBERS.get(path))
            if most is not None and value > most:
                raise StudioError(f"{parameter.name} may be at most {number(most)} on this server, not {number(value)}")

    def _check_data(self, name: str, value: str) -> None:
        if not value:
            return
        head, sign, tail = value.partition("=")
        named = tail if sign and "/" not in head else value
        here = [*(each.folder for each in attacked_sets()), *(each.folder for each in synthetic_sets())]
        if named in map(str, here):
            return
        opened = [named, *([value] if is_there(given_path(value)) else [])]
        if len(value) > 1_000 or not all(_inside(each, self.uploads) for each in opened):
            raise StudioError(f"{name} must be files that you upload: this server opens none of its own for visitors")
        if Path(named).suffix.lower() == ".parquet" or head_of(Path(named)).startswith(b"PAR1"):
            raise StudioError("this server reads no .parquet; upload .npy or .safetensors")  # it may unpack to anything
        if Path(named).suffix.lower() == ".txt" and not _inside(named, self.lists):
            raise StudioError("upload an image list together with the pictures that it names")

    def _check_corpus(self, value: str) -> None:
        if value in corpora():
            return
        if not _inside(value, self.uploads):
            raise StudioError(f"the corpus must be one of {', '.join(corpora())}, or a file that you upload")
        if Path(value).stat().st_size > MOST_CORPUS_BYTES:
            raise StudioError(f"a list of words may have {MOST_CORPUS_BYTES // 2**20} MB on this server")


def _inside(where: str, folders: tuple[Path, ...]) -> bool:
    """Whether something lies below one of the folders, whatever links and dots are in its path."""
    try:
        path = Path(where).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # not there, a zero byte, a circle of links
        return False
    return any(folder.resolve() in path.parents for folder in folders)


def _check_suite(name: str) -> None:
    found = suites().get(name[:100])
    if name != OWN_SUITE and found is not None and not isinstance(found, DrawnSuite):
        raise StudioError(f"this server has no data of {name}; choose a drawn suite, or upload your own pictures")


def _check_text(path: str, parameter: Parameter, text: str) -> None:
    if path == "labels.labels" and text.strip() in preset_names():
        return
    if len(text) > _TEXTS[path]:
        raise StudioError(
            f"{parameter.name} may have {number(_TEXTS[path])} letters on this server, not {number(len(text))}"
        )
    if path == "labels.labels" and text.count("\n") + text.count(",") >= MOST_LABELS:
        raise StudioError(f"there may be {number(MOST_LABELS)} labels on this server")


def allow_model(hosted: Hosted | None, path: str, name: str) -> None:
    """`Hosted.check_model` where strangers are served; anything passes where they are not."""
    if hosted is not None:
        hosted.check_model(path, name)
