"""The two vocabularies of the translator: Chinese by character, English by byte-pair encoding. Needs no torch.

Both number their special pieces alike. A Chinese text is first brought to one form (NFKC, no spaces, Chinese
punctuation), so that ？ and ? are one piece; a character that the training did not see becomes [UNK].
"""

import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tokenizers import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[START]", "[END]")
PAD, UNK, START, END = range(4)
UNKNOWN = SPECIAL[UNK]
_CHINESE_MARKS = str.maketrans({",": "，", "?": "？", "!": "！", ":": "：", ";": "；", "(": "（", ")": "）"})
PLAIN_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """source: the characters in the order of their ids. target: the library's tokenizer of English."""

    source: tuple[str, ...]
    target: Tokenizer

    @cached_property
    def number(self) -> dict[str, int]:
        """The id of every character, special pieces included."""
        return {c: i for i, c in enumerate(self.source)}

    def encode_source(self, text: str) -> list[int]:
        """Chinese -> one id per character; special pieces that are typed are characters like any other."""
        return [self.number.get(c, UNK) for c in canonical(text)]

    def encode_target(self, text: str) -> list[int]:
        """English -> ids, without start and end."""
        return self.target.encode(text.translate(PLAIN_QUOTES), add_special_tokens=False).ids

    def decode_target(self, ids: list[int]) -> str:
        """Ids -> English; special pieces are left out."""
        return self.target.decode([i for i in ids if i >= len(SPECIAL) or i == UNK], skip_special_tokens=False)

    def target_pieces(self, ids: list[int]) -> list[str]:
        """The pieces as they are stored: ▁ stands for the space before a word."""
        return [self.target.id_to_token(i) for i in ids]

    def save(self, path: Path) -> None:
        """Both in one JSON file."""
        content = {"source": self.source, "target": json.loads(self.target.to_str())}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def load(path: Path) -> Vocabulary:
    """What `save` wrote. Raises OSError, ValueError."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Vocabulary(tuple(content["source"]), Tokenizer.from_str(json.dumps(content["target"])))


def canonical(text: str) -> str:
    """The form in which the translator reads Chinese: NFKC, nothing invisible, Chinese punctuation."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(c for c in text if unicodedata.category(c)[0] not in "ZC").translate(_CHINESE_MARKS)
