"""QR codes: as a drawing for a page, and on a terminal (python -m study.qr URL …).   ISO/IEC 18004, by segno."""

import io
import sys

import segno

QUIET = 4  # modules of white around it, as the standard asks


def svg(text: str) -> str:
    """A drawing of squares: of the text only its squares come into it. Black on white in both themes, for cameras."""
    out = io.BytesIO()
    code = segno.make(text, micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=QUIET, dark="#000", light="#fff")
    return out.getvalue().decode()


def main(texts: list[str]) -> None:
    """Prints each text with its code."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # a terminal of Windows may speak another one
    for text in texts:
        print(text)
        segno.make(text, micro=False).terminal(compact=True, border=2)


if __name__ == "__main__":
    main(sys.argv[1:])
