"""Pictures of the reader's own for their answers, ![caption](name.png): opened before they are taken, and written anew.

What is kept is pixels: the place and the camera that a phone writes into a photo are not handed on.
"""

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.export.book import file_name
from study.export.materials import IMAGE_BYTES, IMAGE_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2400  # px: a page's width at 380 dots per inch; larger ones are made smaller
KINDS = {"PNG": "png", "JPEG": "jpg"}
MOST, MOST_BYTES = 40, 30 << 20  # pictures of one reader, their bytes together


class Refused(ValueError):
    """A file that is not taken; key: its sentence in photos.refused of app.yaml."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Photo:
    """A picture that was taken. name: as an answer names it."""

    name: str
    data: bytes

    @property
    def markdown(self) -> str:
        return f"![]({self.name})"


def taken(name: str, data: bytes, have: dict[str, Photo]) -> Photo:
    """The picture of a file. have: those that are there; one of the same name is to be replaced. Raises Refused."""
    from PIL import Image as opened
    from PIL import ImageOps, UnidentifiedImageError

    if len(data) > IMAGE_BYTES:
        raise Refused("large")
    try:
        with opened.open(io.BytesIO(data), formats=tuple(KINDS)) as image:
            if image.width * image.height > IMAGE_PIXELS:
                raise Refused("large")
            kind, upright = image.format, ImageOps.exif_transpose(image)
    except Refused:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, opened.DecompressionBombError):
        raise Refused("kind") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    named = _name(name, KINDS[kind])
    photo = Photo(named, _written(upright, kind))
    others = [other for other in have.values() if other.name != named]
    if len(others) >= MOST or sum(len(other.data) for other in [*others, photo]) > MOST_BYTES:
        raise Refused("many")
    return photo


def _name(name: str, ending: str) -> str:
    """ "My photo (1).JPG" -> "My_photo_1.jpg": a name that needs no escapes in Markdown."""
    stem = re.sub(r"[^\w-]+", "_", name.rpartition(".")[0] or name).strip("_")
    return file_name(stem or "picture", "", "", ending)


def _written(image: "Image", kind: str) -> bytes:
    """Pixels alone, with what their colours mean: no place, no camera, no comment."""
    colors = image.info.get("icc_profile") if image.mode in ("L", "RGB", "RGBA") else None
    if kind == "JPEG" and image.mode != "L":
        image = image.convert("RGB")
    elif kind == "PNG" and image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA")
    image.info.clear()
    out = io.BytesIO()
    image.save(out, kind, icc_profile=colors, **({"quality": 90} if kind == "JPEG" else {}))
    return out.getvalue()
