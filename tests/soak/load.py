"""Many people at once, each with a picture of their own: ``python -m tests.soak.load``.

Each opens a page, adds a picture and waits for its answer, which must be of that picture and of no other. Printed are
how long it took them, and what the server held. The exit code is 1 where somebody got another's answer, or none.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from tests.soak.server import Served, served
from tests.ui import visitor
from tests.ui.visitor import Visitor

visitor.PATIENCE = 1800.0  # how long it takes is what is measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50, help="who come at the same moment")
    parser.add_argument("--rounds", type=int, default=2, help="pictures that each adds, one after the other")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        environment = {"OOD_STUDIO_CACHE": f"{folder}/cache", "GRADIO_TEMP_DIR": f"{folder}/gradio"}
        with served(place / "log", environment) as server:
            if not server.address:
                print(server.log.read_text())
                return 1
            config = httpx.get(f"{server.address}/config", timeout=300).json()
            _person(server, config, place, -1, 1)  # the model is loaded, words are encoded
            before = server.held()
            found: list[tuple[list[float], str]] = []
            threads = [
                threading.Thread(target=lambda n=n: found.append(_person(server, config, place, n, chosen.rounds)))
                for n in range(chosen.users)
            ]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.monotonic() - began
            seconds = sorted(each for times, _ in found for each in times)
            problems = [problem for _, problem in found if problem]
            print(f"{chosen.users} people, {len(seconds)} answers in {took:.0f} s, {len(problems)} problems")
            if seconds:
                late = seconds[int(0.95 * (len(seconds) - 1))]
                print(
                    f"from upload to answer: median {statistics.median(seconds):.1f} s, 95 % within {late:.1f} s, "
                    f"the longest {seconds[-1]:.1f} s"
                )
            after, most = server.held(), server.most()
            print(f"the server held {before:,.0f} MB before, {after:,.0f} MB after, {most:,.0f} MB at most")
            for problem in problems[:10]:
                print(problem)
            tracebacks = server.log.read_text(errors="replace").count("Traceback")
            print(f"tracebacks in the server's log: {tracebacks}")
    return 1 if problems or tracebacks or len(seconds) < chosen.users * chosen.rounds else 0


def _person(
    server: Served, config: dict[str, object], place: Path, number: int, rounds: int
) -> tuple[list[float], str]:
    """How long each answer took, and what went wrong."""
    seconds: list[float] = []
    try:
        person = Visitor(server.address, config)
        for turn in range(rounds):
            name = f"user{number + 1}of{turn}.png"
            colours = np.random.default_rng([number + 1, turn]).integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(colours).resize((320, 320), Image.Resampling.NEAREST).save(place / name)
            began = time.monotonic()
            person.put("add", [person.upload(place / name)])
            person.call("explore_add")
            said = person.call("explore_added")
            told = [said]
            while person.at_work(said):
                time.sleep(0.2)
                said = person.call("explore_tick")
                told.append(said)
            seconds.append(time.monotonic() - began)
            named = set(re.findall(r"user\d+of\d+\.png", json.dumps(told)))
            others = {each for each in named if not each.startswith(f"user{number + 1}of")}
            if name not in named or others:
                return seconds, f"{name} was answered with {sorted(named) or 'nothing'}"
        person.leave()
    except Exception as error:  # whatever it is, it is what this person met
        return seconds, f"user {number + 1}: {type(error).__name__}: {error}"
    return seconds, ""


if __name__ == "__main__":
    sys.exit(main())
