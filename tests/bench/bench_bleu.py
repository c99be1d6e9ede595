"""How long models.bleu takes beside sacrebleu, on 2,000 segments, in one run:  python -m tests.bench.bench_bleu

Both score the same seeded segments of 5 to 40 words, in turns. A sacrebleu.BLEU object remembers texts that it has
tokenized and ours remembers nothing, so there are two rows: "new", by sacrebleu.corpus_bleu, which begins with a new
object; "kept", by an object that has seen the same texts before. Seconds differ from machine to machine; what counts
is the ratio of the medians. Nothing is asserted: PASS or OVER stands beside the bound.
"""

import random
import time
from collections.abc import Callable
from statistics import median

import sacrebleu

from models import bleu

SEGMENTS, ROUNDS, BOUND = 2000, 5, 1.5


def text(words: list[str], chinese: bool) -> str:
    """Clauses of eight words with commas between and a full stop at the end."""
    space, comma, stop = ("", "，", "。") if chinese else (" ", ", ", ".")
    return comma.join(space.join(words[i : i + 8]) for i in range(0, len(words), 8)) + stop


def corpus(seed: int, streams: int, chinese: bool) -> tuple[list[str], list[list[str]]]:
    """Hypotheses and reference streams that share seven words of ten with them."""
    rng = random.Random(seed)
    vocabulary = [chr(0x4E00 + i) if chinese else f"word{i}" for i in range(2000)]
    said = [rng.choices(vocabulary, k=rng.randint(5, 40)) for _ in range(SEGMENTS)]
    refs = [
        [[w if rng.random() < 0.7 else rng.choice(vocabulary) for w in hyp] for hyp in said] for _ in range(streams)
    ]
    return [text(hyp, chinese) for hyp in said], [[text(ref, chinese) for ref in stream] for stream in refs]


def seconds(score: Callable[[], object]) -> float:
    begun = time.process_time()
    score()
    return time.process_time() - begun


def main() -> None:
    print(f"{SEGMENTS} segments, sacrebleu {sacrebleu.__version__}, median of {ROUNDS}, bound {BOUND}")
    for tokenize in bleu.TOKENIZERS:
        for streams in (1, 2):
            hyps, refs = corpus(streams, streams, chinese=tokenize in ("zh", "char"))
            metric = sacrebleu.BLEU(tokenize=tokenize, force=True)
            metric.corpus_score(hyps, refs)
            times = {"ours": [], "new": [], "kept": []}
            for _ in range(ROUNDS):
                times["ours"].append(seconds(lambda h=hyps, r=refs, t=tokenize: bleu.corpus_bleu(h, r, t)))
                times["new"].append(
                    seconds(lambda h=hyps, r=refs, t=tokenize: sacrebleu.corpus_bleu(h, r, tokenize=t, force=True))
                )
                times["kept"].append(seconds(lambda h=hyps, r=refs, m=metric: m.corpus_score(h, r)))
            ours = median(times.pop("ours"))
            for kind, theirs in times.items():
                ratio = ours / median(theirs)
                told = f"ours {ours * 1e3:4.0f} ms   sacrebleu {median(theirs) * 1e3:4.0f} ms ({kind:4})"
                told += f"   ratio {ratio:4.2f}   {'PASS' if ratio <= BOUND else 'OVER'}"
                print(f"{tokenize:5} {streams} references   {told}", flush=True)


if __name__ == "__main__":
    main()
