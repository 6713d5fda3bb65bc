"""Images from strangers: any file becomes an upright 8-bit RGB image, or one clear sentence."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from ood_studio.core.budget import ByteBudget
from ood_studio.core.errors import StudioError
from ood_studio.core.pointers import POINTER, is_pointer
from ood_studio.core.unicode import readable
from ood_studio.data.deep_images import NOTE, is_deep, to_eight_bits, why_not_read

MAX_PIXELS = 80_000_000  # below the count at which Pillow itself begins to warn
MAX_SIDE = 100_000  # resizing takes memory by the longer side
MAX_BYTES = 256 * 1024 * 1024
IMAGE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .webp .gif .bmp .tif .tiff .ppm .pgm .pbm .pnm .avif .heic .heif".split()
)
"""Lower-case file name endings that are taken for images when a folder is searched, other files by their first bytes;
HEIC only to be named as such."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF, PPM or AVIF"
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"))
_ORIENTATION = 0x0112  # EXIF 2.3, 4.6.4
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BYTES_A_PIXEL = 10  # while an image is decoded: its samples, or the image before it is turned, and the result
_STRIPE = 2**20  # pixels whose transparency and colours are converted at a time
_FILES = ByteBudget(500_000_000)  # bytes of all files that are decoded at one time,
_BUDGET = ByteBudget(1_000_000_000)  # and of what is made of them


class ImageError(StudioError):
    """An image that cannot be shown: one sentence naming it and the reason."""


_PLAIN: ContextVar[bool] = ContextVar("plain", default=False)


@contextmanager
def plainly() -> Iterator[None]:
    """Images that this thread decodes meanwhile are what Pillow's ``convert("RGB")`` makes of them, no more."""
    token = _PLAIN.set(True)
    try:
        yield
    finally:
        _PLAIN.reset(token)


def decode_image(source: bytes | Path | str, *, name: str | None = None, transparency: bool = False) -> Image.Image:
    """Decodes one image, whatever its file holds.

    CMYK, palettes and greys become RGB; deeper samples are scaled to 8 bits (see `deep_images`, which says in the
    image's ``info`` what range was chosen); transparency is laid on white; of an
    animation the first frame is taken; the EXIF orientation is applied; colours of an embedded ICC profile become sRGB
    (a profile that is broken or does not fit the image is ignored). Under `plainly` none of that is done.

    Args:
        source: the file's bytes, or its path.
        name: what to call it in an error; the file's name where None.
        transparency: keep it, as of masks: then an image of 8 bits that has any is RGBA.

    Returns:
        An RGB image of at least 1×1 and at most `MAX_PIXELS` pixels, with no tie to the file.

    Raises:
        ImageError: when it is missing, empty, too large, no image, cut short or damaged.
    """
    called = _called(source, name)
    with _FILES.reserved(_size(source)), _opened(_read(source, called), called) as image:
        _check_size(image, called)
        with _BUDGET.reserved(image.width * image.height * _BYTES_A_PIXEL):
            return _decoded(image, called, transparency)


def _opened(data: bytes, called: str) -> Image.Image:
    """The image that a file's bytes begin; it alone holds them, until it is loaded."""
    if not data:
        raise ImageError(f"{called} is empty (0 bytes).")
    if is_pointer(data):
        raise ImageError(f"{called} {POINTER}.")
    formats = [*_FORMATS, "AVIF"] if features.check("avif") else _FORMATS
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow refuses from the header on; the count of pixels stands in its message alone.
        pixels = next((int(word) for word in str(error).replace("(", " ").split() if word.isdigit()), None)
        raise _too_large(called, f"{pixels / 1e6:,.0f} megapixels" if pixels else "too many pixels") from error
    except UnidentifiedImageError as error:
        if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
            raise ImageError(
                f"{called} is a HEIC picture, which this app cannot read; save or export it as JPEG or PNG first."
            ) from error
        if kind := why_not_read(data):
            raise ImageError(
                f"{called} is {kind}, which this app cannot read; save it with 8, 16 or 32 bits a sample."
            ) from error
        raise ImageError(f"{called} is not a picture this app can read ({_READABLE}).") from error
    except Exception as error:  # parsers of broken headers raise anything
        raise _damaged(called, error) from error


def _check_size(image: Image.Image, called: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        size = f"{width:,} × {height:,} pixels ({width * height / 1e6:,.0f} megapixels)"
        raise _too_large(called, size)
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            f"{called} is too long: {width:,} × {height:,} pixels, and the limit is {MAX_SIDE:,} on a side."
        )
    if width < 1 or height < 1:
        raise ImageError(f"{called} has no pixels ({width} × {height}).")


