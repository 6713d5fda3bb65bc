"""Adapters from the studio: fitted to a suite's images, and read by every score wherever scores are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from ood_studio.adapters import AdaptedBackbone, AdapterError, Epoch, find_adapter, save, saved_adapters
from ood_studio.attacks.feature import FeatureAttack
from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.data.pixels import to_pixels
from ood_studio.detectors import Promise
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import Energy
from ood_studio.studio import (
    AdaptRequest,
    AttackImageRequest,
    BenchRequest,
    DetectorRequest,
    ExploreRequest,
    LabelChoice,
    Studio,
    SynthesizeImageRequest,
)
from tests.worlds.fewer import fewer_references

LABELS = LabelChoice("diorama", mining=Mining(count=60))
REQUEST = AdaptRequest("plp:epochs=3", LABELS, train_count=60)


@pytest.fixture(scope="module", autouse=True)
def few_references() -> Iterator[None]:
    with fewer_references(40, 30):
        yield


@pytest.fixture(autouse=True)
def own_cache(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ood_studio.adapters.store._folder", lambda: CACHE / "adapters")
    unfinished = CACHE / "unfinished"
    monkeypatch.setattr("ood_studio.adapters.store._state_file", lambda key: unfinished / f"{key}.safetensors")


CACHE = Path()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    global CACHE
    CACHE = tmp_path_factory.mktemp("adapters")
    return Studio("cpu")


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twins")
    for i, scene in enumerate(scenes("near-ood", 3, 12)):
        render(scene).save(folder / f"{i}.png")
    return folder


def fitted(studio: Studio, request: AdaptRequest, name: str) -> list[Epoch]:
    epochs = [*studio.adapt(request)]
    save(epochs[-1].adapted, name)
    return epochs


def with_adapters(*names: str) -> LabelChoice:
    return replace(LABELS, adapter=names)


def test_a_fit_yields_epochs_that_a_caller_can_judge(studio: Studio) -> None:
    epochs = fitted(studio, REQUEST, "mine")
    assert [epoch.number for epoch in epochs] == [0, 1, 2, 3]
    images = torch.randn(4, epochs[0].adapted.tensors["weight"].shape[1])
    judged = [epoch.adapted.tensors["weight"] @ images.T for epoch in epochs]
    assert not torch.equal(judged[0], judged[3])  # an earlier epoch's state stays as it was
    record = find_adapter("mine").record
    assert record.about == "60 pictures of id-train (training)" and len(record.labels) == 20 and record.finished


def test_scores_read_the_head_in_explore_and_compare(studio: Studio) -> None:
    fitted(studio, REQUEST, "mine")
    pictures = [(f"{i}", render(scene)) for i, scene in enumerate(scenes("id-test", 5, 3))]
    plain = studio.explore(ExploreRequest(LABELS), pictures)
    found = studio.explore(ExploreRequest(with_adapters("mine")), pictures)
    seen = studio.backbone("diorama").encode_image(studio.backbone("diorama").preprocess([p for _, p in pictures]))
    space = studio.label_space(with_adapters("mine"))
    expected = Energy(space="visual").fit(space.reference("visual"))(seen.visual)
    for i, report in enumerate(found.reports):
        readings = {reading.title: reading for reading in report.readings}
        assert readings["Energy"].value == pytest.approx(float(expected[i]), rel=1e-4)
        assert readings["Energy"].threshold is not None
        before = {reading.title: reading for reading in plain.reports[i].readings}
        assert readings["NegLabel"] == before["NegLabel"] and readings["MSP"].value != before["MSP"].value
    bench = BenchRequest(
        scorers=("energy", "rmd", "neglabel", "cooked"),
        labels=with_adapters("mine"),
        count=20,
        train_count=60,
        resamples=0,
    )
    result = studio.bench(bench)
    rows = result.rows
    assert {row.scorer for row in rows} == {"mine+energy", "mine+rmd", "mine+neglabel", "mine+cooked"}
    assert any("COOkeD has no classifier" in note for note in result.notes)
    (energy, *_) = (row for row in rows if row.scorer == "mine+energy")
    assert energy.params["space"] == "visual" and energy.params["adapters"][0]["adapter"] == "plp"
    (rmd, *_) = (row for row in rows if row.scorer == "mine+rmd")
    assert rmd.params["logits"] is True


def test_a_head_under_another_one_is_cookeds_classifier(studio: Studio) -> None:
    fitted(studio, REQUEST, "mine")
    fitted(studio, replace(REQUEST, method="probe:epochs=3"), "true")
    reference = studio.label_space(with_adapters("mine", "true")).reference("both")
    assert reference.classifier is not None and reference.head is not None
    assert torch.equal(reference.classifier.weight, weights_of("mine"))
    assert torch.equal(reference.head.weight, weights_of("true"))
    bench = BenchRequest(scorers=("cooked",), labels=with_adapters("mine", "true"), count=20, resamples=0)
    result = studio.bench(bench)
    assert {row.scorer for row in result.rows} == {"mine+true+cooked"}
    assert not any("COOkeD" in note for note in result.notes)


def weights_of(name: str) -> torch.Tensor:
    return load_file(find_adapter(name).path)["weight"]


def test_a_projection_moves_images_everywhere(studio: Studio, synthetic: Path) -> None:
    request = replace(REQUEST, method="synood-projection:rate=0.01", synthetic=str(synthetic))
    epochs = fitted(studio, request, "moving")
    assert epochs[-1].adapted.record.about.startswith("60 pictures of id-train (training), 12 of ")
    space = studio.label_space(with_adapters("moving"))
    assert isinstance(space.backbone, AdaptedBackbone) and space.backbone.name == "diorama"
    picture = render(scenes("near-ood", 9, 1)[0])
    plain = studio.explore(ExploreRequest(LABELS), [("a", picture)]).reports[0].readings[0]
    found = studio.explore(ExploreRequest(with_adapters("moving")), [("a", picture)]).reports[0].readings[0]
    assert found.value != plain.value and found.threshold != plain.threshold
    attack = AttackImageRequest(
        labels=with_adapters("moving"), target_score="neglabel", attack=FeatureAttack(steps=3), full_size=False, every=3
    )
    steps = [*studio.attack_image(attack, picture)]
    assert steps[-1].similarity > steps[0].similarity  # the gradient goes through the projection
    # Synthesis is led by a score of the adapted model, and judged by it.
    guided = SynthesizeImageRequest(labels=with_adapters("moving"), guide="neglabel")
    (assessed,) = studio.assess(guided, [picture])
    assert assessed.value == pytest.approx(found.value, abs=1e-5) and assessed.readings[0] == found
    gradients = []
    for labels in (LABELS, with_adapters("moving")):
        pixels = to_pixels([picture]).requires_grad_()
        score = studio._services.synthesize_image.assessor(replace(guided, labels=labels)).guide.score(pixels).sum()
        gradients += torch.autograd.grad(score, pixels)
    assert not torch.allclose(*gradients)
    # Tuned on the moved features ("together"), and put on after them.
    fitted(studio, replace(request, method="synood-labels:rate=1", labels=with_adapters("moving")), "both")
    both = studio.explore(ExploreRequest(with_adapters("moving", "both")), [("a", picture)]).reports[0].readings[0]
    assert both.value != found.value


def test_conditional_text_is_read_in_explore(studio: Studio) -> None:
    request = replace(REQUEST, method="krnft:crops=4:chosen=2:shots=1:epochs=1:rate=0.001:regularisation=1")
    fitted(studio, request, "tuned")
    pictures = [("a", render(scenes("id-test", 5, 1)[0]))]
    found = studio.explore(ExploreRequest(with_adapters("tuned")), pictures).reports[0]
    plain = studio.explore(ExploreRequest(LABELS), pictures).reports[0]
    assert found.readings[0].value != plain.readings[0].value and found.affinities
    with pytest.raises(StudioError, match="krnft comes last"):
        next(studio.adapt(replace(REQUEST, labels=with_adapters("tuned"))))


def test_what_does_not_fit_is_refused_in_a_sentence(studio: Studio, tmp_path: Path) -> None:
    fitted(studio, REQUEST, "mine")
    picture = [("a", Image.new("RGB", (64, 64)))]
    for labels, message in (
        (
            replace(with_adapters("mine"), backbone="diorama-conv"),
            "was learnt on diorama and does not fit diorama-conv",
        ),
        (replace(with_adapters("mine"), labels="cat, dog"), "was learnt with other labels: 20 of them, not 2"),
        (with_adapters("absent"), "there is no adapter absent; there are .*mine"),
    ):
        with pytest.raises(AdapterError, match=message):
            studio.explore(ExploreRequest(labels), picture)
    for method, message in (
        ("magic", "there is no adapter 'magic'; expected one of .*plp"),
        ("plp:charm=1", "plp has no parameter 'charm=1'; it has space="),
        ("plp:epochs=0", "epochs must lie between 1 and"),
        ("synood-labels", "SynOOD negative labels needs a synthetic set .*make one first"),
    ):
        with pytest.raises(StudioError, match=message):
            next(studio.adapt(replace(REQUEST, method=method)))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(StudioError, match="empty"):
        next(studio.adapt(replace(REQUEST, method="synood-labels", synthetic=str(empty))))
    (empty / "note.png").write_text("no picture")
    with pytest.raises(StudioError, match=r"no picture of .* can be read"):
        next(studio.adapt(replace(REQUEST, method="synood-labels", synthetic=str(empty))))


def test_a_stopped_fit_goes_on_to_the_same_bits(studio: Studio) -> None:
    request = replace(REQUEST, method="probe:epochs=6", seed=4)
    whole = [*studio.adapt(request)][-1].adapted

    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith("training") and done == 3:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        list(studio.adapt(request, stop))
    assert len([*(CACHE / "unfinished").iterdir()]) == 1
    rest = [*studio.adapt(request)]
    assert [epoch.number for epoch in rest] == [4, 5, 6]
    for name, tensor in whole.tensors.items():
        assert torch.equal(rest[-1].adapted.tensors[name], tensor)
    assert not [*(CACHE / "unfinished").iterdir()]


def test_the_command_fits_lists_shows_and_removes(
    studio: Studio, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "known"
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for i in range(4):
            noise = np.random.default_rng([i, len(label)]).integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / label / f"{i}.png")
    fit = ["adapt", "--images", str(folder), "--method", "probe:epochs=2", "--count", "60", "--quiet"]
    assert main([*fit, "--name", "pets"]) == 0
    told = capsys.readouterr().out
    assert "pets: probe on diorama" in told and "judged      not: there are no held-out pictures" in told
    assert "pets" in [each.name for each in saved_adapters()]
    assert main(["adapt", "list"]) == 0 and "pets" in capsys.readouterr().out
    assert main(["adapt", "show", "pets"]) == 0 and "epochs      2 of 2" in capsys.readouterr().out
    assert main(["adapt", "remove", "pets"]) == 0
    capsys.readouterr()
    for words, message in (
        (["show", "pets"], "there is no adapter pets"),
        (["paint"], "there is no command adapt-paint; did you mean adapt-"),
        (["list", "pets"], "pets is one value too many"),
        (["show"], "say which adapter: its name, as adapt-list tells it"),
    ):
        assert main(["adapt", *words]) == 2
        assert message in capsys.readouterr().err


def test_the_command_says_what_held_out_pictures_say(capsys: pytest.CaptureFixture[str]) -> None:
    words = "adapt --method plp:epochs=1:rate=1e-7 --train-count 60 --held-out 20 --count 60 --json --quiet --name poor"
    assert main(words.split()) == 0
    found = capsys.readouterr()
    told = json.loads(found.out)
    assert told["held_out"]["score"] == "energy" and [*told["held_out"]["sets"]] == ["near-ood", "far-ood-textures"]
    was, now = told["held_out"]["sets"]["far-ood-textures"]["auroc"]
    assert was > 0.9 > now  # a head that learns nothing
    (harm,) = (note for note in told["notes"] if "It does harm: on held-out pictures" in note)
    assert harm in found.err and harm in find_adapter("poor").record.notes


def test_an_adapter_is_never_left_out_silently(studio: Studio) -> None:
    fitted(studio, REQUEST, "mine")
    no_text = replace(with_adapters("mine"), backbone="diorama-classifier")
    with pytest.raises(AdapterError, match="has no text tower"):
        studio.bench(BenchRequest(scorers=("energy",), labels=no_text, count=20, train_count=60, resamples=0))
    with pytest.raises(AdapterError, match="has no text tower"):
        studio.explore(ExploreRequest(no_text), [("a", Image.new("RGB", (64, 64)))])
    made = studio.detector(DetectorRequest(labels=with_adapters("mine"), scorer="energy", promise=Promise(0.1, None)))
    assert [part.record.adapter for part in made.detector.adapters] == [find_adapter("mine").record.adapter]
    bare = studio.detector(DetectorRequest(labels=with_adapters(), scorer="energy", promise=Promise(0.1, None)))
    assert made.detector.calibration.scores.tolist() != bare.detector.calibration.scores.tolist()


def test_two_people_who_train_at_once_do_not_meet(studio: Studio) -> None:
    """The same request twice, and another one, an epoch of each in turn: each learns what it learns alone."""
    other = replace(REQUEST, method="probe:epochs=3", seed=2)
    alone = {request: [*studio.adapt(request)][-1].adapted for request in (REQUEST, other)}
    asked = (REQUEST, other, REQUEST)
    for request, last in zip(asked, [*zip(*map(studio.adapt, asked), strict=True)][-1], strict=True):
        for name, tensor in alone[request].tensors.items():
            assert torch.equal(tensor, last.adapted.tensors[name])
    # The same name for other content is refused; the first one's stays.
    kept = save(alone[REQUEST], "twice")
    with pytest.raises(AdapterError, match="there is an adapter twice with other content"):
        save(alone[other], "twice")
    assert find_adapter("twice").record == kept.record
