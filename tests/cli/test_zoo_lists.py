"""``zoo --list``: a paper's models are asked for by name, and those that cannot be had are told with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ood_studio.cli.zoo import Zoo
from ood_studio.core.errors import StudioError
from ood_studio.evaluation.zoo.published import models_of
from ood_studio.studio import ZooRequest
from ood_studio.studio.zoo import ZooAnswer


def test_models_of_a_list_are_measured_or_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def measure(studio: Any, request: ZooRequest, progress: Any) -> Iterator[ZooAnswer]:
        asked.extend(request.models)
        yield from (ZooAnswer(name, None, "no network") for name in request.models)

    monkeypatch.setattr("ood_studio.studio.Studio.zoo", measure)
    with pytest.raises(StudioError, match="no model could be measured"):
        Zoo(list="imagenet", quiet=True, request=ZooRequest(models=("diorama",))).run()
    models = models_of("imagenet")
    assert asked == ["diorama", *(model.name for model in models if not model.lacking)]
    said = capsys.readouterr().err
    assert "BiT-S was left out: timm lists BiT models of ImageNet-21k only" in said
    assert "MoCoV2 was left out: no library here lists it" in said
    assert "timm:resnet50.a1_in1k was left out: no network" in said
