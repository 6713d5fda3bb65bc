"""An adapter judged again: memorised images, fresh ones of their kind, and an attack that knows of the adapter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.adapters import Adaptation, find_adapter
from ood_studio.attacks.feature import FeatureAttack
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import read_texts, texts
from ood_studio.core.progress import Stopped
from ood_studio.data.image_sets import HEADER, ImageSet, read_set
from ood_studio.data.pixels import to_pixels
from ood_studio.data.set_writer import SetImage, build_set
from ood_studio.studio import (
    AdaptRequest,
    AttackSetRequest,
    JudgeAgainRequest,
    LabelChoice,
    Studio,
    SynthesizeImageRequest,
    SynthesizeSetRequest,
)
from ood_studio.studio.judge import Judge
from ood_studio.studio.judge_again import JudgeAgainService, JudgedAgain, Round
from ood_studio.studio.movement import movement
from ood_studio.synthesis.boundary import NearBoundary

BROKEN = AttackSetRequest(
    attack=FeatureAttack(steps=2, seed=1), smoothness=(), count=12, train_count=60, scorers=("energy",), resamples=0
)
REPAIR = AdaptRequest(method="synood-projection:epochs=2", train_count=60, seed=4)
ASKED = JudgeAgainRequest(count=10)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


@pytest.fixture(scope="module")
def broken(studio: Studio) -> Path:
    return studio.judge_again._attacks.attacked_suite(BROKEN).sets[-1].folder


def again(studio: Studio, request: AdaptRequest, score: str = "neglabel") -> tuple[Judge, list[JudgedAgain]]:
    *_, last = studio.adapt(request)
    judge = studio.judge(request, score, 20, {})
    return judge, [*studio.judge_again(request, ASKED, score, judge, last.adapted)]


def test_a_set_knows_the_request_that_made_it(broken: Path) -> None:
    found = read_set(broken)
    assert found is not None
    recipe = read_texts(AttackSetRequest, found.origin)
    assert replace(recipe, scorers=BROKEN.scorers) == BROKEN
    # Sets that were made before there was such a line are read as before.
    header = json.loads((broken / HEADER).read_text())
    assert header.pop("origin") == found.origin


def test_learnt_fresh_and_attacked_again(studio: Studio, broken: Path) -> None:
    judge, states = again(studio, request := replace(REPAIR, synthetic=str(broken)))
    *_, last = studio.adapt(request)
    # No place of this machine is told.
    assert last.adapted.record.about == "60 pictures of id-train (training), 12 of near-ood, λ = 0"
    assert [len(each.rounds) for each in states] == [1, 1, 2, 3]
    learnt, fresh, repeated = states[-1].rounds
    assert [each.kind for each in (learnt, fresh, repeated)] == ["learnt", "fresh", "repeated"]
    assert len(learnt.now) == 12 and len(fresh.now) == len(repeated.now) == 10
    # Every round is judged at the same two thresholds, those of the held-out ID images.
    assert learnt.limits == fresh.limits == repeated.limits and learnt.limits[0] == judge.before().threshold
    first, other, last = ([to_pixels([each.images.load(i)]) for i in range(4)] for each in (learnt, fresh, repeated))
    assert not any(a.shape == b.shape and a.equal(b) for a in first for b in other)  # fresh ones are others
    # The repeated attack changes the same originals in another way: only a little, and not as the first one did.
    for a, b in zip(other, last, strict=True):
        assert not a.equal(b) and float((a - b).abs().max()) < 0.2
    steps, name = BROKEN.attack.steps, BROKEN.labels.backbone
    assert states[1].notes == (f"Two times 10 pictures are attacked, each in {steps} steps on {name}.",)


def test_without_attacked_pictures_the_usual_attack_is_taken(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ood_studio.studio.judge_again._usual", lambda request: replace(BROKEN, labels=request.labels))
    request = replace(REPAIR, method="probe:epochs=2", labels=LabelChoice(backbone="diorama-conv"))
    _, states = again(studio, request, "energy")
    assert [each.kind for each in states[-1].rounds] == ["fresh", "repeated"]
    assert "the usual attack" in states[-1].notes[0] and "detector's energy" in states[-1].rounds[1].about


class Painter:
    """Stands for the service that paints sets: it keeps what it is asked for, and paints nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, list[SynthesizeSetRequest]()

    def synthesize_set(self, request: SynthesizeSetRequest, progress: object = None) -> Iterator[ImageSet]:
        """A set of grey pictures."""
        self.asked.append(request)
        yield grey_set(self.folder / str(len(self.asked)), texts(request))


