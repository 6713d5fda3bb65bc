"""The Compare tab: its wiring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped, stoppable
from ood_studio.evaluation.export import to_json
from ood_studio.evaluation.rows import BenchResult
from ood_studio.studio import BenchRequest, LabelChoice, Studio
from ood_studio.ui.compare import cards, drawing, link, save
from ood_studio.ui.compare.choices import COUNT, OWN, Choices, build_choices, request_from, with_scorers
from ood_studio.ui.compare.drawing import Updates
from ood_studio.ui.compare.panels import Panels, build_panels
from ood_studio.ui.compare.pictures import picture_file
from ood_studio.ui.compare.session import Picture, Session
from ood_studio.ui.compare.uploads import own_sets
from ood_studio.ui.compare.views import scorer_named
from ood_studio.ui.explore.session import Session as ExploreSession
from ood_studio.ui.explore.session import with_picture
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.inputs import backbone_name, whole
from ood_studio.ui.plot import read_click, read_drag
from ood_studio.ui.running import MODEL_SLOT, QUICK, message, progress_on
from ood_studio.ui.zerogpu import on_gpu

_LATEST: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
_SHOW_LINK = """(query) => {
  if (!query) return '';
  history.replaceState(history.state, '', query);
  return window.location.origin + window.location.pathname + query;
}"""
_DOWNLOAD = "() => setTimeout(() => document.querySelector('#compare-figure-file').click(), 300)"


@dataclass(frozen=True)
class CompareTab:
    """What the rest of the app needs of the tab.

    Attributes:
        suite: the component with the suite's name.
        added: the component with the OOD sets added to it.
        start: wires links to the app's load event.
    """

    suite: gr.Dropdown
    added: gr.Dropdown
    start: Callable[[Callable[..., Any]], None]


def build(studio: Studio, backbone: str, tabs: gr.Tabs, explorer: ExploreTab) -> CompareTab:
    """Draws the tab inside the current `gr.Blocks`.

    Pictures open in ``explorer``, the Explore tab, which is one of ``tabs``.
    """
    session = gr.State(Session())
    choices = build_choices(backbone)
    with gr.Row(elem_classes="studio-buttons"):
        run_button = gr.Button("Compare", variant="primary", elem_id="compare-run")
        stop_button = gr.Button("Stop", variant="stop", elem_id="compare-stop", interactive=False)
    panels = build_panels()
    run = _wire_run(studio, session, choices, panels, stop_button)
    run(run_button.click, "compare_run")
    _wire_view(session, panels)
    _wire_clicks(session, panels)
    _wire_galleries(session, panels, tabs, explorer)
    _programmatic(studio)
    return CompareTab(choices.suite, choices.added, _wire_links(session, choices, panels, run))


def _wire_run(
    studio: Studio, session: gr.State, choices: Choices, panels: Panels, stop_button: gr.Button
) -> Callable[[Any, str], None]:
    @on_gpu
    def results(request: BenchRequest, progress: Progress) -> Iterator[BenchResult]:
        yield from studio.compare(request, progress)

    def compare(
        mine: Session,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Compares the scorers; what has come shows at once, and what was shown before stays until then."""
        mine.stop.set(False)
        try:
            request = request_from(*values)
            mine.running = True
            yield {panels.summary: cards.summary(mine)}
            for result in results(request, stoppable(progress_on(progress), mine.stop.asked)):
                mine.request, mine.result, mine.span = request, result, None
                mine.running = not result.finished
                yield drawing.everything(panels, mine)
        except Stopped:
            mine.running = False
            gr.Info("Stopped. What has come so far is still there.")
            yield drawing.everything(panels, mine)
        except StudioError as error:
            raise message(error) from None
        finally:
            mine.running = False

    def ended(mine: Session) -> Updates:
        return {
            stop_button: gr.Button(interactive=False),
            panels.progress: "",
            panels.summary: cards.summary(mine),
        }

    def wire(event: Any, name: str) -> None:
        started = event(
            lambda: (gr.Button(interactive=True), cards.ROOM),
            None,
            [stop_button, panels.progress],
            api_name=f"{name}_started",
            **QUICK,
        )
        done = started.then(
            compare,
            [session, *choices.all()],
            panels.all(),
            api_name=name,
            show_progress="full",
            show_progress_on=[panels.progress],
            **MODEL_SLOT,
        )
        done.then(
            ended,
            session,
            [stop_button, panels.progress, panels.summary],
            queue=False,
            api_name=f"{name}_ended",
        )

    stop_button.click(lambda mine: mine.stop.set(True), session, None, queue=False, api_name="compare_stop")
    return wire


