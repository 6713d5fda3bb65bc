"""Samples of more than eight bits: what the file says first, else a robust range."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ood_studio.data import decode_image, images
from tests.data.test_images import encoded, greys, refused


def tiff(values: np.ndarray, bits: int = 0, **tags: int) -> bytes:
    """A plain TIFF by hand, so that it says exactly what a test wants; ``tags`` as ``t262=0``."""
    body = values.astype(values.dtype.newbyteorder("<")).tobytes()
    if bits == 12:
        pairs = values.reshape(-1, 2).astype(np.uint32)
        joined = (pairs[:, 0] << 12) | pairs[:, 1]
        body = b"".join(int(each).to_bytes(3, "big") for each in joined)
    height, width = values.shape
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    entries = {256: width, 257: height, 258: bits or 8 * values.itemsize, 259: 1, 262: 1, 273: 8, 277: 1, 278: height}
    entries |= {279: len(body), 339: kind} | {int(name[1:]): value for name, value in tags.items()}
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items()))
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(body))
        + body
        + struct.pack("<H", len(entries))
        + listed
        + struct.pack("<I", 0)
    )


def test_a_little_more_than_one_is_not_black() -> None:
    ramp = np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)
    over = ramp.copy()
    over[0, 0] = 1.001
    whole, little = (greys(encoded(Image.fromarray(each), "TIFF")) for each in (ramp, over))
    assert np.abs(whole[1:].astype(int) - little[1:]).max() <= 1
    assert np.abs(whole.ravel() - np.linspace(0, 255, 4096)).max() <= 1
    image = decode_image(encoded(Image.fromarray(over), "TIFF"))
    assert str(image.info[images.NOTE]).startswith("samples from 0.001244 to 0.9992 are shown")


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
@settings(max_examples=30)
def test_the_range_of_floats_does_not_matter(low: float, span: float) -> None:
    ramp = (low + span * np.linspace(0, 1, 400)).astype(np.float32).reshape(20, 20)
    plain = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    tolerance = 2 + 255 * np.spacing(np.float32(abs(low) + span)) * 2 / span
    found, wanted = (greys(encoded(Image.fromarray(each), "TIFF")).astype(float) for each in (ramp, plain))
    assert np.abs(found - wanted).max() <= tolerance


def test_bits_a_sample_count() -> None:
    ramp = np.linspace(0, 4095, 4096).round().astype(np.uint16).reshape(64, 64)
    np.testing.assert_array_equal(greys(tiff(ramp, bits=12)), np.rint(ramp / 4095 * 255))
    assert "12 bits" in decode_image(tiff(ramp, bits=12)).info[images.NOTE]
    assert images.NOTE not in decode_image(tiff(ramp * 16)).info


def test_white_may_be_zero() -> None:
    ramp = np.linspace(0, 65535, 4096).round().astype(np.uint16).reshape(64, 64)
    np.testing.assert_array_equal(greys(tiff(ramp, t262=0)), 255 - greys(tiff(ramp)))


def test_the_range_that_a_file_says() -> None:
    ramp = np.linspace(0, 1000, 4096).round().astype(np.uint16).reshape(64, 64)
    np.testing.assert_array_equal(greys(tiff(ramp, t280=0, t281=1000)), np.rint(ramp / 1000 * 255))


def test_thirty_two_bits_without_a_sign_do_not_wrap() -> None:
    ramp = np.linspace(0, 2**32 - 1, 4096).astype(np.uint32).reshape(64, 64)
    grey = greys(tiff(ramp)).ravel().astype(int)
    assert (np.diff(grey) >= 0).all() and grey[0] == 0 and grey[-1] == 255


def test_sixteen_bit_grey_keeps_its_transparency() -> None:
    image = Image.fromarray(np.array([[0, 32768]], np.uint16))
    found = greys(encoded(image, transparency=0))
    assert found.tolist() == [[255, 128]]


def test_sixty_four_bit_numbers_are_refused_by_name() -> None:
    assert refused(tiff(np.zeros((4, 4))), "deep.tif") == (
        "deep.tif is a TIFF of 64-bit floating-point numbers, which this app cannot read; "
        "save it with 8, 16 or 32 bits a sample."
    )
