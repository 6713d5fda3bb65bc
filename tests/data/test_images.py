"""Every bad file is one sentence; every odd but good one becomes an RGB picture with the right colours."""

from __future__ import annotations

import io
import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from ood_studio.core.budget import ByteBudget
from ood_studio.data import MAX_PIXELS, ImageError, decode_image, images, open_images

RED, BLUE = (220, 30, 40), (20, 60, 200)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 60, height: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def raw_png(width: int, height: int, depth: int, rows: bytes) -> bytes:
    """An RGB PNG made by hand."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def greys(data: bytes) -> np.ndarray:
    return np.asarray(decode_image(data))[..., 0]


def refused(source: bytes | Path | str, name: str | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        decode_image(source, name=name)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    return text


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture at all")
    (tmp_path / "empty.png").write_bytes(b"")
    assert refused(tmp_path / "notes.jpg").startswith("notes.jpg is not a picture this app can read")
    assert refused(str(tmp_path / "empty.png")) == "empty.png is empty (0 bytes)."
    assert refused(tmp_path / "gone.png") == "gone.png is missing."
    assert refused(tmp_path) == f"{tmp_path.name} is a folder, not a picture."
    assert refused("bad\0name.png").endswith("is missing.")
    assert refused(b"", name="x.gif") == "x.gif is empty (0 bytes)."
    assert refused(3) == "The picture must be given as bytes or a path, not int."  # type: ignore[arg-type]
    assert refused(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n").startswith("The picture is not a picture")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files(kind: str, share: float, tmp_path: Path) -> None:
    whole = encoded(noise(), kind)
    assert decode_image(whole).size == (60, 40)
    file = tmp_path / f"half.{kind.lower()}"
    file.write_bytes(whole[: int(len(whole) * share)])
    text = refused(file)
    assert text.startswith(file.name) and ("cut short or damaged" in text or "not a picture" in text)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow warns of odd headers that it gets over
@given(st.binary(max_size=200), st.integers(0, 2000), st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_picture_or_a_sentence(junk: bytes, where: int, kind: str) -> None:
    data = bytearray(encoded(noise(20, 20), kind))
    where %= len(data)
    data[where : where + len(junk)] = junk
    try:
        assert decode_image(bytes(data)).mode == "RGB"
    except ImageError as error:
        assert "The picture" in str(error)


@pytest.mark.filterwarnings("ignore:Image size")  # Pillow's own warning
@pytest.mark.parametrize(
    ("size", "said"),
    [((20_000, 20_000), "400 megapixels"), ((12_000, 10_000), "12,000 × 10,000 pixels (120 megapixels)")],
)
def test_pixel_bombs_are_refused_from_the_header(
    size: tuple[int, int], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*_: object) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    file = tmp_path / "bomb.png"
    file.write_bytes(raw_png(*size, 8, bytes(100)))  # claims a size and holds next to nothing
    text = refused(file)
    assert said in text and "the limit is 80 megapixels" in text
    assert 0 < MAX_PIXELS < (Image.MAX_IMAGE_PIXELS or 0)


def test_huge_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 2**20)
    file = tmp_path / "large.png"
    file.write_bytes(b"\0" * (2**20 + 1))
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    assert "the limit is 1 MB" in refused(file)
    assert "the limit is 1 MB" in refused(b"\0" * (2**20 + 1))


def test_a_picture_that_does_not_fit_into_memory_is_not_of_an_odd_colour_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(images, "_to_rgb", full)
    assert refused(encoded(noise())) == "The picture does not fit into memory."


def test_one_pixel() -> None:
    image = decode_image(encoded(Image.new("RGB", (1, 1), RED)))
    assert image.size == (1, 1) and image.getpixel((0, 0)) == RED


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk(kind: str) -> None:
    image = decode_image(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind))
    assert image.mode == "RGB"
    np.testing.assert_allclose(image.getpixel((8, 8)), (255, 0, 0), atol=6)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits(kind: str) -> None:
    ramp = np.linspace(0, 65535, 256 * 4).round().astype(np.uint16).reshape(32, 32)
    image = decode_image(encoded(Image.fromarray(ramp), kind))
    assert image.mode == "RGB"
    expected = np.rint(ramp.astype(np.float64) / 257)
    np.testing.assert_array_equal(np.asarray(image), np.repeat(expected[..., None], 3, axis=2))


def test_sixteen_bit_grey_below_256_stays_dark() -> None:
    image = decode_image(encoded(Image.fromarray(np.full((4, 4), 200, np.uint16))))
    assert image.getpixel((0, 0)) == (1, 1, 1)  # 200 of 65,535, not of 255


def test_sixteen_bit_colour() -> None:
    colour = (65535, 257 * 100, 0)
    image = decode_image(raw_png(1, 1, 16, b"\0" + struct.pack(">HHH", *colour)))
    assert image.getpixel((0, 0)) == (255, 100, 0)


@pytest.mark.parametrize("high", [1.0, 255.0, 65535.0])
def test_floating_point_grey(high: float) -> None:
    values = np.linspace(0, high, 64, dtype=np.float32).reshape(8, 8)
    values[3, 3] = np.nan  # becomes black
    expected = np.linspace(0, 255, 64)
    expected[27] = 0
    np.testing.assert_allclose(greys(encoded(Image.fromarray(values), "TIFF")).ravel(), expected, atol=0.8)


def test_wide_integers_are_stretched() -> None:
    values = np.array([[-1000, 0], [1000, 200_000]], np.int32)
    grey = np.asarray(decode_image(encoded(Image.fromarray(values), "TIFF")))[..., 0]
    np.testing.assert_array_equal(grey, np.rint((values + 1000) * 255 / 201_000))


def test_palette_and_bilevel() -> None:
    two = Image.new("RGB", (8, 4), RED)
    two.paste(BLUE, (4, 0, 8, 4))
    image = decode_image(encoded(two.quantize(2)))
    assert image.getpixel((0, 0)) == RED and image.getpixel((7, 3)) == BLUE
    assert decode_image(encoded(Image.new("1", (3, 3), 1))).getpixel((1, 1)) == (255, 255, 255)


def test_transparency_lies_on_white() -> None:
    layer = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    layer.putpixel((1, 0), (255, 0, 0, 128))
    layer.putpixel((2, 0), (*BLUE, 255))
    image = decode_image(encoded(layer))
    assert [image.getpixel((x, 0)) for x in range(3)] == [(255, 255, 255), (255, 127, 127), BLUE]
    assert decode_image(encoded(Image.new("LA", (2, 2), (0, 0)))).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (2, 1))
    palette.putpalette([*RED, *BLUE])
    palette.putpixel((1, 0), 1)
    image = decode_image(encoded(palette, transparency=0))
    assert image.getpixel((0, 0)) == (255, 255, 255) and image.getpixel((1, 0)) == BLUE
    keyed = decode_image(encoded(Image.new("RGB", (2, 2), RED), transparency=RED))
    assert keyed.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    assert decode_image(data).getpixel((4, 4)) == RED


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int) -> None:
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16], upright[8:, 16:] = 255, 120
    # How a camera stores it so that the given orientation restores it (EXIF 2.3, 4.6.4).
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(np.ascontiguousarray(stored)), exif=exif)
    np.testing.assert_array_equal(np.asarray(decode_image(data)), upright)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_broken_exif_block_costs_nothing() -> None:
    data = encoded(Image.new("RGB", (8, 8), RED), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xffjunk", quality=95)
    np.testing.assert_allclose(decode_image(data).getpixel((4, 4)), RED, atol=4)


def profile(gamma: float, space: bytes = b"RGB ") -> bytes:
    """An ICC profile (version 2) with sRGB's primaries and another gamma, made by hand."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {b"wtpt": xyz(0.9642, 1.0, 0.8249)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {b"rXYZ": xyz(0.4361, 0.2225, 0.0139), b"gXYZ": xyz(0.3851, 0.7169, 0.0971)}
        tags |= {b"bXYZ": xyz(0.1431, 0.0606, 0.7139), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    size = start + len(body)
    header = (
        struct.pack(">I4sI", size, b"lcms", 0x02400000) + b"mntr" + space + b"XYZ " + struct.pack(">6H", *[2000] * 6)
    )
    header += b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return header + table + body


def in_srgb(value: int, gamma: float) -> float:
    """The sRGB number (IEC 61966-2-1) of the light that ``value`` means under a plain gamma."""
    light = (value / 255) ** gamma
    return 255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_embedded_profile_becomes_srgb(mode: str) -> None:
    ramp = np.arange(0, 256, 17, dtype=np.uint8).reshape(4, 4)
    grey = Image.fromarray(ramp)
    image = grey.convert("RGB").quantize(256) if mode == "P" else grey.convert(mode)
    icc = profile(1.4, b"GRAY" if mode == "L" else b"RGB ")
    expected = [[in_srgb(int(value), 1.4) for value in row] for row in ramp]
    found = np.asarray(decode_image(encoded(image, icc_profile=icc)))
    np.testing.assert_allclose(found, np.repeat(np.array(expected)[..., None], 3, axis=2), atol=2)


def test_profiles_that_change_nothing() -> None:
    from PIL import ImageCms

    picture = noise()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (srgb, b"junk", profile(1.4)[:150], profile(1.4, b"GRAY"), profile(1.4, b"CMYK")):
        np.testing.assert_array_equal(np.asarray(decode_image(encoded(picture, icc_profile=icc))), np.asarray(picture))


def test_heic_says_what_to_do_and_avif_is_read() -> None:
    data = struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(100)
    assert refused(data, name="IMG_1.HEIC") == (
        "IMG_1.HEIC is a HEIC picture, which this app cannot read; save or export it as JPEG or PNG first."
    )
    if features.check("avif"):
        found = decode_image(encoded(Image.new("RGB", (16, 16), RED), "AVIF", quality=95)).getpixel((8, 8))
        np.testing.assert_allclose(found, RED, atol=6)


def test_names_are_kept_short_and_on_one_line() -> None:
    text = refused(b"junk", name="a\nb" + "x" * 500)
    assert text.startswith("a b") and len(text) < 200


def test_many_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "cat.png", tmp_path / "other" / "cat.png"):
        Image.new("RGB", (4, 4), RED).save(path)
    (tmp_path / "bad.png").write_bytes(b"bad")
    good, problems = open_images(
        [tmp_path / "cat.png", tmp_path / "bad.png", str(tmp_path / "other" / "cat.png"), tmp_path / "gone.png"]
    )
    assert list(good) == ["cat.png", "cat.png (2)"] and all(image.mode == "RGB" for image in good.values())
    assert list(problems) == ["bad.png", "gone.png"] and problems["gone.png"] == "gone.png is missing."


