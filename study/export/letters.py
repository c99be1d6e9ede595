"""The fonts of an export, and what they lack."""

import functools
import importlib.util
import re
from pathlib import Path

#: Packages of fonts (SIL Open Font License): Chinese with and without serifs; other scripts and pictograms.
PACKAGES = ("pylopdf_fonts_zh_cn", "manimgx_fonts")
#: What they are known to have: Latin, Greek, Cyrillic, punctuation, the usual Chinese.
COMMON = re.compile(r"[\u0000-\u024f\u0370-\u03ff\u0400-\u045f\u2000-\u2027\u3000-\u3029\u4e00-\u9fa5\uff01-\uff5e]+")
#: Joiners and the like have no picture of their own.
UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]|\s")


def folders() -> list[Path]:
    """Where the fonts lie. A package that is not installed is left out: Typst then takes what it has."""
    found = (importlib.util.find_spec(name) for name in PACKAGES)
    return [Path(spec.origin).parent for spec in found if spec and spec.origin]


def lacking(text: str) -> list[str]:
    """The characters of a text that no font of ours has, each once."""
    return [ch for ch in dict.fromkeys(UNSEEN.sub("", COMMON.sub("", text))) if not _known(ch)]


@functools.lru_cache(maxsize=4096)
def _known(ch: str) -> bool:
    return any(font.getmask(ch).size != empty or bytes(font.getmask(ch)) != box for font, empty, box in _fonts())


@functools.cache
def _fonts() -> list[tuple]:
    """(font, size, bytes of what it draws for a character that it lacks). Pillow comes with Streamlit; it tells a
    missing glyph by no other sign.
    """
    from PIL import ImageFont

    fonts = []
    for path in (path for folder in folders() for path in sorted(folder.glob("*.[to]tf"))):
        font = ImageFont.truetype(str(path), 16, layout_engine=ImageFont.Layout.BASIC)
        nothing = font.getmask("\U0010fffd")
        fonts.append((font, nothing.size, bytes(nothing)))
    return fonts