def grey_set(folder: Path, origin: dict[str, str]) -> ImageSet:
    def grey(part: Sequence[int]) -> list[SetImage]:
        return [SetImage(Image.new("RGB", (64, 64), (80, 90, 40 * i)), {}) for i in part]

    *_, made = build_set("grey", folder, range(3), {}, grey, origin=origin)
    return made


def test_synthetic_sets_are_painted_afresh_and_led_to_the_new_boundary(studio: Studio, tmp_path: Path) -> None:
    recipe = SynthesizeSetRequest(
        SynthesizeImageRequest(NearBoundary(iterations=2, steps=5, seed=3)), count=50, out="/x"
    )
    request = replace(REPAIR, synthetic=str(grey_set(tmp_path / "first", texts(recipe)).folder))
    *_, last = studio.adapt(request)
    judge = studio.judge(request, "neglabel", 20, {})
    painter = Painter(tmp_path)
    service = JudgeAgainService(None, painter, studio.allow)  # type: ignore[arg-type]
    states = [*service(request, ASKED, "neglabel", judge, last.adapted)]
    assert [len(each.rounds) for each in states] == [1, 1, 2, 3]
    assert "Two times 10 pictures are painted, each in 15 painting steps of diorama." in states[1].notes[-1]
    fresh, repeated = painter.asked
    assert fresh == replace(
        recipe, image=replace(recipe.image, loop=replace(recipe.image.loop, seed=7922)), count=10, out=""
    )
    assert (repeated.image.guide, repeated.image.loop) == ("neglabel", fresh.image.loop)
    # The guide is a score of the model with the adapter on, though that was never saved.
    (named,) = repeated.image.labels.adapter
    assert find_adapter(named).record.key == last.adapted.record.key


def test_it_stops_between_rounds_and_keeps_them(studio: Studio, broken: Path) -> None:
    request = replace(REPAIR, synthetic=str(broken))
    *_, last = studio.adapt(request)
    judge = studio.judge(request, "neglabel", 20, {})
    asked: list[str] = []

    def stop(stage: str, done: int, total: int) -> None:
        asked.append(stage)
        if stage.startswith("attacking"):
            raise Stopped(stage)

    states = studio.judge_again(request, JudgeAgainRequest(count=11), "neglabel", judge, last.adapted, stop)
    assert len(next(states).rounds) == 1 and len(next(states).rounds) == 1  # the second time with what the rest costs
    with pytest.raises(Stopped):
        next(states)


def rounds(was: list[int], now: list[int]) -> Round:
    before, after = (1.0 - np.array(each, dtype=float) for each in (was, now))
    return Round("fresh", "", None, tuple(range(len(was))), before, after, (0.5, 0.5), (0.5, 0.5))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ([0] * 6, [1] * 6, "Shows that the adapter helps here: 6 more of them are caught, 0 no longer."),
        ([1] * 6, [0] * 6, "Shows that the adapter harms here: 0 more of them are caught, 6 no longer."),
        ([0] * 5, [1] * 5, "Undecided: 5 more of them are caught, 0 no longer."),
        ([1, 0], [1, 0], "No verdict changed."),
    ],
)
def test_what_it_shows_is_said_by_a_sign_test(was: list[int], now: list[int], said: str) -> None:
    found = rounds(was, now)
    assert found.verdict == said and found.caught == (sum(was), sum(now))


def test_movement_is_measured_on_the_features_that_the_adapter_moves(studio: Studio, broken: Path) -> None:
    request = replace(REPAIR, synthetic=str(broken))
    *_, last = studio.adapt(request)
    judge = studio.judge(request, "neglabel", 20, {})
    moved = movement(judge, last.adapted)
    old = judge.plain[""].joint
    assert old is not None and not moved.still
    held = judge.plain[""]
    new = Adaptation(judge.space.backbone, (last.adapted,)).features(held).joint
    assert new is not None
    cosines = (old.double() * new.double()).sum(1) / (old.double().norm(dim=1) * new.double().norm(dim=1))
    assert moved.groups[0].turned == pytest.approx(float((1 - cosines).mean()), abs=1e-6)
    texts = moved.groups[-1]
    assert texts.kind == "text" and np.allclose(texts.before, texts.after)


def test_how_many_are_made_is_bounded() -> None:
    with pytest.raises(StudioError, match="count must lie between 10 and 1,000"):
        JudgeAgainRequest(count=0)