def _wire_view(session: gr.State, p: Panels) -> None:
    """Looking at a result in another way; nothing is computed by a model."""

    def handler(change: Callable[..., None], draw: Callable[[Panels, Session], Updates]) -> Callable[..., Updates]:
        def handle(mine: Session, value: Any) -> Updates:
            if not mine.ready:
                return {p.query: gr.skip()}
            change(mine, value)
            mine.settle()
            return {**draw(p, mine), p.query: link.query(mine)}

        return handle

    def inside(p: Panels, mine: Session) -> Updates:
        return drawing.table(p, mine) | drawing.inside(p, mine) | both(p, mine)

    def both(p: Panels, mine: Session) -> Updates:
        return drawing.pictures(p, mine) | drawing.pair_pictures(p, mine)

    def choose(name: str) -> Callable[[Session, Any], None]:
        def change(mine: Session, value: Any) -> None:
            setattr(mine, name, value)
            mine.span = None

        return change

    def against(p: Panels, mine: Session) -> Updates:
        return drawing.pair(p, mine) | drawing.pair_pictures(p, mine)

    for component, change, draw, name in (
        (p.metric, choose("metric"), drawing.table, "metric"),
        (p.ood, choose("ood"), inside, "set"),
        (p.scorer, choose("scorer"), inside, "scorer"),
        (p.other, choose("other"), against, "other"),
        (p.log, choose("log"), drawing.moved, "log"),
        (p.keep, choose("keep"), drawing.moved, "keep"),
    ):
        component.input(handler(change, draw), [session, component], p.all(), api_name=f"compare_{name}", **_LATEST)
    for event, name in ((p.keep.release, "threshold"), (p.mistakes.click, "mistakes")):
        event(
            handler(choose("keep"), lambda p, mine: drawing.pair(p, mine) | both(p, mine)),
            [session, p.keep],
            p.all(),
            api_name=f"compare_{name}",
            **_LATEST,
        )

    def pick(mine: Session, event: gr.EventData) -> Updates:
        """A heading of the table sorts it, a cell opens its scorer and set."""
        try:
            kind, *chosen = json.loads(event.value)
        except (AttributeError, TypeError, ValueError):
            return {p.query: gr.skip()}
        if not mine.ready:
            return {p.query: gr.skip()}
        if kind == "order":
            mine.reverse = not mine.reverse if mine.order == chosen[0] else False
            mine.order = chosen[0]
            return drawing.table(p, mine)
        mine.scorer, mine.ood, mine.span = chosen[0], chosen[1], None
        mine.settle()
        return inside(p, mine)

    p.table.select(pick, session, p.all(), api_name="compare_pick", **_LATEST)


