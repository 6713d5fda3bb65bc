"""What an adapter says about itself on disk: a header of plain values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from ood_studio import __version__
from ood_studio.adapters.validation import Validation, read_validation
from ood_studio.core.errors import StudioError

FORMAT = 1
"""Of the files; other versions are refused by name."""


class AdapterError(StudioError):
    """An adapter cannot be had, or does not fit what it is put on."""


@dataclass(frozen=True)
class Record:
    """How an adapter came to be.

    Attributes:
        adapter: the name of its kind, and ``parameters`` its hyper-parameters as texts.
        backbone: the name of the model, ``fingerprint`` what it must be.
        labels, negative_labels: what it was fitted with, in this order.
        seed: of the fit.
        material: the key of what it learnt from, and ``about`` what that is for people.
        epochs: how many were trained, of ``planned``.
        history: the losses by epoch; the first is before any step.
        notes: sentences for the person: what was left out or assumed, or why it stopped.
        versions: of the studio and of torch.
        validation: what held-out images said of it; None where nothing judged it.
        asked: the parameters that it was asked for with, by name, where they are not as usual; None where nobody else
            could ask for the same, such as where it learnt from files of one's own.
    """

    adapter: str
    parameters: Mapping[str, str]
    backbone: str
    fingerprint: str
    labels: tuple[str, ...]
    negative_labels: tuple[str, ...]
    seed: int
    material: str
    about: str = ""
    epochs: int = 0
    planned: int = 0
    history: tuple[Mapping[str, float], ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(
        default_factory=lambda: {"ood_studio": __version__, "torch": version("torch"), "format": str(FORMAT)}
    )
    validation: Validation | None = None
    asked: Mapping[str, str] | None = None

    @property
    def finished(self) -> bool:
        """Whether all epochs were trained."""
        return self.epochs >= self.planned

    @property
    def key(self) -> str:
        """A hash of what decides the content of the finished adapter, and of how far it was trained."""
        decisive = [
            FORMAT,
            self.adapter,
            sorted(self.parameters.items()),
            self.fingerprint,
            self.labels,
            self.negative_labels,
            self.seed,
            self.material,
        ]
        text = json.dumps([*decisive, "" if self.finished else self.epochs], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def to_json(self) -> str:
        """The header, as `from_json` reads it back."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str, name: str) -> Record:
        """A header that was written.

        Args:
            text: of `to_json`.
            name: what messages call the adapter.

        Raises:
            AdapterError: for other text, or another version's.
        """
        try:
            found: dict[str, Any] = json.loads(text)
            version = str(found["versions"]["format"])
            if version != str(FORMAT):
                raise AdapterError(
                    f"the adapter {name} was saved by another version of the studio (format {version}, here {FORMAT}); "
                    "train it again"
                )
            lists = ("labels", "negative_labels", "history", "notes")
            values: dict[str, Any] = {key: tuple(value) if key in lists else value for key, value in found.items()}
            values["validation"] = read_validation(values.get("validation"))
            return cls(**values)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, AdapterError):
                raise
            raise AdapterError(f"the adapter {name} is damaged: its header cannot be read; train it again") from error
