"""Work started, followed and stopped by buttons, in a real browser on a page of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import Studio
from ood_studio.studio.jobs import Job, Jobs, State
from ood_studio.studio.lanes import PICTURE, SET
from ood_studio.ui.jobs import JobList
from ood_studio.ui.notices import tell_left_out
from ood_studio.ui.page import Page
from ood_studio.ui.run import GO_ON, Asked, Buttons, Run, ended_early, progress_html
from ood_studio.ui.theme import frame, style
from tests.ui.launching import launched
from tests.ui.unfolding import idle as page_idle

PATIENCE = 120_000  # milliseconds


@dataclass
class Session:
    names: list[str] = field(default_factory=list)


@dataclass
class App:
    """A page whose work goes on only while ``go`` is set, and whose clicks are answered only while ``answers`` is."""

    address: str
    jobs: Jobs
    go: threading.Event
    answers: threading.Event
    handlers: dict[str, int]  # names -> numbers


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    jobs, go, answers = Jobs(), threading.Event(), threading.Event()

    def counted(name: str) -> Any:
        def work(progress: Progress) -> Iterator[str]:
            for i in range(3):
                progress("counting", i, 3)
                yield f"{name} {i}"
                while not go.wait(0.02):
                    progress("counting", i + 1, 3)
            if name == "broken":
                raise StudioError("it <b>broke</b> off")

        return work

    def begin(mine: Session, name: str) -> Any:
        if name == "go on":
            return GO_ON
        answers.wait()
        if name == "wrong":
            raise StudioError("that name is wrong")
        if name == "parts":
            tell_left_out(["a.png is not a picture"])
        mine.names.append(name)
        return None if name == "nothing" else Asked(counted(name), title=name, key=name)

    with gr.Blocks() as blocks:
        page = Page(Studio("cpu"), jobs, blocks)
        with gr.Sidebar():
            page.job_list = JobList(jobs)
        for kind, lane in (("short", PICTURE), ("long", SET)):
            session = gr.State(Session())
            name = gr.Textbox("one", elem_id=f"{kind}-name")
            run, stop = (
                gr.Button("Run", elem_id=f"{kind}-run"),
                gr.Button("Stop", elem_id=f"{kind}-stop", interactive=False),
            )
            progress, out = gr.HTML(elem_id=f"{kind}-progress"), gr.HTML(elem_id=f"{kind}-out")

            def draw(mine: Session, job: Job, out: gr.HTML = out) -> dict[Any, Any]:
                return {out: escape(f"{job.result} {job.state} of {len(mine.names)}")}

            work = Run(page, kind, lane, Buttons((run,), stop, progress), session, draw, [out], place="there")
            work.on(run.click, begin, [name])
            work.on(name.submit, begin, [name], name=f"{kind}_again", quiet=True)
            if lane is SET:
                work.resume()
        with gr.Tabs() as tabs:
            for tab in ("here", "there"):
                with gr.Tab(tab.capitalize(), id=tab):
                    gr.HTML(f"This is {tab}")
        page.job_list.wire(page, tabs)
    address = launched(
        blocks,
        css=style(False),
        head=frame(),
    )
    handlers = {str(each.api_name): number for number, each in blocks.fns.items()}
    yield App(address, jobs, go, answers, handlers)
    go.set()
    answers.set()
    jobs.close()
    blocks.close()


@pytest.fixture
def open_page(page: Any, app: App) -> Any:
    app.go.clear()
    app.answers.set()
    visit(page, app)
    return page


def answered(page: Any, app: App, handler: str) -> Any:
    """Waits at its end for the next answer of a handler."""
    asked = f'"fn_index":{app.handlers[handler]},'
    return page.expect_response(lambda response: asked in (response.request.post_data or ""))


def visit(page: Any, app: App) -> None:
    """Opens the page, and waits for the last that it asks by itself."""
    page.set_default_timeout(PATIENCE)
    with answered(page, app, "long_resume"):
        page.goto(app.address)
    page_idle(page)


def off(page: Any, name: str) -> bool:
    return bool(page.locator(f"#{name}").is_disabled())


def idle(page: Any, kind: str) -> None:
    page.wait_for_function(
        f"!document.querySelector('#{kind}-run').disabled && document.querySelector('#{kind}-stop').disabled"
    )


@pytest.mark.parametrize("kind", ["short", "long"])
def test_results_come_as_they_are_and_buttons_end_as_they_began(open_page: Any, app: App, kind: str) -> None:
    page = open_page
    page.click(f"#{kind}-run")
    page.wait_for_selector(f"#{kind}-out >> text=one 0 running of 1")
    assert off(page, f"{kind}-run") and not off(page, f"{kind}-stop")
    page.wait_for_selector(f"#{kind}-progress >> text=Counting, 1 of 3")
    app.go.set()
    page.wait_for_selector(f"#{kind}-out >> text=one 2 finished of 1")
    idle(page, kind)
    assert not page.locator(f"#{kind}-progress .studio-progress").count()


@pytest.mark.parametrize("changed", [False, True], ids=["a button", "a changed setting"])
def test_stop_ends_the_work_and_keeps_what_had_come(open_page: Any, app: App, changed: bool) -> None:
    page = open_page
    if changed:
        ask_again(page, "short", "one")
    else:
        page.click("#short-run")
    page.wait_for_selector("#short-out >> text=one 0 running")
    page.click("#short-stop")
    page.wait_for_selector("#short-out >> text=one 0 stopped")
    idle(page, "short")
    page.wait_for_selector("#notices >> text=Stopped. What had come is still there.")


def test_stop_is_ready_at_the_click_and_counts_before_the_server_has_begun(open_page: Any, app: App) -> None:
    page = open_page
    app.answers.clear()
    with answered(page, app, "short_start"):
        page.click("#short-run")
        assert not off(page, "short-stop")  # the server still thinks
        with answered(page, app, "short_stop"):
            page.click("#short-stop")
        app.answers.set()
    page.wait_for_selector("#notices >> text=Stopped.")
    idle(page, "short")
    assert page.inner_text("#short-out") == "" and not [job for job in app.jobs._records.values() if not job.job.over]


def test_stop_counts_while_the_work_waits_for_other_work(open_page: Any, app: App) -> None:
    page, go = open_page, threading.Event()

    def other(progress: Progress) -> Iterator[int]:
        while not go.wait(0.02):
            progress("being in the way", 0, 1)
        yield 1

    app.jobs.start("someone else", other, lane=PICTURE)
    page.click("#short-run")
    page.wait_for_selector("#short-progress >> text=Waiting for work that came before")
    page.click("#short-stop")
    page.wait_for_selector("#short-out >> text=None stopped")
    idle(page, "short")
    go.set()


@pytest.mark.parametrize(
    ("name", "said"),
    [("wrong", "That did not work: that name is wrong"), ("broken", "That did not work: it <b>broke</b> off")],
)
def test_errors_are_said_as_text_and_leave_the_buttons_right(open_page: Any, app: App, name: str, said: str) -> None:
    page = open_page
    app.go.set()
    page.fill("#short-name textarea", name)
    page.click("#short-run")
    page.wait_for_selector(".studio-notice.error")
    assert page.inner_text(".studio-notice.error p") == said
    idle(page, "short")
    if name == "broken":
        page.wait_for_selector("#short-out >> text=broken 2 failed")
    page.fill("#short-name textarea", "one")
    page.click("#short-run")
    page.wait_for_selector("#short-out >> text=one 2 finished")
    page.click(".studio-notice button")
    assert not page.locator(".studio-notice.error").count()


def test_nothing_to_do_and_what_was_left_out(open_page: Any, app: App) -> None:
    page = open_page
    app.go.set()
    page.fill("#short-name textarea", "nothing")
    page.click("#short-run")
    idle(page, "short")
    page.fill("#short-name textarea", "parts")
    page.click("#short-run")
    page.wait_for_selector("#notices >> text=Left out: a.png is not a picture")
    page.wait_for_selector("#short-out >> text=parts 2 finished of 2")


def ask_again(page: Any, kind: str, name: str) -> None:
    page.fill(f"#{kind}-name textarea", name)
    page.press(f"#{kind}-name textarea", "Enter")


def test_what_is_under_way_goes_on_until_it_is_of_no_use(open_page: Any, app: App) -> None:
    page = open_page
    for kind in ("short", "long"):
        page.click(f"#{kind}-run")
        page.wait_for_selector(f"#{kind}-out >> text=one 0 running")
        ask_again(page, kind, "go on")
    ask_again(page, "short", "nothing")
    idle(page, "short")
    ask_again(page, "long", "nothing")
    ask_again(page, "long", "wrong")  # the answer to each is there when that to the last is
    page.wait_for_selector(".studio-notice.error")
    assert off(page, "long-run") and not off(page, "long-stop")
    app.go.set()
    page.wait_for_selector("#long-out >> text=one 2 finished")
    assert "finished" not in page.inner_text("#short-out")
    idle(page, "long")


def test_a_page_that_is_closed_stops_its_short_work_and_finds_its_long_work_again(open_page: Any, app: App) -> None:
    page = open_page
    page.fill("#long-name textarea", "all night")
    for kind in ("short", "long"):
        page.click(f"#{kind}-run")
        page.wait_for_selector(f"#{kind}-out >> text=0 running")
    page.reload()
    page.wait_for_selector("#long-out >> text=all night 0 running")
    assert not off(page, "long-stop") and off(page, "long-run") and not off(page, "short-run")

    def left() -> list[Any]:
        return [record for record in [*app.jobs._records.values()] if record.lane is PICTURE and not record.job.over]

    end = time.monotonic() + 60
    while left() and time.monotonic() < end:
        time.sleep(0.1)
    assert not left()
    app.go.set()
    page.wait_for_selector("#long-out >> text=all night 2 finished")
    idle(page, "long")


def test_jobs_are_listed_stopped_opened_and_removed(open_page: Any, app: App, browser: Any) -> None:
    page = open_page
    page.fill("#long-name textarea", "<i>night</i>")
    page.click("#long-run")
    page.wait_for_selector("#jobs li.running >> text=<i>night</i>")
    page.wait_for_selector("#jobs li.running >> text=counting, 1 of 3")
    other = browser.new_context().new_page()
    visit(other, app)
    assert not other.locator("#jobs li").count() and not off(other, "long-run")  # nobody else's
    other.context.close()
    stop = page.locator("#jobs li.running").get_by_text("Stop")
    stop.hover()
    page.mouse.down()
    stop.evaluate("button => button.replaceWith(button.cloneNode(true))")  # the list is drawn anew under the pointer
    page.mouse.up()
    page.wait_for_selector("#jobs li.stopped:has-text('night')")
    idle(page, "long")
    app.go.set()
    page.fill("#long-name textarea", "one")
    page.click("#long-run")
    page.wait_for_selector("#long-out >> text=one 2 finished")
    page.wait_for_selector("#jobs li.finished:has-text('one')")
    stopped = page.locator("#jobs li.stopped:has-text('night')")
    stopped.get_by_text("Open").click()
    page.wait_for_selector("#long-out >> text=<i>night</i> 0 stopped")
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('There')")
    stopped.get_by_text("Remove").click()
    page.wait_for_function("!document.querySelector('#jobs').innerText.includes('night')")


def test_no_click_is_lost_among_many(open_page: Any, app: App) -> None:
    page = open_page
    app.go.set()
    for i in range(1, 26):
        page.click("#long-run")
        page.click("#short-run", delay=i % 4 * 20)
        page.wait_for_selector(f"#short-out >> text=/^one 2 finished of {i}$/")
        page.wait_for_selector(f"#long-out >> text=/^one 2 finished of {i}$/")
        idle(page, "short")
        idle(page, "long")


@pytest.mark.parametrize(
    ("left", "said"),
    [(None, ""), (0.4, ""), (40.0, ", about 40 s left"), (400.0, ", about 7 min left"), (8000.0, ", about 2.2 h left")],
)
def test_progress_says_how_long_it_will_take(left: float | None, said: str) -> None:
    job = Job("1", "explore", "", "running", "encoding words", 5_120, 70_000, left)
    assert f"<p>Encoding words, 5,120 of 70,000{said}</p>" in progress_html(job)


def test_how_a_run_ended_early_and_what_is_kept_is_one_sentence() -> None:
    def job(state: State, note: str = "") -> Job:
        return Job("a", "attack", "it", state=state, note=note)

    assert ended_early(job("stopped")) == "Stopped: what has come so far is kept."
    assert ended_early(job("failed", "It is not finite."), last="The start") == "It is not finite. The start is kept."
    assert not any(ended_early(job(state)) for state in ("waiting", "running", "finished"))
