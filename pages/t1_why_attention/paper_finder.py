"""Which sentence of the paper says so: section, page, a few words of it.   Vaswani et al. 2017, arXiv 1706.03762v7."""

from typing import Annotated, NamedTuple

from study.controls import Choice, When
from study.demo import Claim, Evidence, Origin
from study.views import Say, Table

LISTS = ("features", "problem", "weaknesses")
TOPICS = ("parallel", "distance", "order", "cost")
MOST_WORDS = 9  # of a quotation
PRESETS = {
    "features": {},
    "problem": {"which": "problem"},
    "weaknesses": {"which": "weaknesses"},
    "order": {"by": "topic", "topic": "order"},
    "cost": {"by": "topic", "topic": "cost"},
}


class Entry(NamedTuple):
    """A claim (a key of the yaml), the list and the topic that it belongs to, its place, words of the paper."""

    claim: str
    list: str
    topic: str
    section: str
    page: int
    words: str


ENTRIES = [
    Entry("attention_only", "features", "", "1", 2, "relying entirely on an attention mechanism"),
    Entry("two_stacks", "features", "", "3.1", 3, "a stack of N = 6 identical layers"),
    Entry("scaled_dot", "features", "", "3.2.1", 4, "Scaled Dot-Product Attention"),
    Entry("multi_head", "features", "", "3.2.2", 5, "h = 8 parallel attention layers, or heads"),
    Entry("feed_forward", "features", "", "3.3", 5, "applied to each position separately and identically"),
    Entry("positions", "features", "order", "3.5", 6, "no recurrence and no convolution"),
    Entry("sequential", "problem", "parallel", "1", 2, "precludes parallelization within training examples"),
    Entry("grows", "problem", "distance", "2", 2, "grows in the distance between positions"),
    Entry("constant", "problem", "distance", "2", 2, "reduced to a constant number of operations"),
    Entry("short_paths", "problem", "distance", "4", 6, "the easier it is to learn long-range dependencies"),
    Entry("one_step", "problem", "parallel", "4", 6, "a constant number of sequentially executed operations"),
    Entry("fraction", "problem", "cost", "6.1", 8, "at a fraction of the training cost"),
    Entry("quadratic", "weaknesses", "cost", "4", 6, "Self-Attention O(n² · d)"),
    Entry("restricted", "weaknesses", "cost", "4", 7, "considering only a neighborhood of size r"),
    Entry("blurred", "weaknesses", "distance", "2", 2, "reduced effective resolution due to averaging"),
    Entry("no_order", "weaknesses", "order", "3.5", 6, "we must inject some information"),
    Entry("longer", "weaknesses", "order", "3.5", 6, "it may allow the model to extrapolate"),
    Entry("generation", "weaknesses", "parallel", "7", 10, "Making generation less sequential"),
]  # fmt: skip
#: On which pages of the PDF (v7) a section stands, with its tables.
PAGES = {"1": (2, 2), "2": (2, 2), "3.1": (3, 3), "3.2.1": (4, 4), "3.2.2": (4, 5), "3.3": (5, 5), "3.5": (6, 6),
         "4": (6, 7), "6.1": (8, 8), "7": (10, 10)}  # fmt: skip


def paper_finder(
    by: Annotated[str, Choice("list", "topic")] = "list",
    which: Annotated[str, Choice(*LISTS), When(by="list")] = "features",
    topic: Annotated[str, Choice(*TOPICS), When(by="topic")] = "parallel",
) -> Evidence:
    """The claims of one list, or of one topic across the lists."""
    chosen = [entry for entry in ENTRIES if (entry.list == which if by == "list" else entry.topic == topic)]
    rows = [[Say(entry.claim), _place(entry), str(entry.page), f"“{entry.words}”"] for entry in chosen]
    misplaced = [entry for entry in ENTRIES if not PAGES[entry.section][0] <= entry.page <= PAGES[entry.section][1]]
    return Evidence(
        Table(["claim", "section", "page", "words"], rows, which if by == "list" else topic),
        claims=[
            Claim("on_its_pages", measured=len(misplaced), expected=0),
            Claim("short", measured=max(len(entry.words.split()) for entry in ENTRIES), expected=MOST_WORDS, op="≤"),
        ],
        origin=Origin.PAPER,
        source="arXiv 1706.03762v7",
    )


def _place(entry: Entry) -> str | Say:
    """§4's first column is a table."""
    return Say("table_1") if entry.claim == "quadratic" else f"§{entry.section}"
