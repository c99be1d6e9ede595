"""Numbers as people type them: decimal points and commas, full-width digits, thousands, per cent, powers of ten."""

import math
import re
import unicodedata

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?%?")
_GROUPED = re.compile(r"([+-]?\d{1,3})(,\d{3})+(?![\d,])")
_MINUS = str.maketrans("−–—﹣", "----")


def read(text: str) -> float:
    """The number that a person typed: "0.5", "0,5", "０．５", "1,234" (thousands), "1e-3", "50%" (50), "−2".

    A comma is a decimal comma unless it sets off groups of three digits after a digit other than a lone 0. Raises
    ValueError for what is no number, or is not clearly one ("1.2.3", "1,23,4", "3 or 4", "三").
    """
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS)
    plain = re.sub(r"(?<=\d)[ '’\u00a0\u202f](?=\d{3}(\D|$))", "", plain).strip().lower()
    if _GROUPED.match(plain) and not re.match(r"[+-]?0,", plain):
        plain = plain.replace(",", "")
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain) or not plain.isascii():
        raise ValueError(f"{text!r} is not a number")
    value = float(plain.removesuffix("%"))
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is too large")
    return value
