"""The sidebar: model, labels, negative labels, score and reference pictures, chosen once for all tabs."""

from ood_studio.ui.sidebar.shared import Shared
from ood_studio.ui.sidebar.sidebar import Sidebar

__all__ = ["Shared", "Sidebar"]
