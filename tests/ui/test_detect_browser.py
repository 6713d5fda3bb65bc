"""A detector made of what is explored, and loaded again, as a person does it in a real browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ood_studio.core.progress import Progress
from ood_studio.studio.stream import StreamResult
from ood_studio.ui.compare import stream

PATIENCE = 240_000  # milliseconds
CARD = "#detect-card"
IDLE = "!document.querySelector('#detect-make').disabled && document.querySelector('#detect-stop').disabled"


def test_a_detector_is_made_decides_and_is_loaded_again(page: Any, address: str, tmp_path: Path) -> None:
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    # What the threshold promises stands beside it.
    assert "p-value" in page.locator("#verdict").inner_text() and "99" in page.locator("#verdict").inner_text()
    page.locator("#explore-detector").click()
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Detect')", timeout=PATIENCE)
    # The tab begins with an example of what is explored, which its command makes too.
    page.wait_for_selector(f"{CARD}:has-text('An example, made of')", timeout=PATIENCE)
    page.wait_for_selector("#detect-decisions tbody tr", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert "It takes at least 90 ID pictures" in page.locator("#detect-promise").inner_text()
    page.fill("#detect-rate input", "0.00001")
    page.locator("#detect-make").click()
    page.wait_for_selector("#notices:has-text('rate must lie between')", timeout=PATIENCE)
    assert "An example" in page.locator(CARD).inner_text()  # nothing is lost
    page.fill("#detect-rate input", "0.1")
    page.locator("#detect-make").click()
    page.wait_for_selector(f"{CARD}:has-text('at most 10 % of ID images')", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert "An example" not in page.locator(CARD).inner_text()
    page.locator("#detect-clear").click()
    page.wait_for_selector("#detect-decisions tbody tr", state="detached", timeout=PATIENCE)
    with page.expect_download() as saved:
        page.locator("#detect-file").click()
    saved.value.save_as(file := tmp_path / "known.ood.safetensors")
    page.locator("#detect-examples").click()
    page.wait_for_selector("#detect-decisions tbody tr", timeout=PATIENCE)
    page.wait_for_selector("#detect-wealth .main-svg", timeout=PATIENCE)
    first = page.locator("#detect-decisions tbody").inner_text()
    assert page.locator("#detect-decisions tbody tr").count() == 24
    for name, begins in (("csv", "image,id,score,p_value,nearest"), ("json", '{"decisions"')):
        with page.expect_download(timeout=PATIENCE) as saved:
            page.locator(f"#detect-{name}").click()
        assert begins in Path(saved.value.path()).read_text()
    rate = page.locator("#detect-drift-about").inner_text()
    page.get_by_label("p-values drift", exact=True).check()
    page.wait_for_function(
        "said => document.querySelector('#detect-drift-about').innerText != said", arg=rate, timeout=PATIENCE
    )
    # A page that begins anew with the file alone decides the same.
    page.goto(f"{address}?tab=detect&rate=0.2", timeout=PATIENCE)
    page.wait_for_selector("text=A detector in one file", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('#detect-rate input')?.value == '0.2'", timeout=PATIENCE)
    page.locator("#detect-examples").click()
    with page.expect_file_chooser() as chooser:
        page.locator("#detect-load").click()
    chooser.value.set_files(file)
    page.wait_for_selector("#detect-decisions tbody tr", timeout=PATIENCE)
    assert page.locator("#detect-decisions tbody").inner_text() == first


def never(result: StreamResult, progress: Progress) -> dict[str, Any]:
    """A film that is never ready."""
    while True:
        progress("drawing the film", 0, 1)
        time.sleep(0.05)


PLACE = "document.querySelector('#stream-film [data-part=where]').textContent"


def test_a_stream_is_played_as_a_film_and_a_detector_made_where_it_is_compared(
    page: Any, address: str, monkeypatch: Any
) -> None:
    page.goto(f"{address}?tab=stream&backbone=diorama-conv&stream_count=40", timeout=PATIENCE)
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Compare')", timeout=PATIENCE)
    page.wait_for_function(
        "document.querySelector('#stream-count textarea, #stream-count input')?.value == '40'", timeout=PATIENCE
    )
    page.locator("#stream-run").click()
    page.wait_for_selector("#stream-film .studio-stream:not([hidden])", timeout=PATIENCE)
    names = page.locator("#stream-film [data-part=rows] th").all_inner_texts()
    assert names == ["NegLabel", "NegLabel, moving threshold†", "AdaNeg†", "TANL†"]
    # However little room there is, a line of a name ends between words.
    page.add_style_tag(content="#stream-film .below table { width: 60px }")
    lines = """() => {
        const words = document.createRange();
        words.selectNodeContents(document.querySelector('#stream-film tbody tr:nth-child(3) th').lastChild);
        return words.getClientRects().length;
    }"""
    assert page.evaluate(lines) == 1
    assert "A stream of 40 pictures: 20 ID and" in page.locator("#stream-film [data-part=summary]").text_content()
    # It runs by itself, to its end, and is gone through by keys.
    page.select_option("#stream-film [data-part=speed]", "20")
    page.wait_for_function(f"{PLACE} == '40 / 40'", timeout=PATIENCE)
    assert page.locator("#stream-film [data-part=play]").inner_text() == "Play"
    assert "The end." in page.locator("#stream-film [data-part=said]").text_content()
    assert page.locator("#stream-film .tile .pic").count() > 3
    page.locator("#stream-film [data-part=stage]").focus()
    for key, place in (("Home", 0), ("PageDown", 25), ("ArrowLeft", 24)):
        page.keyboard.press(key)
        assert page.evaluate(PLACE) == f"{place} / 40"
    assert page.locator("#stream-film [data-part=memory]").inner_text().startswith("Held as OOD")
    page.locator("#stream-film [data-part=scrub]").fill("7")
    assert page.evaluate(PLACE) == "7 / 40"
    page.select_option("#stream-film [data-part=speed]", "0.5")
    for said in ("Pause", "Play"):
        page.locator("#stream-film [data-part=play]").click()
        assert page.locator("#stream-film [data-part=play]").inner_text() == said
    page.select_option("#stream-film [data-part=speed]", "20")
    # Those who want little motion see it turn over, not slide.
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("End")
    page.keyboard.press(" ")
    page.wait_for_function(f"{PLACE} == '40 / 40'", timeout=PATIENCE)
    # Stopped while another one is made, the one that was played stays.
    with monkeypatch.context() as slow:
        slow.setattr(stream, "film_of", never)
        page.locator("#stream-run").click()
        page.wait_for_selector("#stream-run-progress:has-text('drawing the film')", timeout=PATIENCE)
        page.locator("#stream-run-stop").click()
        page.wait_for_selector("#notices:has-text('What was played is still there')", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#stream-run').disabled", timeout=PATIENCE)
    assert page.evaluate(PLACE) == "40 / 40"
    page.locator("#stream-share [data-do=link]").click()
    assert "tab=stream" in page.url and "stream_count=40" in page.url
    page.locator("#compare-detector").click()
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Detect')", timeout=PATIENCE)
    assert page.locator("#detect-scorer input").input_value() == "NegLabel"
