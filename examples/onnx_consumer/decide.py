"""Decides pictures with a detector's ONNX graph; needs onnxruntime, numpy and Pillow, nothing else.

python decide.py birds.onnx photo.jpg another.png
"""

from __future__ import annotations

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def prepare(path: str, steps: list[dict]) -> np.ndarray:
    """(3, height, width) in [0, 1]: a picture as the model takes it, by the steps that the graph's metadata name."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    for step in steps:
        if "center_crop" in step:
            height, width = step["center_crop"]
            left, top = round((image.width - width) / 2), round((image.height - height) / 2)
            image = image.crop((left, top, left + width, top + height))
            continue
        if "resize" in step:
            height, width = step["resize"]
        else:  # the shorter side becomes so many pixels
            scale = step["resize_shortest"]
            width = scale if image.width <= image.height else int(scale * image.width / image.height)
            height = scale if image.height <= image.width else int(scale * image.height / image.width)
        image = image.resize((width, height), Image.Resampling[step["filter"].upper()])
    return np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)


def main(graph: str, pictures: list[str]) -> None:
    """Prints a line of JSON a picture."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["ood_studio"])
    if about["preparation"] is None:
        raise SystemExit(f"how {about['backbone']} prepares pictures is not in the graph; give it pixels yourself")
    for path in pictures:
        pixels = prepare(path, about["preparation"])[None]
        score, p_value, inside, nearest, likeness = session.run(None, {"pixels": pixels})
        near = [
            {"label": about["labels"][row], "value": float(value), "id": int(row) < about["id_labels"]}
            for row, value in zip(nearest[0], likeness[0], strict=True)
        ]
        decision = {"image": path, "id": bool(inside[0]), "score": float(score[0]), "p_value": float(p_value[0])}
        print(json.dumps({**decision, "nearest": near}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
