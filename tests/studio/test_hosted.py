"""What strangers may ask for: every parameter of every request is decided about, and what is refused says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, value_at, with_values
from ood_studio.core.paths import ROOT
from ood_studio.studio import Studio, hosted
from ood_studio.studio.hosted import MODELS, Hosted
from ood_studio.studio.requests import (
    REQUESTS,
    AttackSetRequest,
    BenchRequest,
    ExploreRequest,
    LabelChoice,
    SynthesizeSetRequest,
)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    (folder / "abc").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "abc" / "a.png")
    return folder


@pytest.fixture
def rules(uploads: Path) -> Hosted:
    return Hosted((uploads,), (uploads / "lists",))


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_usual_passes(kind: type, rules: Hosted) -> None:
    rules.check(kind())


def paths(kind: type) -> list[str]:
    inside = "labels." if kind is LabelChoice else ""
    return [inside + path.removeprefix("image.") for path in leaves(kind)]


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_parameter_is_decided_about(kind: type) -> None:
    texts = {
        *hosted._TEXTS,
        *hosted._UPLOADS,
        *hosted._ADAPTERS,
        *hosted._NOTHING,
        *hosted._BACKBONES,
        *MODELS,
        "labels.corpus",
        "suite",
    }
    for at, parameter in zip(paths(kind), leaves(kind).values(), strict=True):
        if parameter.choices or parameter.kind is bool:
            continue
        if parameter.kind is str:
            assert at in texts, f"{kind.__name__}.{at} may be any text"
        elif parameter.kind is int and at not in hosted._SEEDS:
            assert at in hosted._NUMBERS, f"{kind.__name__}.{at} may be any number"


FOREIGN = (
    "/etc/passwd",
    "/etc",
    "../../etc/passwd",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "hf:someone/data",
    "someone/data",
    "x=/etc",
    "https://example.org/a.zip",
    "a\0b",
    "/proc/self/environ",
    "UPLOADS/abc/../../../../etc/passwd",
    "UPLOADS/abc/gone.png",
    "UPLOADS",
    "name=UPLOADS/../secret",
)


@pytest.mark.parametrize("place", FOREIGN)
@pytest.mark.parametrize("kind", REQUESTS)
def test_no_parameter_takes_a_place_of_the_server(kind: type, place: str, rules: Hosted, uploads: Path) -> None:
    place = place.replace("UPLOADS", str(uploads))
    for at, path in zip(paths(kind), leaves(kind), strict=True):
        if at in (*hosted._UPLOADS, *hosted._ADAPTERS, *hosted._NOTHING, "labels.corpus", *hosted._BACKBONES, *MODELS):
            usual = value_at(kind(), path)
            request = with_values(kind(), {path: (place,) if isinstance(usual, tuple) else place})
            with pytest.raises(StudioError) as error:
                rules.check(request)
            assert "root:" not in str(error.value) and len(str(error.value)) < 600


def test_a_link_among_the_uploads_leads_nowhere(rules: Hosted, uploads: Path, tmp_path: Path) -> None:
    (secret := tmp_path / "secret.zip").write_bytes(b"")
    (uploads / "link.zip").symlink_to(secret)
    with pytest.raises(StudioError, match="must be files that you upload"):
        rules.check(BenchRequest(id_data=str(uploads / "link.zip")))


def test_uploads_and_sets_made_here_pass(rules: Hosted, uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules.check(BenchRequest(id_data=str(uploads / "abc"), ood_data=(f"mine={uploads / 'abc'}",)))
    rules.check(ExploreRequest(reference=str(uploads / "abc")))

    class Made:
        folder = Path("/somewhere/attacks/near")

    monkeypatch.setattr(hosted, "attacked_sets", lambda: [Made()])
    rules.check(BenchRequest(ood_data=("near λ 0=/somewhere/attacks/near",)))
    with pytest.raises(StudioError, match="ood_data must be files that you upload"):
        rules.check(BenchRequest(ood_data=("near=/somewhere/attacks",)))


def test_a_list_passes_only_where_its_pictures_were_checked(rules: Hosted, uploads: Path) -> None:
    (uploads / "lists" / "k").mkdir(parents=True)
    for path in (uploads / "abc" / "list.txt", uploads / "lists" / "k" / "list.txt"):
        path.write_text("/etc/x.png 0\n")
    with pytest.raises(StudioError, match="together with the pictures"):
        rules.check(BenchRequest(id_data=str(uploads / "abc" / "list.txt")))
    rules.check(BenchRequest(id_data=str(uploads / "lists" / "k" / "list.txt")))


@pytest.mark.parametrize(
    "name",
    [
        "open_clip:local-dir:/etc",
        "timm:local-dir:/etc",
        "local-dir:/etc",
        "open_clip:hf-hub:someone/model",
        "hf-hub:someone/model",
        "someone/model",
        "../x",
        "/etc",
        "a" * 10_000,
        "open_clip:ViT-bigG-14/laion2b_s39b_b160k",
    ],
)
@pytest.mark.parametrize("path", MODELS)
def test_no_folder_and_no_large_or_unknown_model_is_loaded(rules: Hosted, path: str, name: str) -> None:
    with pytest.raises(StudioError) as error:
        rules.check_model(path, name)
    assert len(str(error.value)) < 1200


def test_models_that_are_offered_pass_where_they_are_small(rules: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("diorama", "diorama-conv", "open_clip:ViT-B-32/laion2b_s34b_b79k"):
        if name in MODELS["labels.backbone"].offered():
            rules.check_model("labels.backbone", name)
    large = next(name for name in MODELS["inpainter"].offered() if name != "diorama")
    with pytest.raises(StudioError, match="is a download of"):
        rules.check_model("inpainter", large)
    replace(rules, models=("open_clip:local-dir:/mine",)).check_model("labels.backbone", "open_clip:local-dir:/mine")


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (BenchRequest(count=100_000), "count may be at most 2,000 on this server, not 100,000"),
        (BenchRequest(resamples=100_000), "resamples may be at most 2,000"),
        (AttackSetRequest(count=501), "count may be at most 500"),
        (AttackSetRequest(smoothness=(1.0,) * 7), "smoothness may be at most 6"),
        (SynthesizeSetRequest(count=101), "count may be at most 100"),
        (BenchRequest(suite="imagenet-ood"), "this server has no data of imagenet-ood"),
        (LabelChoice(labels="a," * 3_000), "2,000 labels"),
        (LabelChoice(labels="a" * 100_001), "labels may have 100,000 letters"),
        (LabelChoice(prompts="a photo of a {}." * 1000), "prompts may have 2,000 letters"),
        (BenchRequest(scorers=("mcm",) * 61), "scorers may be at most 60"),
        (BenchRequest(scorers=("m" * 301,)), "scorers may have 300 letters"),
    ],
)
def test_counts_and_texts_are_bounded(rules: Hosted, request_: Any, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        rules.check(request_)


def test_a_large_corpus_and_a_table_that_may_unpack_to_anything_are_refused(rules: Hosted, uploads: Path) -> None:
    (words := uploads / "abc" / "words.txt").write_text("word\n" * 300_000)
    with pytest.raises(StudioError, match="a list of words may have 1 MB"):
        rules.check(LabelChoice(corpus=str(words)))
    words.write_text("anvil\n")
    rules.check(LabelChoice(corpus=str(words)))
    for name in ("a.parquet", "a.npy"):
        (uploads / name).write_bytes(b"PAR1")
        with pytest.raises(StudioError, match=r"reads no \.parquet"):
            rules.check(BenchRequest(id_data=str(uploads / name)))


def test_the_table_says_what_is_decided() -> None:
    said = " ".join((ROOT / "docs" / "strangers.md").read_text(encoding="utf-8").split())
    most = hosted._NUMBERS
    for part in (
        f"of at most {hosted.MOST_DOWNLOAD:g} GB",
        f"{hosted.MOST_LABELS:,} labels, {hosted._TEXTS['labels.labels']:,} letters; "
        f"prompts of {hosted._TEXTS['labels.prompts']:,} letters",
        f"{most['count']:,} compared, {most['AttackSetRequest.count']:,} attacked, "
        f"{most['SynthesizeSetRequest.count']:,} synthesized",
        f"{most['resamples']:,}; {most['attack.steps']:,}; {most['loop.steps']} and {most['loop.iterations']}",
        f"{most['longest']:,} pixels",
        f"{Hosted().longest / 60:.0f} minutes each",
    ):
        assert f"{part} " in said or f"{part};" in said, part


def test_the_studio_asks_before_it_does_anything(rules: Hosted) -> None:
    studio = Studio("cpu", hosted=rules)
    with pytest.raises(StudioError, match="must be files that you upload"):
        studio.compare(BenchRequest(id_data="/etc", ood_data=("/etc",)))
    with pytest.raises(StudioError, match="no model from its own folders"):
        studio.explore(ExploreRequest(LabelChoice(backbone="open_clip:local-dir:/etc")), [])
    with pytest.raises(StudioError, match="no model from its own folders"):
        studio.backbone("open_clip:local-dir:/etc")
    with pytest.raises(StudioError, match="out names a place of this server"):
        studio.synthesize_set(SynthesizeSetRequest(out="/srv"))
