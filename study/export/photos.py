"""Pictures of the reader's own for their answers, ![caption](name.png): opened before they are taken, and written anew.

What is kept is pixels: the place and the camera that a phone writes into a photo are not handed on.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.export.book import file_name
from study.export.materials import IMAGE_BYTES, IMAGE_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2400  # px: a page's width at 380 dots per inch; larger ones are made smaller
KINDS = {"PNG": "png", "JPEG": "jpg"}


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


def markdown(name: str) -> str:
    """What puts a picture of this name into an answer; its caption goes between the square brackets."""
    return f"![]({name})"


def taken(name: str, data: bytes) -> Photo:
    """The picture of a file. Raises Refused."""
    from PIL import ImageOps

    with opened(data) as image:
        kind, upright = image.format, ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return Photo(_name(name, KINDS[kind]), _written(upright, kind))


@contextmanager
def opened(data: bytes) -> "Iterator[Image]":
    """A file as a picture whose pixels have been read. Raises Refused: too large, no picture, a damaged one."""
    from PIL import Image as images
    from PIL import UnidentifiedImageError

    if len(data) > IMAGE_BYTES:
        raise Refused("large")
    try:
        with images.open(io.BytesIO(data), formats=tuple(KINDS)) as image:
            if image.width * image.height > IMAGE_PIXELS:
                raise Refused("large")
            image.load()
            yield image
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, images.DecompressionBombError) as error:
        raise error if isinstance(error, Refused) else Refused("kind") from None


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
