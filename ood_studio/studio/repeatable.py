"""Which requests others can repeat: those that name nothing that lies on one machine alone."""

from __future__ import annotations

from ood_studio.core.parameters import texts
from ood_studio.hub.names import names_folder
from ood_studio.studio.requests import AdaptRequest
from ood_studio.worlds import corpora


def repeatable(request: AdaptRequest) -> dict[str, str] | None:
    """A request's parameters as texts by name, for a file that may be given away; None where it names files or saved
    adapters of this machine."""
    labels = request.labels
    own = (request.images, request.synthetic, request.data_root, *labels.adapter)
    if any(own) or labels.corpus not in corpora() or names_folder(labels.backbone):
        return None
    return texts(request)
