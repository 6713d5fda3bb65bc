"""ID reference pictures of one's own: uploaded, or a folder of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ood_studio.core.progress import Progress, silent
from ood_studio.data.uploads import keep_images

ABOUT = (
    '<p class="studio-about">Pictures of your own ID classes set the thresholds: 95&nbsp;% of them are kept as ID. '
    "Without any, those that come with the labels do.</p>"
)


def uploaded_reference(paths: Sequence[str] | None, progress: Progress = silent) -> tuple[str, list[str]]:
    """The folder where uploaded reference pictures, or those of uploaded zips, are kept; and why some were left out.

    Returns:
        "" where there are none.

    Raises:
        StudioError: if there is no picture among them that can be read.
    """
    if not paths:
        return "", []
    folder, problems = keep_images([Path(path) for path in paths], progress)
    return str(folder), list(problems.values())
