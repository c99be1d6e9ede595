"""How long our WordPiece takes beside the library's on some thousand sentences: python -m tests.bench.bench_wordpiece

Both read the same seeded sentences, one call per sentence, on one thread; the best of five rounds counts, the two in
turn, so that a busy machine slows both.
"""

import os

os.environ["RAYON_NUM_THREADS"] = "1"  # before the library starts its threads
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import json
import platform
import random
from collections.abc import Callable
from time import perf_counter

from models import bert_files, bpe, wordpiece

SENTENCES, ROUNDS = 4000, 5


def sentences(seed: int = 0) -> list[str]:
    """5 to 30 words each: whole pieces of the vocabulary, joined pieces, some capitals, accents, Chinese, commas."""
    rng = random.Random(seed)
    vocabulary = list(wordpiece.load().vocabulary)
    whole = [p for p in vocabulary if p.isascii() and p.isalpha()]
    ends = [p[2:] for p in vocabulary if p.startswith("##") and p.isascii()]

    def word() -> str:
        kind = rng.random()
        if kind < 0.7:
            return rng.choice(whole[:5000])
        if kind < 0.85:
            return rng.choice(whole) + rng.choice(ends)
        return rng.choice([rng.choice(whole).title(), rng.choice(whole) + ",", "café", "中文", "naïve", "3.14", "(😀)"])

    return [" ".join(word() for _ in range(rng.randint(5, 30))) + "." for _ in range(SENTENCES)]


def seconds(read: Callable[[str], object], texts: list[str]) -> float:
    start = perf_counter()
    for text in texts:
        read(text)
    return perf_counter() - start


def main() -> None:
    texts = sentences()
    ours = wordpiece.load()
    theirs = bert_files.tokenizer(bert_files.folder() / "tokenizer.json")
    pieces = [ours.tokenize(t) for t in texts]
    assert pieces == [theirs.encode(t, add_special_tokens=False).tokens for t in texts]
    rounds = [
        (seconds(ours.tokenize, texts), seconds(lambda t: theirs.encode(t, add_special_tokens=False).tokens, texts))
        for _ in range(ROUNDS)
    ]
    us, them = (min(times) for times in zip(*rounds, strict=True))
    counts: dict[str, int] = {}
    for word in (w for t in texts[:100] for w in wordpiece.words(t)):
        counts[word] = counts.get(word, 0) + 1
    start = perf_counter()
    merges = len(bpe.train(counts, 100))
    result = {
        "sentences": len(texts),
        "pieces": sum(map(len, pieces)),
        "ours_s": round(us, 3),
        "library_s": round(them, 3),
        "ratio": round(us / them, 1),
        "ours_pieces_per_s": round(sum(map(len, pieces)) / us),
        "bpe_words": len(counts),
        "bpe_merges": merges,
        "bpe_s": round(perf_counter() - start, 3),
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
