"""Markup in labels, words, names of files and class folders, and links is text wherever a page shows it."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from tests.ui.visitor import PATIENCE, Visitor

STRUCK = "<img src=x onerror=alert(1)>"
_RAW = ("<img src=x", "<script", "onerror=alert(1)>.png<")


@pytest.fixture
def visitor(address: str) -> Any:
    found = Visitor(address)
    found.call("lambda")
    yield found
    found.leave()


def picture(number: int = 0) -> bytes:
    file = io.BytesIO()
    render(scenes("id-test", 5, 1, start=number)[0], 64).save(file, "PNG")
    return file.getvalue()


def check(visitor: Visitor, said: dict[str, Any]) -> bool:
    """That no HTML of an answer has the markup in it; and whether the text is seen in any of it."""
    assert "data" in said, said
    seen = False
    for kind, value in visitor.told(said):
        text = str(value.get("value", "") if isinstance(value, dict) else value)
        if kind == "html" and not text.startswith("{"):  # figures are JSON: plotly shows texts as such
            assert not any(raw in text for raw in _RAW), text[:2000]
            seen = seen or "&lt;img src=x" in text
    return seen


def watched(visitor: Visitor, handler: str, tick: str) -> bool:
    """Starts work and draws all that comes of it; whether the text was seen."""
    said = visitor.call(handler)
    seen, end = check(visitor, said), time.monotonic() + PATIENCE
    while visitor.at_work(said):
        assert time.monotonic() < end
        time.sleep(0.2)
        said = visitor.call(tick)
        seen = check(visitor, said) or seen
    return seen


def own_labels(visitor: Visitor) -> None:
    visitor.put("shared-backbone", "diorama-conv")
    visitor.put("shared-labels", "own")
    visitor.put("shared-labels-own", f"{STRUCK}\ncat\nfish")


def test_labels_words_and_names_of_pictures(visitor: Visitor, tmp_path: Path) -> None:
    (path := tmp_path / "a.png").write_bytes(picture())
    (words := tmp_path / "words.txt").write_text(f"{STRUCK}\n<b>anvil</b>\n<script>alert(1)</script>\n")
    own_labels(visitor)
    visitor.put("shared-corpus", "own")
    visitor.put("shared-corpus-own", visitor.upload(words))
    check(visitor, visitor.call("shared"))
    visitor.put("add", [visitor.upload(path, name=f"{STRUCK}.png")])
    check(visitor, visitor.call("explore_add"))
    assert watched(visitor, "explore_added", "explore_tick")


def test_class_folders(visitor: Visitor, tmp_path: Path) -> None:
    for name, folder in (("id", STRUCK.replace("/", "")), ("ood", "x")):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for i in range(3):
                archive.writestr(f"{folder}/{STRUCK}{i}.png", picture(i))
                archive.writestr(f"<b>{folder[:1]}/{i}.png", picture(10 + i))
    visitor.put("shared-backbone", "diorama-conv")
    visitor.put("compare-suite", "folders")
    visitor.put("compare-id-files", [visitor.upload(tmp_path / "id.zip")])
    visitor.put("compare-ood-files", [visitor.upload(tmp_path / "ood.zip", name=f"{STRUCK}.zip")])
    visitor.put("compare-class-labels", True)
    visitor.put("compare-scorers", ["mcm", "energy"])
    visitor.put("compare-resamples", 0)
    watched(visitor, "compare_run", "bench_tick")
    for handler in ("compare_mistakes", "compare_figures"):
        check(visitor, visitor.call(handler))
    check(visitor, visitor.call("jobs_tick"))


@pytest.mark.parametrize("handler", ["shared_restore", "compare_opening", "explore_opening", "synthesize_opening"])
def test_links(visitor: Visitor, handler: str) -> None:
    for query in (
        f"?tab=explore&labels={STRUCK}&backbone={STRUCK}",
        f"?tab=compare&suite={STRUCK}&scorers={STRUCK}&keep={STRUCK}",
        f"?tab={STRUCK}&count={STRUCK}&corpus={STRUCK}&example={STRUCK}",
    ):
        check(visitor, visitor.call(handler, last=query))


def test_targets_contexts_and_names_of_models(visitor: Visitor, tmp_path: Path) -> None:
    (path := tmp_path / "a.png").write_bytes(picture())
    own_labels(visitor)
    visitor.call("attack_examples")
    for element, value in (
        ("attack-kind", "label"),
        ("attack-target-label", STRUCK),
        ("attack-steps", "3"),
        ("attack-source", visitor.upload(path, name=f"{STRUCK}.png")),
    ):
        visitor.put(element, value)
    watched(visitor, "attack_run", "attack_tick")
    visitor.put("synth-source", visitor.upload(path, name=f"{STRUCK}.png"))
    visitor.put("synth-words", [STRUCK, "grass"])
    assert watched(visitor, "synthesize_prompt", "synthesize_prompt_tick")
    for element in ("synth-inpainter", "synth-context-model", "synth-classifier"):
        visitor.put(element, STRUCK)
    assert check(visitor, visitor.call("synthesize_costs"))
    assert Image.open(path).size == (64, 64)
