"""What flips the verdict on one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.changeable import Changeable
from ood_studio.evaluation.flips import Flips, flips
from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.studio.requests.flips import FlipRequest
from ood_studio.studio.scores import ScorePanel
from ood_studio.studio.workbench import Workbench


class FlipService:
    """Searches changes.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def flips(self, request: FlipRequest, picture: Changeable, progress: Progress = silent) -> Iterator[Flips]:
        """What was found so far, the whole at last; see `ood_studio.evaluation.flips.flips`.

        Raises:
            StudioError: for a score that is not shown, labels without ID reference images, or a picture that cannot
                be changed.
        """
        space = self._workbench.label_space(request.labels, progress)
        panel = self._workbench.score_panel(space, request.score, request.reference, progress)
        title = title_of(panel, request.scorer)
        if title not in panel.compared:
            raise StudioError("these labels come without ID reference pictures, so there is no verdict that could flip")

        def read(images: Sequence[Image.Image]) -> list[tuple[float, bool | None]]:
            found = self._workbench.encode(space.backbone, images)
            each = (next(one for one in of if one.title == title) for of in panel.readings(found.vectors, found.visual))
            return [(reading.value, reading.inside) for reading in each]

        threshold = threshold_at_tpr(panel.compared[title].id)
        yield from flips(picture, read, threshold, most_pairs=request.pairs, progress=progress)


def title_of(panel: ScorePanel, scorer: str) -> str:
    """The title of a shown score by its title or name.

    Raises:
        StudioError: naming those that there are.
    """
    if scorer in panel.fitted:
        return scorer
    found = next((title for title, score in panel.fitted.items() if score.scorer.name == scorer), None)
    if found is None:
        names = dict.fromkeys(score.scorer.name for score in panel.fitted.values())
        raise StudioError(f"no score named {scorer} is shown of this model; there are {', '.join(names)}")
    return found