def _wire_clicks(session: gr.State, p: Panels) -> None:
    """A click on a point or a bin, or a drag of the threshold."""

    def at_threshold(mine: Session, title: str | None, threshold: float | None) -> Updates:
        """Looks at the mistakes of a scorer at a threshold; None is the one that accepts nothing."""
        mine.scorer = scorer_named(mine, title or "") or mine.scorer
        mine.settle()
        ids = mine.scores()[0]
        share = 0.0 if threshold is None else 100 * float((ids >= threshold).mean())
        mine.keep, mine.span = min(100.0, max(1.0, share)), None
        return drawing.table(p, mine) | drawing.inside(p, mine) | {p.keep: mine.keep} | both(mine)

    def both(mine: Session) -> Updates:
        return drawing.pictures(p, mine) | drawing.pair_pictures(p, mine)

    def curve(mine: Session, event: gr.EventData) -> Updates:
        """A point of a curve: the mistakes at its threshold."""
        clicked = read_click(event)
        if not mine.ready or clicked.meta is None:
            return {p.query: gr.skip()}
        return at_threshold(mine, clicked.meta, clicked.customdata[0])

    def histogram_bin(mine: Session, event: gr.EventData) -> Updates:
        """A bin of the histogram: the pictures in it."""
        clicked = read_click(event)
        if not mine.ready or not isinstance(clicked.customdata, list):
            return {p.query: gr.skip()}
        low, high, _ = clicked.customdata
        mine.span = (-float("inf") if low is None else low, float("inf") if high is None else high)
        return drawing.pictures(p, mine)

    def dragged(mine: Session, event: gr.EventData) -> Updates:
        """The threshold's line at another score."""
        _, threshold = read_drag(event)
        return at_threshold(mine, None, threshold) if mine.ready else {p.query: gr.skip()}

    def bar(mine: Session, event: gr.EventData) -> Updates:
        """A bar: its scorer and set."""
        clicked = read_click(event)
        if not mine.ready or clicked.meta is None:
            return {p.query: gr.skip()}
        mine.scorer, mine.ood, mine.span = clicked.meta, str(clicked.customdata), None
        mine.settle()
        return drawing.table(p, mine) | drawing.inside(p, mine) | both(mine)

    def point(mine: Session, event: gr.EventData) -> Updates:
        """A picture of the scatter."""
        clicked = read_click(event)
        if not mine.ready or mine.result is None or clicked.meta not in mine.result.sets:
            return {p.query: gr.skip()}
        score = clicked.x if isinstance(clicked.x, int | float) else float("nan")
        return drawing.one_picture(p, mine, "first", Picture(str(clicked.meta), int(clicked.customdata), float(score)))

    for event, clicked, name in (
        (p.roc.click, curve, "roc_click"),
        (p.precision.click, curve, "precision_click"),
        (p.histogram.click, histogram_bin, "histogram_click"),
        (p.histogram.drag, dragged, "histogram_drag"),
        (p.bars.click, bar, "bars_click"),
        (p.scatter.click, point, "scatter_click"),
    ):
        event(clicked, session, p.all(), api_name=f"compare_{name}", **_LATEST)

    def page(mine: Session) -> Any:
        """The figures as one page."""
        if not mine.ready or mine.request is None:
            return gr.skip()
        return str(save.page(mine, link.command(mine.request)))

    made = p.figures.click(page, session, p.figure_file, api_name="compare_figures", show_progress="minimal")
    made.then(None, None, None, js=_DOWNLOAD, api_name="compare_download_figures")


def _wire_galleries(session: gr.State, p: Panels, tabs: gr.Tabs, explorer: ExploreTab) -> None:
    """A picture of a gallery opens in the Explore tab."""

    def opener(name: str) -> Callable[..., tuple[Any, Any]]:
        def open_picture(mine: Session, theirs: ExploreSession, event: gr.SelectData) -> tuple[Any, Any]:
            """Puts the picture into the Explore tab and goes there."""
            shown = mine.shown.get(name, [])
            if mine.result is None or not 0 <= int(event.index) < len(shown):
                return gr.skip(), gr.skip()
            picture = shown[int(event.index)]
            pictures = mine.result.sets[picture.set]
            try:
                path = picture_file(pictures, picture.index)
            except StudioError as error:
                raise message(error) from None
            title = f"{picture.set} {pictures.caption(picture.index)}"
            return with_picture(theirs, title, str(path)), gr.Tabs(selected="explore")

        return open_picture

    for name in ("id", "ood", "first", "second"):
        opened = p.gallery(name).select(
            opener(name),
            [session, explorer.session],
            [explorer.session, tabs],
            api_name=f"compare_open_{name}",
            show_progress="hidden",
        )
        explorer.explore(opened.then, f"compare_explore_{name}")


