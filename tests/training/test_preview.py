"""The contact sheets."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.training.preview import Preview, contact_sheet, main


def test_scenes_of_a_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.png"
    main(["--split", "id-test", "--count", "3", "--size", "64", "--out", str(out)])
    assert "192 x 78" in capsys.readouterr().out
    with Image.open(out) as sheet:
        assert sheet.size == (192, 78)
        assert len(sheet.getcolors(1 << 20) or ()) > 50


def test_classes_and_superclasses() -> None:
    one = contact_sheet(Preview(names=("kite",), out=Path("x.png"), size=64))
    assert one.size == (128, 64)
    assert contact_sheet(Preview(names=("toy",), out=Path("x.png"), size=64)).width == 256


@pytest.mark.parametrize(
    ("name", "out", "sentence"),
    [
        ("unicorn", "x.png", "no class or superclass named 'unicorn'; it has the classes cat, dog"),
        ("kite", "x.picture", "x.picture cannot be written: unknown file extension: .picture"),
        ("kite", "nowhere/x.png", "No such file or directory"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    name: str, out: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--size", "64", "--out", str(tmp_path / out)])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and sentence in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_unknown_splits_and_sizes(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no split named 'x'"):
        contact_sheet(Preview(out=tmp_path, split="x"))
    with pytest.raises(StudioError, match="64 to 512 pixels wide, not 9"):
        contact_sheet(Preview(out=tmp_path, size=9))
