"""What notebooks are shown."""

from __future__ import annotations

import base64
import io
import re

from PIL import Image

from ood_studio.core.html import Html, bar, bold, data_url, gallery, html, stacked, table

STRANGE = '<script>alert("x")</script>'


def test_texts_are_escaped_once() -> None:
    assert html(STRANGE) == "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"
    assert html(html(STRANGE)) == html(STRANGE) and html(3) == "3"
    image = Image.new("RGB", (2, 2))
    for made in (
        bold(STRANGE),
        stacked(STRANGE, bold(STRANGE)),
        table([STRANGE, "b"], [[STRANGE, STRANGE]], STRANGE),
        gallery([(image, STRANGE), (None, STRANGE)]),
    ):
        assert isinstance(made, Html) and "<script>" not in made and "&amp;" not in made
        assert "&lt;script&gt;" in made


def test_a_table_has_a_line_a_row_and_numbers_to_the_right() -> None:
    made = table(("name", "value"), [("a", 1), ("b", bold("2"))], "About")
    assert made.count("<tr>") == 3 and made.count("<th ") == 2 and made.count("<td ") == 4
    assert re.findall(r"text-align:(\w+)\">([^<]+|<b>2</b>)</td>", made) == [
        ("left", "a"),
        ("right", "1"),
        ("left", "b"),
        ("right", "<b>2</b>"),
    ]


def test_a_gallery_holds_thumbnails_and_counts_the_rest() -> None:
    image = Image.new("RGBA", (900, 300), (255, 0, 0, 255))
    made = gallery([(image, "red"), (None, "broken.png cannot be read")], more=1200)
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', made)
    thumbnail = Image.open(io.BytesIO(base64.b64decode(data)))
    assert thumbnail.size == (224, 75) and thumbnail.getpixel((3, 3)) == (255, 0, 0)
    assert image.size == (900, 300)
    assert "broken.png cannot be read" in made and "and 1,200 more" in made
    assert "more" not in gallery([(image, "red")])
    assert data_url(image, 10) != data_url(image, 20)


def test_a_bar_is_as_long_as_its_share() -> None:
    assert "width:25.00%" in bar(0.25, "#000") and 'aria-label="25 %"' in bar(0.25, "#000")
    assert "width:100.00%" in bar(7.0, "#000") and "width:0.00%" in bar(-1.0, "#000")


def test_empty_parts_are_left_out() -> None:
    assert stacked("a", "", bold("b")).count("<p ") == 1
