"""Adapters fitted to the images of suites or to own ones."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from ood_studio.adapters import Adapter, Epoch, Material, parse_adapter
from ood_studio.adapters.loop import State
from ood_studio.adapters.store import forget_state, keep_state, kept_state
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.image_sets import read_set
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.own_labels import open_labelled
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.features.images import DatasetFeatures
from ood_studio.labels.presets import read_labels
from ood_studio.labels.prompts import prompt_set
from ood_studio.labels.text_features import class_features
from ood_studio.studio.requests import AdaptRequest
from ood_studio.studio.workbench import LabelSpace, Workbench

_KEEP_SECONDS = 10.0  # between two times that an unfinished training is kept
_SPACES = frozenset({"joint", "visual"})  # of features that adapters learn from


def learning_suite(request: AdaptRequest, workers: int) -> OpenSuite:
    """The suite of a fit with the training images that it learns from, where it has any.

    Raises:
        StudioError: for a suite that cannot be opened.
    """
    return open_suite(
        request.suite,
        data_root=request.data_root,
        seed=request.seed,
        train_count=request.train_count,
        workers=workers,
    )


class AdaptService:
    """Fits adapters.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def adapt(self, request: AdaptRequest, progress: Progress = silent) -> Iterator[Epoch]:
        """An adapter as it is fitted, epoch by epoch; to stop, stop asking: `Epoch.adapted` is what is learnt by then.

        A fit that was interrupted goes on where it was, within an epoch that takes long;
        `ood_studio.adapters.save` keeps what was learnt.

        Args:
            request: what is learnt, and from what.
            progress: told what is encoded and the steps; may raise to stop, which is not kept under a name.

        Raises:
            StudioError: for an unknown adapter, or material that it cannot learn from.
            Diverged: if the loss runs away in the first epoch.
        """
        adapter = parse_adapter(request.method)
        material, backbone = self.material(request, adapter, progress)
        key = _key(adapter, material, backbone, request.seed)
        within = [0]

        def keep(state: State) -> None:
            within[:] = [state.epoch]
            keep_state(key, state)

        epochs = adapter.train(
            backbone, material, seed=request.seed, progress=progress, resume=kept_state(key), keep=keep
        )
        state: State | None = None
        kept = time.monotonic()
        done = False
        try:
            for epoch in epochs:
                state, done = epoch.state, epoch.number >= epoch.of or bool(epoch.diverged)
                if state is not None and not done and time.monotonic() - kept > _KEEP_SECONDS:
                    keep_state(key, state)
                    kept = time.monotonic()
                yield epoch
        finally:
            if done:
                forget_state(key)
            elif state is not None and state.epoch > within[0]:
                keep_state(key, state)

    def material(
        self, request: AdaptRequest, adapter: Adapter, progress: Progress = silent
    ) -> tuple[Material, Backbone]:
        """What a request's adapter learns from, and the model as it is below the adapter.

        Raises:
            StudioError: for data or labels that cannot be used, or that the adapter needs and there are not.
        """
        labels, images, notes = self._images(request)
        space = self._workbench.label_space(request.labels, progress, labels)
        if not space.backbone.reads_text:
            raise StudioError(f"{space.backbone.name} has no text tower, and adapters are learnt on models with one")
        reference = space.reference()
        if reference.conditional is not None:
            raise StudioError("what is below must leave the text the same for every picture; krnft comes last")
        found = space.features(images, _SPACES, progress)
        targets = None if images.labels is None else torch.from_numpy(images.labels[found.rows])
        synthetic = self._synthetic(request, space, progress)
        pseudo = class_features(space.backbone, space.id_labels, prompt_set("plp"), progress)
        content = [
            images.key,
            space.id_labels,
            space.mined.words,
            request.labels.prompts,
            space.adaptation.key,
            "" if synthetic is None else synthetic[1],
        ]
        about = f"{len(found.rows):,} pictures of {images.name}"
        if synthetic is not None:
            about += f", {len(synthetic[0].rows):,} of {_name_of(request.synthetic)}"
        material = Material(
            labels=space.id_labels,
            key=hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()[:20],
            about=about,
            notes=(*notes, *_unread(found)),
            class_text=reference.class_text,
            pseudo_text=pseudo,
            negative_labels=space.mined.words,
            negative_text=reference.negative_text,
            joint=found.joint,
            visual=found.visual,
            targets=targets,
            synthetic=None if synthetic is None else synthetic[0].joint,
            images=images,
            rows=found.rows,
        )
        reason = adapter.missing(material)
        if reason is not None:
            raise StudioError(reason)
        return material, space.backbone

    def _images(self, request: AdaptRequest) -> tuple[tuple[str, ...], Dataset, tuple[str, ...]]:
        """The ID labels, the ID images that are learnt from, and what there is to say about them."""
        typed = request.labels.labels.strip()
        if request.images:
            own = open_labelled(request.images, "", typed)
            if not own.labels:
                raise StudioError(f"name the ID labels, or sort the pictures of {request.images} into class folders")
            return own.labels, own.id, (*own.id.notes, *own.notes)
        suite = learning_suite(request, self._workbench.workers)
        if typed and read_labels(typed).labels != suite.labels:
            raise StudioError(f"the suite {suite.name} brings its own ID labels; leave the labels as they are")
        if suite.train is None:
            raise StudioError(f"the suite {suite.name} has no training pictures; give some of your own (images)")
        return suite.labels, suite.train, tuple(suite.train.notes)

    def _synthetic(
        self, request: AdaptRequest, space: LabelSpace, progress: Progress
    ) -> tuple[DatasetFeatures, str] | None:
        if not request.synthetic:
            return None
        images = open_dataset(request.synthetic, labels=())
        return space.features(images, _SPACES, progress), images.key


def _unread(found: DatasetFeatures) -> tuple[str, ...]:
    return (f"{len(found.problems):,} pictures could not be read, and are left out.",) if found.problems else ()


def _name_of(folder: str) -> str:
    """What near-boundary images are called, which is not where they lie."""
    found = read_set(Path(folder))
    return Path(folder).name if found is None else found.name


def _key(adapter: Adapter, material: Material, backbone: Backbone, seed: int) -> str:
    content = [adapter.name, sorted(texts(adapter).items()), material.key, backbone.fingerprint, seed]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]
