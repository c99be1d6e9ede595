"""A place in the lessons, as its link says it: which lesson, which demo, the values of its controls, which step.

Place("t5_attention", "scaling", (("t5_attention.scaling.d_k", "128"),)).link()
# "t5_attention?t5_attention.scaling.d_k=128#scaling"
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from study.demo import STEP

LONGEST = 8000  # characters of a link
NAME = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True)
class Place:
    """demo: "" for the lesson itself. query: of the demo's controls that differ from their defaults, as in a link."""

    stem: str
    demo: str = ""
    query: tuple[tuple[str, str], ...] = ()
    step: str = ""

    def values(self) -> dict[str, str]:
        """The query parameters, the step's among them."""
        step = {f"{self.stem}.{self.demo}.{STEP}": self.step} if self.step else {}
        return dict(self.query) | step

    def link(self) -> str:
        """Behind the app's address and a slash."""
        query = "&".join(f"{k}={quote(v, safe='')}" for k, v in self.values().items())
        return self.stem + f"?{query}" * bool(query) + f"#{self.demo}" * bool(self.demo)


def read(link: str) -> Place | None:
    """The place that a link names; None for what is no such link. Whether there is that lesson, its caller knows."""
    if len(link) > LONGEST:
        return None
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, strict_parsing=bool(parts.query), max_num_fields=100)
    except ValueError:
        return None
    stem, demo = parts.path, unquote(parts.fragment)
    if parts.scheme or parts.netloc or not NAME.fullmatch(stem) or (demo and not NAME.fullmatch(demo)):
        return None
    step = dict(pairs).get(f"{stem}.{demo}.{STEP}", "")
    if step and not NAME.fullmatch(step):
        return None
    query = tuple((k, v) for k, v in pairs if k.startswith(f"{stem}.") and k != f"{stem}.{demo}.{STEP}")
    return Place(stem, demo, query, step)
