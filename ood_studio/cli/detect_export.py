"""``python -m ood_studio detect-export``."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Annotated

from ood_studio.cli.command import Common
from ood_studio.cli.output import check_folder, to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.unicode import one_line
from ood_studio.detectors import Detector
from ood_studio.detectors.onnx_export import about_graph, export_onnx
from ood_studio.studio import DecideRequest


@dataclass(frozen=True)
class DetectExport(Common):
    """Writes a detector as one ONNX graph from pixels to decisions, for programs without this studio."""

    onnx: Annotated[str, Help("File to write, .onnx")] = "detector.onnx"
    request: DecideRequest = field(default_factory=DecideRequest)

    def run(self) -> None:
        """Writes the graph, and says what it takes.

        Raises:
            StudioError: if the detector cannot be read, makes no graph, or the graph cannot be written.
        """
        if not self.request.detector:
            raise StudioError("say which detector is exported: --detector FILE")
        if not self.onnx.endswith(".onnx"):
            raise StudioError(f"a graph is written as .onnx, not {self.onnx}")
        check_folder(self.onnx)
        detector = Detector.load(self.request.detector, "cpu")
        for note in export_onnx(detector, self.onnx):
            print(one_line(note), file=sys.stderr)
        about = about_graph(detector)
        if self.json:
            print(to_json({"file": self.onnx, **about}))
            return
        height, width = about["input"]
        print(f"{self.onnx}: {detector.scorer.title} on {detector.backbone.name}, {about['promise']}.")
        print(f"It takes pixels (batch, 3, {height}, {width}) in [0, 1]; examples/onnx_consumer shows how.")