def _decoded(image: Image.Image, called: str, transparency: bool) -> Image.Image:
    """The pixels of an opened image: 8 bits, upright, RGB, or RGBA where transparency is kept.

    The opened image is closed as soon as nothing of it is needed any more: two images of 4 bytes a pixel are the most
    that is held at a time.
    """
    try:
        image.load()
    except Exception as error:
        raise _damaged(called, error) from error
    if _PLAIN.get():
        bare = image.convert("RGB")
        bare = bare.copy() if bare is image else bare
        bare.info = {}
        return bare
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a broken EXIF block must not cost the image
        orientation = 1
    profile, mode = image.info.get("icc_profile"), image.mode
    try:
        shallow = image
        if is_deep(image):
            shallow = to_eight_bits(image)
            image.close()
        rgb = _to_rgb(shallow, profile, transparency)
    except MemoryError as error:
        raise _damaged(called, error) from error
    except Exception as error:
        raise ImageError(f"{called} has the colour mode {mode}, which this app cannot show.") from error
    note = shallow.info.get(NOTE)
    if rgb is not shallow:
        shallow.close()
    method = _UPRIGHT.get(orientation)
    upright = rgb.copy() if method is None and rgb is image else rgb if method is None else rgb.transpose(method)
    upright.info = {} if note is None else {NOTE: note}
    return upright


def open_images(paths: Iterable[Path | str]) -> tuple[dict[str, Image.Image], dict[str, str]]:
    """Decodes many images; a bad one costs nothing but itself.

    Returns:
        The images and, for those that failed, the sentence that says why; both by file name, in the order given
        (a second file of the same name becomes ``cat.png (2)``).
    """
    images: dict[str, Image.Image] = {}
    problems: dict[str, str] = {}
    for path in paths:
        plain = name = readable(Path(path).name or str(path))
        number = 1
        while name in images or name in problems:
            number += 1
            name = f"{plain} ({number})"
        try:
            images[name] = decode_image(path, name=name)
        except ImageError as error:
            problems[name] = str(error)
    return images, problems


def _called(source: bytes | Path | str, name: str | None) -> str:
    given = name if name is not None else Path(source).name if isinstance(source, (Path, str)) else ""
    printable = "".join(c if c.isprintable() else " " for c in given).strip() or "The picture"
    # A path is told by its end, an upload by its beginning.
    return printable if len(printable) <= 80 else f"{printable[:29]}…{printable[-50:]}"


def _size(source: bytes | Path | str) -> int:
    """Bytes that a file's content is going to take beside what is there already; 0 where it is not read."""
    try:
        size = os.path.getsize(source) if isinstance(source, (Path, str)) else 0
    except (OSError, ValueError):  # told when it is read
        return 0
    return size if size <= MAX_BYTES else 0


def _read(source: bytes | Path | str, called: str) -> bytes:
    if not isinstance(source, (bytes, Path, str)):
        raise ImageError(f"{called} must be given as bytes or a path, not {type(source).__name__}.")
    try:
        if isinstance(source, bytes):
            size, data = len(source), source
        else:
            if not os.path.isfile(source):
                what = "is a folder, not a picture" if os.path.isdir(source) else "is missing"
                raise ImageError(f"{called} {what}.")
            size = os.path.getsize(source)
            data = Path(source).read_bytes() if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ImageError(f"{called} cannot be read ({reason}).") from error
    if size > MAX_BYTES:
        raise ImageError(f"{called} has {size / 2**20:,.0f} MB; the limit is {MAX_BYTES // 2**20} MB.")
    return data


def _too_large(called: str, size: str) -> ImageError:
    return ImageError(f"{called} is too large: {size}, and the limit is {MAX_PIXELS // 1_000_000} megapixels.")


def _damaged(called: str, error: Exception) -> ImageError:
    if isinstance(error, MemoryError):
        return ImageError(f"{called} does not fit into memory.")
    return ImageError(f"{called} is cut short or damaged.")


def _to_rgb(image: Image.Image, profile: bytes | None, transparency: bool) -> Image.Image:
    if not image.has_transparency_data and not profile:
        return image if image.mode == "RGB" else image.convert("RGB")
    width, height = image.size
    rows = max(1, _STRIPE // width)
    if rows >= height:
        return _in_colour(image, profile, transparency)
    found: Image.Image | None = None
    for top in range(0, height, rows):
        stripe = image.crop((0, top, width, min(top + rows, height)))
        part = _in_colour(stripe, profile, transparency)
        found = found or Image.new(part.mode, image.size)
        found.paste(part, (0, top))
    assert found is not None
    return found


def _in_colour(image: Image.Image, profile: bytes | None, transparency: bool) -> Image.Image:
    """An image, or stripe of one, with transparency or a profile, as RGB, or RGBA where transparency is kept."""
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        if profile:
            alpha = layer.getchannel("A")
            layer = _to_srgb(layer.convert("RGB"), profile)
            layer.putalpha(alpha)
        if transparency:
            return layer
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    if profile:
        image = _to_srgb(image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB"), profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """An RGB, grey or CMYK image in the colours that its profile means; as it is where the profile says nothing."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
        if image.mode == "RGB":  # nearly every profile is sRGB itself; a few colours tell, at no cost
            probe = np.stack(np.meshgrid(*[np.arange(0, 256, 51, dtype=np.uint8)] * 3), axis=-1).reshape(-1, 8, 3)
            meant = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), transform))
            if np.abs(meant.astype(int) - probe).max() <= 1:
                return image
        converted = ImageCms.applyTransform(image, transform)
    except Exception:  # parsers of broken profiles raise anything
        return image
    return image if converted is None else converted
