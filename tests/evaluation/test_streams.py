"""Streams are what their description says, the same to the bit; methods are decided about in their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ood_studio.backbones import load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.detectors import Calibration, Promise
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.evaluation.metrics import auroc
from ood_studio.evaluation.playing import CHECKPOINTS, play
from ood_studio.evaluation.streams import Stream
from ood_studio.scorers import TANL, AdaNeg, NegLabel, Reference
from ood_studio.studio import LabelChoice, Studio
from ood_studio.studio.requests.stream import StreamRequest


@given(
    shape=st.sampled_from(["mix", "ordered", "blocks", "ramp"]),
    share=st.one_of(st.none(), st.sampled_from([0.0, 0.1, 1 / 11, 0.5, 0.9])),
    count=st.one_of(st.none(), st.integers(10, 60)),
    types=st.sampled_from(["together", "in-turn"]),
    seed=st.integers(0, 5),
)
@settings(max_examples=80, deadline=None)
def test_a_stream_draws_every_image_once_in_the_shares_asked_for(
    shape: Any, share: float | None, count: int | None, types: Any, seed: int
) -> None:
    stream = Stream(shape, share, count, block=10, types=types, seed=seed)
    sizes = {"near": 70, "far": 50}
    flow = stream.draw(100, sizes)
    again = stream.draw(100, sizes)
    assert (flow.of == again.of).all() and (flow.rows == again.rows).all() and flow.ood == ("near", "far")
    seen = [*zip(flow.of.tolist(), flow.rows.tolist(), strict=True)]
    assert len(set(seen)) == len(seen) and (count is None or len(flow) == count)
    for i, most in ((-1, 100), (0, 70), (1, 50)):
        assert flow.rows[flow.of == i].max(initial=-1) < most
    wanted = 120 / 220 if share is None else share
    assert abs(int(flow.outside.sum()) - wanted * len(flow)) <= 0.5
    if types == "in-turn":
        assert (np.diff(flow.of[flow.outside]) >= 0).all()
    if shape == "ordered":
        assert (np.diff(flow.outside.astype(int)) >= 0).all()
    if share is None and count is None:
        assert len(flow) == 220


def test_a_ramp_rises_blocks_take_turns_and_classes_can_be_sorted() -> None:
    ramp = Stream("ramp", 0.3, 2000, seed=1).draw(4000, {"near": 4000}).outside
    thirds = [part.mean() for part in np.array_split(ramp, 3)]
    assert thirds[0] < 0.18 < thirds[1] < 0.4 < thirds[2]
    blocks = Stream("blocks", 0.2, 500, block=100).draw(4000, {"near": 4000}).outside
    assert [int(part.sum()) for part in np.array_split(blocks, 5)] == [20] * 5
    assert (np.diff(np.flatnonzero(blocks[:100])) == 1).all()
    classes = np.arange(100) % 7
    flow = Stream(labels="sorted").draw(100, {"near": 30}, classes)
    assert (np.diff(classes[flow.rows[~flow.outside]]) >= 0).all()


def test_styles_come_one_after_another_on_both_sides() -> None:
    inside, outside = [("flat", "sketch", "oil")[i % 3] for i in range(60)], ["sketch", "flat"] * 15
    flow = Stream(styles="in-turn", share=1 / 3).draw(60, {"near": 30}, styles=(inside, outside))
    strange = flow.outside
    assert np.flatnonzero(strange)[0] < np.flatnonzero(~strange)[-1]  # ID and OOD stay mixed
    for rows, styles in ((flow.rows[~strange], inside), (flow.rows[strange], outside)):
        came = [styles[row] for row in rows]
        assert came == sorted(came) and len(set(rows.tolist())) == len(rows)
    with pytest.raises(StudioError, match="style by style only where the styles of all are known"):
        Stream(styles="in-turn").draw(60, {"near": 30}, styles=(inside, None))


@pytest.mark.parametrize(
    ("stream", "sizes", "said"),
    [
        (Stream(), (0, 5), "a stream needs ID images, and there is none"),
        (Stream(share=0.5, count=50), (20, 60), "needs 25 ID and 25 OOD images; there are 20 and 60"),
        (Stream(share=0.1), (20, 0), "a share of 0.1 OOD"),
        (Stream(labels="sorted"), (5, 5), "only where their classes are known"),
    ],
)
def test_what_is_no_stream_is_said(stream: Stream, sizes: tuple[int, int], said: str) -> None:
    with pytest.raises(StudioError, match=said):
        stream.draw(sizes[0], {"near": sizes[1]})


def directions(count: int, seed: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(count, 16, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_methods_are_decided_about_in_the_streams_order() -> None:
    classes, negatives = directions(5, 0), directions(200, 1)
    inside = torch.nn.functional.normalize(classes[torch.arange(400) % 5] + 0.25 * directions(400, 2), dim=1)
    outside = torch.nn.functional.normalize(negatives[:100] + 0.25 * directions(100, 3), dim=1)
    flow = Stream("ordered").draw(300, {"near": 100})
    stream = torch.empty(400, 16)
    stream[~torch.from_numpy(flow.outside)] = inside[flow.rows[~flow.outside]]
    stream[torch.from_numpy(flow.outside)] = outside[flow.rows[flow.outside]]
    reference = Reference(classes, negatives, logit_scale=20.0)
    promise = Promise(0.1, None)
    score = NegLabel(groups=1).fit(reference)
    found = play("neglabel", score, stream, inside[300:], flow, promise, seed=0, order="ordered")
    scores = score(stream).double().numpy()
    own = Calibration.of(score(inside[300:]))
    assert (found.scores == scores).all() and found.threshold[0] == own.threshold(promise)
    told = found.figures()
    assert told["method"] == "neglabel" and told["protocol"]["kind"] == "inductive" and told["memory"] is None
    assert told["auroc"] == auroc(scores[:300], scores[300:]) and len(told["running"]) == CHECKPOINTS
    assert told["running"][0] == [20, None] and told["running"][-1][0] == 400
    assert told["false_alarms"] == (scores[:300] < found.threshold[0]).mean()
    assert found.alarm is not None and 300 < found.alarm < 330  # once OOD images come
    moving = play("neglabel", score, stream, inside[300:], flow, promise, seed=0, order="ordered", moving=True)
    assert moving.figures()["method"] == "neglabel+moving†"
    later = stream.clone()
    later[350:] = inside[:50]
    other = play("neglabel", score, later, inside[300:], flow, promise, seed=0, order="ordered", moving=True)
    assert (other.threshold[:350] == moving.threshold[:350]).all()  # of the past alone
    tanl = play("tanl", TANL(count=20).fit(reference), stream, inside[300:], flow, promise, seed=0, order="ordered")
    assert tanl.figures()["method"] == "tanl†" and tanl.passport.seen == "batches before it"
    words = tuple(f"word {i}" for i in range(200))
    for scorer in (TANL(count=20, length=15), AdaNeg(groups=2, length=3), AdaNeg(groups=2, order=4)):
        held = play(
            scorer.name, scorer.fit(reference), stream, inside[300:], flow, promise, seed=0, order="", words=words
        )
        memory = held.memory()
        assert memory is not None and memory["labels"] and set(memory["labels"]) <= set(words)
        assert memory["pictures_ood"] and len(memory["pictures_ood"]) == memory["ood"] >= memory["id_among_ood"]
        assert memory["id"] >= memory["ood_among_id"] and flow.outside[memory["pictures_ood"]].mean() > 0.8
        assert scorer.name != "tanl" or memory["ood"] == memory["id"] == 15
        assert (held.scores == scorer.fit(reference)(stream).double().numpy()).all()  # telling changes nothing
    clean = Stream(share=0.0).draw(300, {"near": 100})
    free = play("neglabel", score, inside[clean.rows], inside[300:], clean, promise, seed=0, order="shuffled")
    assert free.figures()["auroc"] is None and free.figures()["misses"] is None


def test_a_suites_stream_is_the_same_to_the_bit(tmp_path_factory: pytest.TempPathFactory) -> None:
    request = StreamRequest(
        labels=LabelChoice(backbone="diorama-conv"),
        preset="published",
        stream=Stream(count=60),
        promise=Promise(0.2, None),
        count=50,
    )
    studio = Studio("cpu", workers=0)
    first, second = studio.stream(request), studio.stream(request)
    assert first.to_dict() == second.to_dict() and first.flow.ood == ("near-ood",)
    told = first.to_dict()
    assert (told["prompts"], told["fpr_definition"]) == (request.labels.prompts, "exact")
    assert all(len(told["provenance"]["sets"][name]["content"]) > 8 for name in ("id-test", "near-ood"))
    assert told["provenance"]["weights"] == load_backbone("diorama-conv", "cpu").fingerprint
    methods = [each["method"] for each in told["methods"]]
    assert methods == ["neglabel", "neglabel+moving†", "adaneg:batch=256‡", "tanl:batch=256:mixing=0‡"]
    for ours, theirs in zip(first.played, second.played, strict=True):
        assert (ours.scores == theirs.scores).all() and (ours.wealth == theirs.wealth).all()
    with pytest.raises(StudioError, match="the suite diorama has no OOD set mars; it has near-ood"):
        studio.stream(StreamRequest(ood=("mars",), count=50))


def test_a_broken_picture_in_the_middle_costs_no_other_and_one_picture_is_a_stream(tmp_path: Path) -> None:
    for split, name in (("id-test", "known"), ("far-ood-textures", "strange")):
        (tmp_path / name).mkdir()
        for i, scene in enumerate(scenes(split, 0, 12)):
            render(scene, 64).save(tmp_path / name / f"{i:02d}.png")
    (broken := tmp_path / "known" / "05.png").write_bytes(broken.read_bytes()[:90])
    asked = StreamRequest(
        labels=LabelChoice(backbone="diorama-conv", labels="cat, dog, horse"),
        preset="chosen",
        scorers=("neglabel", "tanl:count=20"),
        promise=Promise(0.4, None),
        id_data=str(tmp_path / "known"),
        ood_data=(f"strange={tmp_path / 'strange'}",),
    )
    studio = Studio("cpu", workers=0)
    found = studio.stream(asked)
    assert found.flow.mix() == "9 ID and 12 of strange" and found.calibration == 2
    assert any("05.png" in note for note in found.notes)
    assert all(np.isfinite(each.scores).all() for each in found.played)
    one = studio.stream(replace(asked, stream=Stream(count=1, share=0.0)))
    assert len(one.flow) == 1 and [len(each.scores) for each in one.played] == [1, 1, 1]
    assert one.to_dict()["methods"][0]["auroc"] is None and one.to_dict()["methods"][0]["running"][-1][0] == 1
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "00.png").write_bytes((tmp_path / "known" / "00.png").read_bytes())
    with pytest.raises(StudioError, match=r"of every 5 ID pictures one sets the thresholds .* few has 1 that can be"):
        studio.stream(replace(asked, id_data=str(tmp_path / "few")))
    for path in (tmp_path / "known").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(StudioError, match="known"):
        studio.stream(asked)
