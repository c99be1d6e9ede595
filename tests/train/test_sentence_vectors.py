"""What vectors are worth: measured again on a few pairs, and written as it is read."""

import pytest
import torch
from scipy.stats import spearmanr

from models import bert
from models.records import sentence_vectors as records
from models.train.sentence_vectors import __main__
from models.train.sentence_vectors.card import card
from models.train.sentence_vectors.measure import read

PAIRS = (
    (5.0, "A man is playing a guitar.", "A man plays the guitar."),
    (0.0, "A plane is taking off.", "My bicycle has a flat tyre."),
    (2.0, "A man is playing a guitar.", "A woman is playing the flute."),
    (4.0, "Two girls run along a beach.", "The girls are running by the sea."),
)


def test_the_command_writes_results_and_card(tmp_path):
    folder = tmp_path / "glue" / "STS-B"
    folder.mkdir(parents=True)
    for side in ("train", "dev"):
        rows = ["\t".join(["c", "f", "y", "1", str(score), *texts]) for score, *texts in PAIRS]
        (folder / f"sts-{side}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    threads, path = torch.get_num_threads(), tmp_path / "made" / "results.json"
    try:
        __main__.main(["--data", str(tmp_path / "glue"), "--out", str(path)])
    finally:
        torch.set_num_threads(threads)
    found = records.load(path)
    assert found.pairs == len(PAIRS) and found.command.endswith("--data glue --out results.json")
    assert (path.parent / "CARD.md").read_text(encoding="utf-8") == card(found)
    assert found.spearman["causal"]["cls"] is None
    assert found.spearman["both"]["mean"] == pytest.approx(_by_hand(), abs=1e-4)


def _by_hand() -> float:
    """The same by the model's own trace, text by text, and scipy."""
    cosines = []
    for _, *texts in PAIRS:
        u, v = (bert.load().trace(text).hidden[-1].mean(0) for text in texts)
        cosines.append(torch.cosine_similarity(u, v, dim=0).item())
    return spearmanr(cosines, [score for score, *_ in PAIRS])[0]


def test_texts_are_read_as_the_model_reads_them():
    text = PAIRS[0][1]
    found = read(bert.load(), [text, PAIRS[1][1], text])
    assert len(found) == 2
    torch.testing.assert_close(
        found[text]["both"]["mean"], bert.load().trace(text).hidden[-1].mean(0), atol=1e-5, rtol=1e-4
    )


def test_the_card_is_what_its_script_writes():
    text = (records.PATH.parent / "CARD.md").read_text(encoding="utf-8")
    assert card(records.load()) == text
