"""What pages load: the typeface cut out of its package, styles, and scripts without their comments."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from touchstone.website import assets, typeface


@pytest.mark.slow
def test_a_cut_has_our_letters_weighs_little_and_bears_another_name(tmp_path: Path) -> None:
    typeface.cut_typeface(tmp_path)
    assert (tmp_path / "OFL.txt").read_text().count("Reserved Font Name") >= 1
    for cut in typeface.CUTS:
        file = tmp_path / cut.file
        assert file.stat().st_size < 25_000
        font = TTFont(file)
        assert {*map(ord, "AzéßØ€–“…")} <= font.getBestCmap().keys()
        assert "fvar" not in font
        names = [str(record) for record in font["name"].names if record.nameID in {1, 4, 6}]
        assert names
        assert not [name for name in names if "Source" in name]


def test_styles_ask_for_no_font_that_was_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assets._bundle.cache_clear()
    monkeypatch.setattr(assets, "is_set_in_own_type", lambda: False)
    without = assets.content("site.css") or b""
    assets._bundle.cache_clear()
    monkeypatch.setattr(assets, "is_set_in_own_type", lambda: True)
    with_type = assets.content("site.css") or b""
    assets._bundle.cache_clear()
    assert b"@font-face" not in without
    assert with_type.count(b"@font-face") == len(typeface.CUTS)
    assert b"@layer tokens" in without


def test_scripts_are_served_without_the_lines_that_only_comment() -> None:
    script = "// @ts-check\n/** What it does.\n * In detail. */\nconst a = 'http://x'; // why\n  // how\n  go(a);\n"
    assert assets.without_comments(script) == "const a = 'http://x'; // why\n  go(a);\n"
