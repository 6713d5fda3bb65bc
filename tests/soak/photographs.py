"""What the server holds while large photographs are explored: ``python -m tests.soak.photographs``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tests.soak.server import served
from tests.ui import visitor
from tests.ui.visitor import Visitor

visitor.PATIENCE = 1800.0  # a busy machine decodes slowly


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10, help="photographs, all added at once")
    parser.add_argument("--width", type=int, default=8000, help="of each, in pixels; three quarters as high")
    parser.add_argument("--rounds", type=int, default=2, help="people who add as many, one after the other")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = (chosen.width, chosen.width * 3 // 4)
        environment = {"OOD_STUDIO_CACHE": f"{folder}/cache", "GRADIO_TEMP_DIR": f"{folder}/gradio"}
        with served(Path(folder) / "log", environment) as server:
            if not server.address:
                print(server.log.read_text())
                return 1
            small = Path(folder) / "small.png"
            Image.new("RGB", (64, 64), "red").save(small)
            _explored(server.address, [small])
            print(f"with one small picture: {server.held():,.0f} MB", flush=True)
            for turn in range(chosen.rounds):
                paths = []
                for number in range(chosen.count):
                    colours = np.random.default_rng([turn, number]).integers(0, 256, (60, 80, 3), np.uint8)
                    paths.append(Path(folder) / f"{turn}-{number}.jpg")
                    Image.fromarray(colours).resize(size).save(paths[-1], quality=90)
                began = time.monotonic()
                _explored(server.address, paths)
                seconds = time.monotonic() - began
                print(
                    f"{chosen.count} photographs of {size[0] * size[1] / 1e6:.0f} megapixels in {seconds:.0f} s: "
                    f"{server.most():,.0f} MB at most, {server.held():,.0f} MB afterwards",
                    flush=True,
                )
    return 0


def _explored(address: str, paths: list[Path]) -> None:
    person = Visitor(address)
    person.put("add", [person.upload(path) for path in paths])
    person.call("explore_add")
    said = person.call("explore_added")
    while person.at_work(said):
        time.sleep(0.2)
        said = person.call("explore_tick")
    person.leave()


if __name__ == "__main__":
    sys.exit(main())
