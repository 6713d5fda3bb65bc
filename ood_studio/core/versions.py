"""The versions of what computes results."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ood_studio import __version__

_PACKAGES = ("torch", "torchvision", "open_clip_torch", "timm", "numpy", "pillow")


def versions() -> dict[str, str]:
    """Of the project and of the packages that decide its numbers, by name; what is not installed is left out."""
    found = {"ood_studio": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