def _wire_links(
    session: gr.State, choices: Choices, p: Panels, run: Callable[[Any, str], None]
) -> Callable[[Callable[..., Any]], None]:
    wanted = gr.Textbox(visible="hidden", elem_id="compare-wanted")  # a changed `gr.State` is told on every load
    p.query.change(None, p.query, p.link, js=_SHOW_LINK, api_name="compare_link")
    run(wanted.change, "compare_restored")

    def restore(mine: Session, search: str) -> Updates:
        """Makes the choices that a link to this tab names, and asks for the comparison."""
        try:
            found = link.read_query(search)
        except StudioError as error:
            raise message(error) from None
        updates: Updates = {wanted: gr.skip()}
        if not found:
            return updates
        link.looked_at(found, mine)
        for name in ("suite", "backbone", "id_data", "ood_data", "train_data", "data_root", "labels", "fpr"):
            if name in found:
                updates[getattr(choices, name)] = found[name]
        if found.get("suite", OWN) != OWN and "ood_data" in found:
            updates[choices.ood_data], updates[choices.added] = "", found["ood_data"].split(",")
        for name in link.NUMBERS:
            if name in found:
                updates[getattr(choices, name)] = float(found[name])
        if "scorers" in found:
            updates[choices.scorers] = with_scorers([each for each in found["scorers"].split(",") if each])
        if found.keys() != {"tab"}:  # which only opens it
            updates[wanted] = search
        return updates

    def start(load: Callable[..., Any]) -> None:
        load(
            restore,
            [session, p.query],
            [wanted, *choices.all()],
            js="(mine, query) => [mine, window.location.search]",
            api_name="compare_restore",
            show_progress="hidden",
        )

    return start


def _programmatic(studio: Studio) -> None:
    """The endpoint ``/compare`` for programs: files and settings in, rows out as JSON."""
    default = BenchRequest()
    suite = gr.Textbox(default.suite, visible=False, label="suite")
    backbone = gr.Textbox(default.labels.backbone, visible=False, label="backbone")
    scorers = gr.Textbox("all", visible=False, label="scorers, separated by commas")
    count = gr.Number(COUNT, visible=False, label="pictures in each set")
    seed = gr.Number(default.seed, visible=False, label="seed")
    resamples = gr.Number(default.resamples, visible=False, label="bootstrap resamples")
    id_files = gr.File(file_count="multiple", type="filepath", visible=False, label="ID pictures")
    ood_files = gr.File(file_count="multiple", type="filepath", visible=False, label="OOD pictures")
    labels = gr.Textbox("", visible=False, label="ID labels of own pictures")
    trigger = gr.Button(visible=False)
    answer = gr.JSON(visible=False, label="rows")

    @on_gpu
    def compare(*values: Any) -> dict[str, Any]:
        """AUROC, FPR95 and more of scorers on every OOD set; files of one's own take the place of the suite."""
        asked = dict(zip(("suite", "backbone", "scorers", "count", "seed", "resamples"), values, strict=False))
        inside, outside, typed = values[6:]
        try:
            result = studio.bench(_request(asked, inside, outside, typed))
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return {
            "results": json.loads(to_json(result.rows)),
            "accuracy": result.accuracy,
            "unavailable": result.unavailable,
            "problems": result.problems,
        }

    trigger.click(
        compare,
        [suite, backbone, scorers, count, seed, resamples, id_files, ood_files, labels],
        answer,
        api_name="compare",
        **MODEL_SLOT,
    )


def _request(asked: dict[str, Any], inside: Any, outside: Any, labels: str) -> BenchRequest:
    default = BenchRequest()
    own = bool(inside or outside)
    id_data, ood_data = own_sets(inside, outside, "", ()) if own else ("", ())
    return BenchRequest(
        suite=OWN if own else str(asked["suite"]),
        scorers=tuple(part.strip() for part in str(asked["scorers"]).split(",") if part.strip()),
        id_data=id_data,
        ood_data=ood_data,
        labels=LabelChoice(
            backbone=backbone_name(asked["backbone"]), labels=(labels if own else "") or LabelChoice.labels
        ),
        seed=whole(asked["seed"], "seed", default.seed),
        count=whole(asked["count"], "count", COUNT),
        resamples=whole(asked["resamples"], "resamples", default.resamples),
    )
