"""A detector as one ONNX graph: pixels in, decisions out; whoever runs it needs neither this studio nor PyTorch."""

from __future__ import annotations

import json
import logging
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ood_studio import __version__
from ood_studio.core.errors import StudioError
from ood_studio.core.files import write_bytes
from ood_studio.detectors.detector import Detector
from ood_studio.detectors.preparation import preparation_of
from ood_studio.scorers import read_features

KEY = "ood_studio"
"""Under which the graph's metadata say, as JSON, all that is not numbers: see `about_graph`."""

OUTPUTS = ("score", "p_value", "inside", "nearest", "likeness")
_OPSET = 18


class DetectorGraph(nn.Module):
    """A detector from pixels to decisions, without the checks of what comes in.

    Outputs for (batch, 3, height, width) pixels in [0, 1]:

    - ``score`` (batch,) float32, higher = more in-distribution;
    - ``p_value`` (batch,) float32, see `Calibration.p_values`;
    - ``inside`` (batch,) bool, whether the score reaches the threshold;
    - ``nearest`` (batch, k) int64, the nearest labels as numbers into ``labels`` of the metadata, and ``likeness``
      (batch, k) float32, their cosines, or the logits of a model's own head.
    """

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self._detector, self._score = detector, detector.score
        # Exporting looks for what is learnt in modules, and backbones are none.
        self.towers = nn.ModuleList(each for each in vars(detector.backbone).values() if isinstance(each, nn.Module))
        scores = torch.from_numpy(detector.calibration.scores)
        self.register_buffer("calibration", scores.float())
        self.register_buffer("threshold", torch.tensor(detector.threshold, dtype=torch.float32))

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        found = self._detector.model._encode_image(pixels)
        space = self._score.scorer.space
        features = read_features(space, found)
        if space != "visual":
            features = features / torch.linalg.vector_norm(features, dim=-1, keepdim=True)
        score = self._score._score(features)  # they are known to be as it wants them
        calibration: Any = self.calibration
        threshold: Any = self.threshold
        below = (calibration[None, :] <= score[:, None]).to(torch.float32).sum(dim=1)
        p_value = (below + 1) / (len(self._detector.calibration) + 1)
        likeness, nearest = self._detector.likenesses(found).topk(self._detector.named_labels, dim=1)
        return score, p_value, score >= threshold, nearest, likeness


def about_graph(detector: Detector) -> dict[str, Any]:
    """What a graph's metadata say.

    ``labels`` are those that ``nearest`` counts, of which the first ``id_labels`` are ID; ``input`` is (height, width);
    ``preparation`` is how an image becomes pixels, see `prepared`, None where its steps cannot be written down.
    """
    return {
        "labels": [*detector.labels, *(detector.negative_labels if detector.reads_text else ())],
        "id_labels": len(detector.labels),
        "input": list(detector.backbone.input_shape),
        "preparation": preparation_of(detector.backbone),
        "threshold": detector.threshold,
        "promise": str(detector.promise),
        "calibration": dict(detector.about),
        "backbone": detector.backbone.name,
        "scorer": detector.scorer.name,
        "adapters": [part.record.adapter for part in detector.adapters],
        "version": __version__,
    }


def export_onnx(detector: Detector, path: Path | str) -> tuple[str, ...]:
    """Writes a detector as one ONNX graph, whole or not at all.

    Args:
        detector: on the CPU and in float32.
        path: of the file.

    Returns:
        Sentences about what the graph does not do.

    Raises:
        StudioError: without the packages, for a detector that makes no graph, or a disk that refuses.
    """
    lacking = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if lacking:
        raise StudioError(f"a graph needs {' and '.join(lacking)}; pip install 'ood-studio[onnx]' brings them")
    if "texts" in detector.scorer.needs:
        raise StudioError(
            f"{detector.scorer.title} asks the text tower for new texts at every picture, and a graph has none; export "
            "a detector with another score"
        )
    if detector.backbone.device.type != "cpu" or detector.backbone.dtype != torch.float32:
        raise StudioError("a detector is exported from the CPU in float32; load it with device cpu")
    content = _written(detector)
    try:
        write_bytes(Path(path), content)
    except OSError as error:
        raise StudioError(f"the graph cannot be written to {path} ({error.strerror or error})") from error
    if preparation_of(detector.backbone) is None:
        return (
            f"How {detector.backbone.name} makes pixels of a picture cannot be written down, so whoever runs the graph "
            "has to give pixels as it makes them.",
        )
    return ()


def _written(detector: Detector) -> bytes:
    graph = DetectorGraph(detector).eval()
    height, width = detector.backbone.input_shape
    example = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        graph(example)  # what the detector works out once and keeps is worked out of real numbers
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of parts of the exporter that its own parts will not have for long
            program: Any = torch.onnx.export(
                graph,
                (example,),
                input_names=["pixels"],
                output_names=list(OUTPUTS),
                dynamic_shapes={"pixels": {0: torch.export.Dim("batch")}},
                dynamo=True,
                opset_version=_OPSET,
                optimize=True,
                verbose=False,
            )
    except Exception as error:  # the exporter raises its own errors, and any that the traced code does
        cause: BaseException = error
        while cause.__cause__ is not None:  # what is raised last says which step of the exporter it was, in colours
            cause = cause.__cause__
        said = " ".join(str(cause).split())
        raise StudioError(
            f"{detector.scorer.title} on {detector.backbone.name} makes no graph ({type(cause).__name__}: {said[:200]})"
        ) from error
    model = program.model_proto
    if not model.graph.input[0].type.tensor_type.shape.dim[0].dim_param:  # the exporter has fixed the example's number
        raise StudioError(
            f"{detector.scorer.title} on {detector.backbone.name} makes no graph that takes any number of pictures"
        )
    model.metadata_props.add(key=KEY, value=json.dumps(about_graph(detector), ensure_ascii=True, sort_keys=True))
    content: bytes = model.SerializeToString()
    return content
