"""Uploads a thousand mixed files to a server of its own, page after page, and prints what memory it holds.

``python -m tests.soak.uploads [COUNT]``; the last two thirds should be flat.
"""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from ood_studio.core.paths import ROOT
from tests.ui.conftest import free_port
from tests.ui.visitor import Visitor

_EACH = 5  # files of a page
_SIZES = ((64, 64), (640, 480), (1600, 1200), (3000, 2000))


def mixed(rng: random.Random, folder: Path, number: int) -> Path:
    """A file as people upload them: pictures of many sizes and kinds, some broken, some none at all."""
    width, height = rng.choice(_SIZES)
    colours = np.random.default_rng(number).integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    picture = Image.fromarray(colours).resize((width, height))
    kind = rng.choice(("jpg", "jpg", "jpg", "png", "webp", "gif", "tif", "cut.jpg", "txt", "zip"))
    path = folder / f"{number}.{kind}"
    file = io.BytesIO()
    if kind == "tif":
        Image.fromarray(np.asarray(picture)[..., 0].astype(np.uint16) * 200).save(file, "TIFF")
    elif kind == "txt":
        file.write(b"no picture " * 1000)
    elif kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "no picture")
    else:
        picture.save(file, {"jpg": "JPEG", "cut.jpg": "JPEG"}.get(kind, kind.upper()))
    content = file.getvalue()
    path.write_bytes(content[: len(content) // 2] if kind.startswith("cut") else content)
    return path


def held(process: int) -> tuple[float, int]:
    """Megabytes of memory, and open files, of a process (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    kilobytes = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    return kilobytes / 1024, len(list(Path(f"/proc/{process}/fd").iterdir()))


def main(count: int = 1000) -> None:
    """Starts the server, uploads, prints."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {**os.environ, "OOD_STUDIO_CACHE": f"{folder}/cache", "GRADIO_TEMP_DIR": f"{folder}/gradio"}
        command = [sys.executable, "-m", "ood_studio", "serve", "--hosted", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment)
        address = f"http://127.0.0.1:{port}"
        try:
            while True:
                try:
                    config = httpx.get(f"{address}/config", timeout=60).json()
                    break
                except httpx.HTTPError:
                    time.sleep(1)
            rng, began = random.Random(0), time.monotonic()
            for start in range(0, count, _EACH):
                visitor = Visitor(address, config)
                files = [mixed(rng, Path(folder), number) for number in range(start, min(start + _EACH, count))]
                visitor.put("add", [visitor.upload(path) for path in files])
                for path in files:
                    path.unlink()
                visitor.call("explore_add")
                said = visitor.call("explore_added")
                while visitor.at_work(said):
                    time.sleep(0.1)
                    said = visitor.call("explore_tick")
                visitor.leave()
                if (start + _EACH) % (count // 10 or 1) < _EACH:
                    memory, opened = held(server.pid)
                    seconds = time.monotonic() - began
                    print(f"{start + _EACH:6,} files  {memory:8,.0f} MB  {opened:4} open  {seconds:6.0f} s", flush=True)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