def test_bytes_are_not_kept_open(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    noise().save(file)
    image = decode_image(file)
    file.unlink()
    assert type(image) is Image.Image and image.resize((2, 2)).size == (2, 2) and not image.info


def test_large_images_take_turns() -> None:
    budget, most, held, lock = ByteBudget(100), [0], [0], threading.Lock()

    def work(size: int) -> None:
        with budget.reserved(size):
            with lock:
                held[0] += min(size, 100)
                most[0] = max(most[0], held[0])
            time.sleep(0.002)
            with lock:
                held[0] -= min(size, 100)

    threads = [threading.Thread(target=work, args=(size,)) for size in [30, 60, 500, 10, 90, 40] * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 60 <= most[0] <= 100


@pytest.mark.parametrize("size", [(1, 79_999_999), (79_999_999, 1), (100_001, 700)])
def test_a_side_that_is_endless_is_refused_from_the_header(size: tuple[int, int]) -> None:
    """Resizing the first would take gigabytes of weights."""
    text = refused(raw_png(*size, 8, bytes(100)))
    assert f"is too long: {size[0]:,} × {size[1]:,} pixels, and the limit is 100,000 on a side" in text


def test_a_long_name_keeps_its_end(tmp_path: Path) -> None:
    (folder := tmp_path / ("folder" * 20)).mkdir()
    for name in ("first.png", "second.png"):
        (folder / name).write_bytes(b"no picture")
        with pytest.raises(ImageError, match=rf"{name} is not a picture"):
            decode_image(folder / name, name=str(folder / name))
