"""People who leave take their work with them, and long work has a lane: the next person is answered at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState

from ood_studio.studio import Studio
from ood_studio.studio.jobs import Jobs
from ood_studio.studio.lanes import ANSWER, FIT, PICTURE, SET
from ood_studio.ui import page
from ood_studio.ui.blocks import build
from ood_studio.ui.endpoints import PUBLIC
from tests.ui.launching import launched
from tests.ui.visitor import PATIENCE, Visitor

MANY, KEPT = 20, 6
STATES: dict[str, Any] = {}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Jobs, Any]]:
    jobs = Jobs()
    studio = Studio("cpu")
    blocks = build(studio, "diorama-conv", jobs)
    address = launched(blocks, run_history=False)
    STATES[address] = blocks
    yield address, jobs, blocks.get_config_file()
    blocks.close()
    jobs.close()


def under_way(jobs: Jobs) -> int:
    with jobs._changed:
        return sum(not record.job.over for record in jobs._records.values())


def until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def arrive(address: str, config: Any, handler: str, **values: Any) -> Visitor:
    visitor = Visitor(address, config)
    visitor.call("attack_examples")
    for element, value in values.items():
        visitor.put(element.replace("_", "-"), value)
    visitor.call(handler)
    return visitor


def test_twenty_who_leave_at_once_free_the_lane(served: tuple[str, Jobs, Any]) -> None:
    address, jobs, config = served
    with ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(arrive, address, config, "attack_run", attack_steps="10000") for _ in range(MANY)]
        visitors = [each.result() for each in asked]
        until(lambda: under_way(jobs) == MANY)
        assert any(job.state == "running" for each in visitors for job in jobs.of(f"page {each.session}", PICTURE))
        list(pool.map(Visitor.leave, visitors))
        until(lambda: under_way(jobs) == 0)  # long before a single one of their attacks could have ended
    next_one = arrive(address, config, "attack_run", attack_steps="1")
    (job,) = jobs.of(f"page {next_one.session}", PICTURE)
    done = jobs.wait(f"page {next_one.session}", job.id, PATIENCE)
    assert done is not None and done.state == "finished"
    next_one.leave()
    until(lambda: not jobs.of(f"page {next_one.session}"))


def test_of_pages_that_were_left_only_the_last_are_kept(
    served: tuple[str, Jobs, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LEFT_KEPT", KEPT)
    address, _, config = served
    blocks = STATES[address]
    staying = arrive(address, config, "attack_examples")
    for _ in range(KEPT + 3):
        visitor = arrive(address, config, "attack_examples")
        visitor.leave()
    held = blocks.state_holder.session_data
    until(lambda: held[visitor.session].is_closed and len(held) <= KEPT + 1)
    assert staying.session in held and not held[staying.session].is_closed
    assert staying.call("attack_source_gallery_others")["data"]
    staying.leave()


def test_a_background_job_goes_on_and_is_found_again(served: tuple[str, Jobs, Any]) -> None:
    address, jobs, config = served
    visitor = Visitor(address, config)
    known = visitor.call("lambda")["data"][0]  # the name that the browser keeps
    short = arrive(address, config, "attack_run", attack_steps="10000")
    visitor.call("attack_batch_start")
    (job,) = jobs.of(known, SET)
    for each in (visitor, short):
        each.leave()
    until(lambda: under_way(jobs) == 1)  # the short work has ended
    found = jobs.get(known, job.id)
    assert found is not None and not found.over
    jobs.stop(known, job.id)
    until(lambda: under_way(jobs) == 0)


def test_pictures_are_answered_while_others_learn(served: tuple[str, Jobs, Any]) -> None:
    address, jobs, config = served
    learning = [Visitor(address, config) for _ in range(3)]
    learning[0].put("adapt-method", "probe:epochs=10000")
    for visitor, handler in zip(learning, ("adapt_run", "detect_make", "stream_play"), strict=True):
        visitor.call(handler)
    assert all(len(jobs.of(f"page {each.session}", FIT)) == 1 for each in learning)
    looking = arrive(address, config, "explore_opening")
    looking.call("explore_first")
    attacking = arrive(address, config, "attack_run", attack_steps="1")
    for visitor, lane in ((looking, ANSWER), (attacking, PICTURE)):
        owner = f"page {visitor.session}"
        (asked,) = jobs.of(owner, lane)
        answer = jobs.wait(owner, asked.id, PATIENCE, after=0)
        assert answer is not None and answer.result is not None
    states = [job.state for visitor in learning for job in jobs.of(f"page {visitor.session}")]
    assert states == ["running", "waiting", "waiting"]
    for visitor in (*learning, looking, attacking):
        visitor.leave()
    until(lambda: under_way(jobs) == 0)


def test_programs_wait_for_work_of_their_kind_alone(served: tuple[str, Jobs, Any]) -> None:
    lanes: dict[str, set[str]] = {}
    for handler in STATES[served[0]].fns.values():
        if handler.api_name in PUBLIC:
            lanes.setdefault(handler.concurrency_id, set()).add(handler.api_name)
    assert lanes.pop("api answer") == {"explore", "labels", "detect"}
    assert lanes.pop("api set") == {"compare", "attack_set", "synthesize_set"}
    assert {"attack", "synthesize", "contexts"} in lanes.values() and {"adapt"} in lanes.values()


@pytest.mark.parametrize(("run", "stop"), [("attack_run", "attack_stop"), ("compare_run", "bench_stop")])
def test_a_stop_belongs_to_the_click_before_it_whatever_arrives_first(
    served: tuple[str, Jobs, Any], run: str, stop: str
) -> None:
    address, jobs, config = served
    visitor = arrive(address, config, "attack_examples", attack_steps="10000")
    clock = visitor._handlers[run]["inputs"][0]

    def at(moment: int, handler: str) -> dict[str, Any]:
        visitor._values[clock] = moment
        return visitor.call(handler)

    at(2000, stop)
    assert not Visitor.at_work(at(1000, run)) and under_way(jobs) == 0
    assert Visitor.at_work(at(3000, run)) and under_way(jobs) == 1
    at(4000, stop)
    until(lambda: under_way(jobs) == 0)
    visitor.leave()


def test_whoever_comes_is_no_copy_of_all_components(served: tuple[str, Jobs, Any]) -> None:
    blocks = STATES[served[0]]
    kinds: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        whole = BlocksConfig.config_for_block
        patch.setattr(
            BlocksConfig,
            "config_for_block",
            staticmethod(
                lambda id, shown, block, *more: (kinds.append(block.get_block_name()), whole(id, shown, block, *more))[
                    1
                ]
            ),
        )
        session = SessionState(blocks)
        assert not kinds and session.blocks_config.blocks.keys() == blocks.default_config.blocks.keys()
        known = next(id for id, block in blocks.blocks.items() if isinstance(block, gr.Textbox))
        session._update_value_in_config(known, "new")
    assert kinds == ["textbox"] and session.config_values[known]["props"]["value"] == "new"
