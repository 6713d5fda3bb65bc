"""Data: images decoded safely."""

from __future__ import annotations

from ood_studio.data.images import MAX_PIXELS, ImageError, decode_image, open_images

__all__ = ["MAX_PIXELS", "ImageError", "decode_image", "open_images"]
