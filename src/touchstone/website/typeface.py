"""Cuts the paper's typeface out of Source Serif 4: `python -m touchstone.website.typeface`, once for each environment.

The fonts come with a pinned package and stay out of the repository; deploy/environment.sh runs this. Where it was not
run, pages are set in what the reader's device has.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "static" / "website" / "fonts"
FAMILY = "Touchstone Serif"
OPTICAL_SIZE_PT = 14.0
FEATURES = ["kern", "liga", "mark", "mkmk", "ccmp", "locl"]
# Western European letters, and the punctuation and signs that our pages write.
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x100), 0x131, 0x152, 0x153, 0x160, 0x161, 0x178, 0x17D, 0x17E]
SIGNS = [ord(sign) for sign in " ‑–—‘’‚“”„†•…′″‹›€™←↑→↓−≈≠≤≥\u2009\u202f"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One file of the typeface."""

    file: str
    weight: int
    is_italic: bool


CUTS = (
    Cut("text.woff2", weight=400, is_italic=False),
    Cut("text-italic.woff2", weight=400, is_italic=True),
    Cut("bold.woff2", weight=700, is_italic=False),
)


def has_typeface() -> bool:
    """Whether every file of the typeface has been cut."""
    return all((FOLDER / cut.file).is_file() for cut in CUTS)


def cut_typeface(folder: Path) -> None:
    """Write the files of the typeface and its licence into a folder. Raises ImportError without the font's package."""
    import fontpkg_source_serif_4

    source = Path(fontpkg_source_serif_4.__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "LICENSE", folder / "OFL.txt")
    for cut in CUTS:
        slope = "-Italic" if cut.is_italic else ""
        write_cut(source / "files" / f"SourceSerif4{slope}[opsz,wght].ttf", cut, folder)


def write_cut(source: Path, cut: Cut, folder: Path) -> None:
    """Write one weight with our letters only; the licence reserves the name, so it gets another."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    options = Options(flavor="woff2", layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(source)
    cutter = Subsetter(options)
    cutter.populate(unicodes=[*LETTERS, *SIGNS])
    cutter.subset(font)
    font = instantiateVariableFont(font, {"opsz": OPTICAL_SIZE_PT, "wght": float(cut.weight)})
    for record in font["name"].names:
        record.string = str(record).replace("Source Serif 4", FAMILY).replace("SourceSerif4", "TouchstoneSerif")
    font.flavor = "woff2"
    part = folder / f"{cut.file}.part"
    font.save(part)
    part.replace(folder / cut.file)


if __name__ == "__main__":
    cut_typeface(FOLDER)
    sys.exit(0)
