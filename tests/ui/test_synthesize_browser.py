"""The Synthesize tab as a person uses it, in a real browser."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.cli.main import parse
from ood_studio.cli.synthesize_image import SynthesizeImage
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from tests.ui.unfolding import unfold

PATIENCE = 300_000  # milliseconds: the first picture may wait for the models, reference pictures and other work
IDLE = "!document.querySelector('#synth-run').disabled"
SHOWN = "(count) => document.querySelectorAll('#synth-set-gallery .thumbnail-item').length === count"
FRAMES = "#synth-strip figure:has(dl)"


def open_tab(page: Any, address: str) -> None:
    """The tab, with the picture that it opens with and its contexts."""
    page.goto(f"{address}?tab=synthesize", timeout=PATIENCE)
    page.wait_for_selector("#synth-source img", timeout=PATIENCE)
    page.wait_for_selector("#synth-words .token", timeout=PATIENCE)
    page.wait_for_selector("#synth-prompt >> text=Prompt", timeout=PATIENCE)


def words(page: Any) -> list[str]:
    return [text.strip() for text in page.locator("#synth-words .token").all_inner_texts()]


def more(page: Any, **numbers: float) -> None:
    """Numbers of the form, by the last part of their ids."""
    unfold(page, "synth-more")
    for name, value in numbers.items():
        box = page.locator(f"#synth-{name} input[type=number]").first
        box.fill(str(value))
        box.press("Tab")
    page.locator("#synth-more > button").first.click()


def run(page: Any) -> None:
    page.locator("#synth-run").click()
    page.wait_for_selector("#synth-ready h2", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)


def build_set(page: Any, count: int, steps: int) -> None:
    """Starts a set of unguided pictures."""
    more(page, steps=steps)
    unfold(page, "synth-sets")
    page.fill("#synth-set-count input", str(count))
    page.locator("#synth-set-count input").press("Tab")
    page.get_by_label("unguided inpainting").check()
    page.locator("#synth-set-build").click()


def download(page: Any, name: str, folder: Path) -> Path:
    with page.expect_download(timeout=PATIENCE) as found:
        page.locator(f"#{name}").click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def test_words_appear_the_strip_grows_and_the_needle_moves(page: Any, address: str, tmp_path: Path) -> None:
    open_tab(page, address)
    assert page.locator("#synth-verdict >> text=Make a picture that is almost known").count() == 1
    page.locator("#synth-answer summary").click()
    assert page.locator(".studio-truth li").count() >= 1
    tokens = page.locator("#synth-words .token").count()
    box = page.locator("#synth-words input")
    box.fill("fence")
    box.press("Enter")
    page.wait_for_selector("#synth-prompt >> text=fence", timeout=PATIENCE)
    assert page.locator("#synth-words .token").count() == tokens + 1

    page.locator("#synth-run").click()
    needles, frames = [], []
    for count in range(2, 6):  # the original and the unguided picture come together
        page.wait_for_function(f"document.querySelectorAll('{FRAMES}').length >= {count}", timeout=PATIENCE)
        frames.append(page.locator(FRAMES).count())
        needles.append(page.locator(".studio-gauge .needle").get_attribute("style"))
    page.wait_for_selector("#synth-ready h2", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert frames[-1] == 5 and len(set(needles)) >= 2
    assert "Boundary gauge: energy" in str(page.locator(".studio-gauge").get_attribute("aria-label"))
    assert page.locator("#synth-spoken [aria-live=polite]").inner_text().startswith("Iteration 3: energy")
    for name in ("energy", "NegLabel", "MCM"):
        assert page.locator("#synth-strip dt", has_text=name).count() == 5
    assert page.locator("#synth-slider img").count() >= 2
    page.get_by_role("tab", name="Every score").click()
    assert page.locator("#synth-scores tbody tr").count() == 7

    page.get_by_role("tab", name="Save and send").click()
    with Image.open(download(page, "synth-png", tmp_path)) as result:
        assert result.format == "PNG" and result.size == (64, 64)
    with Image.open(download(page, "synth-film", tmp_path)) as film:
        assert film.width > 5 * 300
    record = json.loads(download(page, "synth-record", tmp_path).read_text(encoding="utf-8"))
    assert "fence" in record["contexts"] and len(record["iterations"]) == 4 and record["source_png"]
    page.locator("#synth-explore").click()
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Explore')", timeout=PATIENCE)


def test_no_words_no_picture_and_a_word_of_ones_own(page: Any, address: str, tmp_path: Path) -> None:
    open_tab(page, address)
    page.locator("#synth-source").get_by_label("Clear").or_(
        page.locator("#synth-source").get_by_label("Remove Image")
    ).first.click()
    page.wait_for_function("!document.querySelector('#synth-words .token')", timeout=PATIENCE)
    page.locator("#synth-run").click()
    page.wait_for_selector("text=there is no picture to start from", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    path = tmp_path / "mine.png"
    render(scenes("id-test", 3, 1)[0], 200).resize((300, 200)).save(path)
    page.locator("#synth-source input[type=file]").set_input_files(str(path))
    page.wait_for_selector("#synth-words .token, #synth-answer:has-text('No contexts were found')", timeout=PATIENCE)
    assert not page.locator("#synth-answer details").count()  # nobody knows the truth of an upload
    for _ in range(page.locator("#synth-words .token").count()):
        page.locator("#synth-words .token-remove").first.click()
    page.locator("#synth-run").click()
    page.wait_for_selector("text=there is no context; type at least one thing", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    box = page.locator("#synth-words input")
    box.fill(", ".join(f"a wonderful old house number {i}" for i in range(30)))
    box.press("Enter")
    page.wait_for_selector("#synth-prompt del", timeout=PATIENCE)  # cut off, and seen to be
    more(page, steps=4)
    run(page)
    assert "was cropped to its middle square" in page.locator("#synth-verdict").inner_text()
    assert page.locator("#synth-verdict del").count() == 1


def test_costs_are_said_before_anything_is_loaded_and_stop_keeps_what_there_is(page: Any, address: str) -> None:
    open_tab(page, address)
    unfold(page, "synth-more")
    box = page.locator("#synth-inpainter input").first
    box.fill("sd2-community/stable-diffusion-2-inpainting")
    box.press("Enter")
    page.wait_for_selector("#synth-costs >> text=2.6 GB are downloaded", timeout=PATIENCE)
    assert "7 GiB on a GPU" in page.locator("#synth-costs").inner_text()
    classifier = page.locator("#synth-classifier input").first
    classifier.fill("timm:resnet50")
    classifier.press("Enter")
    page.wait_for_selector("#synth-costs >> text=102 MB are downloaded", timeout=PATIENCE)
    page.locator("#synth-bundled").click()
    page.wait_for_function("!document.querySelector('#synth-costs p')", timeout=PATIENCE)
    assert box.input_value() == "diorama" and classifier.input_value() == "diorama-classifier"

    steps = page.locator("#synth-steps input[type=number]").first
    steps.fill("100")
    steps.press("Tab")
    page.locator("#synth-run").click()
    page.wait_for_selector(FRAMES, timeout=PATIENCE)
    page.locator("#synth-stop").click()
    page.wait_for_selector("#synth-verdict >> text=Stopped: what has come so far is kept.", timeout=PATIENCE)
    page.wait_for_selector("#synth-ready h2", timeout=PATIENCE)
    assert 2 <= page.locator(FRAMES).count() < 5 and not page.locator("#synth-strip .studio-waiting").count()


def test_another_picture_has_other_words_and_a_link_brings_everything_back(page: Any, address: str) -> None:
    open_tab(page, address)
    before = words(page)
    page.locator("#synth-source-gallery .thumbnail-item").nth(1).click()
    page.wait_for_function(
        """(before) => {
          const now = [...document.querySelectorAll('#synth-words .token')].map((token) => token.innerText.trim());
          return now.length && now.join() !== before;
        }""",
        arg=",".join(before),
        timeout=PATIENCE,
    )
    box = page.locator("#synth-words input")
    box.fill("fence")
    box.press("Enter")
    chosen = words(page)
    more(page, steps=4, seed=3)
    run(page)
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.locator("#synth-share [data-do=command]").click()
    page.wait_for_function("window.copied", timeout=PATIENCE)
    command = shlex.split(page.evaluate("window.copied"))
    asked = parse(command[command.index("synthesize-image") :])
    assert isinstance(asked, SynthesizeImage)
    assert asked.contexts == tuple(chosen) and (asked.request.loop.steps, asked.request.loop.seed) == (4, 3)
    page.evaluate("window.copied = ''")
    page.locator("#synth-share [data-do=link]").click()
    page.wait_for_function("window.copied", timeout=PATIENCE)
    source = page.locator("#synth-source img").get_attribute("src").rpartition("/")[2]

    page.goto(page.evaluate("window.copied"), timeout=PATIENCE)
    page.wait_for_selector("#synth-words .token >> text=fence", timeout=PATIENCE)
    assert words(page) == chosen
    assert page.locator("#synth-source img").get_attribute("src").rpartition("/")[2] == source
    unfold(page, "synth-more")
    assert page.locator("#synth-seed input").first.input_value() == "3"


def test_a_set_goes_on_where_it_was_is_found_again_saved_and_opened_in_compare(
    page: Any, address: str, tmp_path: Path
) -> None:
    open_tab(page, address)
    build_set(page, count=10, steps=40)
    page.wait_for_selector("#synth-set-gallery .thumbnail-item", timeout=PATIENCE)
    page.locator("#synth-set-build-stop").click()
    page.wait_for_selector("#synth-set-about >> text=Stopped: press Build again", timeout=PATIENCE)
    stopped = int(page.locator("#synth-set-about b").inner_text().split()[0])
    assert 0 < stopped < 10
    page.wait_for_function(SHOWN, arg=stopped, timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#synth-set-build').disabled", timeout=PATIENCE)
    page.locator("#synth-set-build").click()
    page.wait_for_function("!document.querySelector('#synth-set-build-stop').disabled", timeout=PATIENCE)

    page.goto(f"{address}?tab=synthesize", timeout=PATIENCE)  # left, and come back to
    page.wait_for_selector("#synth-set-about >> text=10 of 10", timeout=PATIENCE)
    page.wait_for_selector("#synth-set-zip:visible", timeout=PATIENCE)
    page.wait_for_function(SHOWN, arg=10, timeout=PATIENCE)
    with zipfile.ZipFile(download(page, "synth-set-zip", tmp_path)) as archive:
        names = [Path(name).name for name in archive.namelist()]
        assert {"set.json", "manifest.jsonl"} <= set(names) and len(names) == 10 + 2
    page.locator("#synth-set-compare").click()
    page.wait_for_selector("#compare-added >> text=synthetic pictures", timeout=PATIENCE)
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Compare')", timeout=PATIENCE)


def test_map_and_baselines_follow_the_result_and_no_window_scrolls_sideways(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    page.emulate_media(reduced_motion="reduce")
    open_tab(page, address)
    more(page, steps=3)
    run(page)
    fits = "document.documentElement.scrollWidth <= window.innerWidth + 1"
    assert page.evaluate(fits)
    page.set_viewport_size({"width": 1400, "height": 800})
    page.wait_for_function(fits, timeout=PATIENCE)
    needle = "getComputedStyle(document.querySelector('.studio-gauge .needle')).animationName"
    assert page.evaluate(needle) == "none"

    page.get_by_role("tab", name="Map").click()
    page.locator("#synth-map-draw").click()
    page.wait_for_selector("#synth-map .main-svg", timeout=2 * PATIENCE)
    traces = page.evaluate("document.querySelector('#synth-map .studio-plot-area').data.map((trace) => trace.name)")
    assert [name.split(" (")[-1] for name in traces] == ["300)", "150)", "75)", "75)", "5)"]
    page.locator("#synth-map .studio-plot-area").press("ArrowRight")
    page.wait_for_selector("#synth-map .studio-plot-picture:visible", timeout=PATIENCE)

    page.get_by_role("tab", name="Baselines").click()
    page.locator("#synth-baselines").click()
    page.wait_for_function("document.querySelectorAll('#synth-strip figure.baseline dl').length == 2", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#synth-baselines').disabled", timeout=PATIENCE)
    said = page.locator("#synth-strip figure.baseline figcaption > b").all_inner_texts()
    assert said[0] == "Random direction" and said[1].startswith("Neg Image: ")
