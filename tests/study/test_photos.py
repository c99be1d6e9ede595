"""A reader's own pictures: opened before they are taken, without what a phone writes into them, and in the book."""

import io

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from study.export import Chapter, Cover, to_html
from study.export.photos import LONGEST_SIDE, Refused, markdown, taken


def file(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **more) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "called"),
    [
        ("draw.png", "PNG", "draw.png"),
        ("My photo (1).JPG", "JPEG", "My_photo_1.jpg"),
        ("注意力 图.jpeg", "JPEG", "注意力_图.jpg"),
        ("../../etc/passwd", "PNG", "picture.png"),
        ("](javascript:alert(1)).png", "PNG", "javascript_alert_1.png"),
        ("CON.png", "PNG", "_CON.png"),
        ("😀.png", "PNG", "picture.png"),
        ("really a jpeg.png", "JPEG", "really_a_jpeg.jpg"),
    ],
)
def test_a_picture_is_taken_under_a_name_that_markdown_can_hold(name, kind, called):
    photo = taken(name, file(kind))
    assert photo.name == called and markdown(photo.name) == f"![]({called})"
    assert Image.open(io.BytesIO(photo.data)).size == (40, 20)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixels_is_taken(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert Image.open(io.BytesIO(taken("a", file(kind, mode=mode)).data)).size == (40, 20)


def test_a_photo_stands_upright_is_made_smaller_and_says_nothing_of_its_place():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"  # turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    photo = taken("p.jpg", file("JPEG", (LONGEST_SIDE * 2, 100), exif=exif))
    image = Image.open(io.BytesIO(photo.data))
    assert image.size == (50, LONGEST_SIDE) and not image.getexif() and b"camera" not in photo.data
    info = PngInfo()
    info.add_text("Comment", "at my home")
    assert b"at my home" not in taken("p.png", file(pnginfo=info)).data


def test_what_is_see_through_stays_so():
    image = Image.new("P", (4, 4), 0)
    ImageDraw.Draw(image).point((1, 1), 1)
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0)
    seen = Image.open(io.BytesIO(taken("a.png", out.getvalue()).data))
    assert seen.getpixel((0, 0))[3] == 0 and seen.getpixel((1, 1))[3] == 255


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "kind"),
        (b"no picture", "kind"),
        (file()[:60], "kind"),
        (file("GIF"), "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind"),
        (bytes((10 << 20) + 1), "large"),
        (file(size=(10_001, 5_000), mode="1"), "large"),
    ],
    ids=["empty", "text", "cut", "gif", "svg", "bytes", "pixels"],
)
def test_a_bad_file_is_refused(data, why):
    with pytest.raises(Refused) as refused:
        taken("x.png", data)
    assert refused.value.key == why


def test_it_stands_in_the_book(tmp_path):
    photo = taken("my drawing.png", file())
    (tmp_path / photo.name).write_bytes(photo.data)
    text = markdown(photo.name).replace("[]", "[**mine** $x$]")
    made = to_html(Cover("", "", "", "t"), [Chapter("q", "Q", text)], "en", pictures=tmp_path)
    assert (
        made.failures == []
        and b"data:image/png;base64," in made.data
        and b"<small><strong>mine</strong> <img" in made.data
    )
