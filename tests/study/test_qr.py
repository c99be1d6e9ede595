"""QR codes: a drawing of squares, in which nothing of the text stands as text."""

import xml.etree.ElementTree as ElementTree

import pytest
import segno

from study import qr


@pytest.mark.parametrize(
    "text", ["http://192.168.1.7:8501", "http://x/<script>alert(1)</script>?q=\"'&amp;", "课堂 😀"]
)
def test_a_drawing_has_squares_only(text):
    drawing = ElementTree.fromstring(qr.svg(text))
    assert {part.tag.rpartition("}")[2] for part in drawing.iter()} == {"svg", "path"}
    assert not any((part.text or "").strip() for part in drawing.iter())
    assert "script" not in qr.svg(text) and "alert" not in qr.svg(text)


def test_it_has_the_margin_that_cameras_need():
    side = segno.make("http://192.168.1.7:8501", micro=False).symbol_size(border=4)[0]
    assert ElementTree.fromstring(qr.svg("http://192.168.1.7:8501")).get("viewBox") == f"0 0 {side} {side}"
