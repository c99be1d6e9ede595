"""reordered_bert: the words of a sentence moved, the local BERT with and without positions, many readers at once."""

import copy
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bert
from pages.t3_positional_encoding import reordered_bert
from study.controls import Refusal

repeatable = settings(derandomize=True, max_examples=30, deadline=None, database=None)
LINE = "The animal didn't cross the street because it was too tired."


def close(a, b, atol=1e-9):
    torch.testing.assert_close(a, b, rtol=0, atol=atol, check_dtype=False)


# --- words in another order ------------------------------------------------------------------------------------------
TOKENS = ["[CLS]", "flight", "##less", "birds", "run", "[SEP]"]


@pytest.mark.parametrize(
    ("how", "places"),
    [("reverse", [0, 4, 3, 1, 2, 5]), ("rotate", [0, 3, 4, 1, 2, 5]), ("swap", [0, 3, 1, 2, 4, 5])],
)
def test_words_move_with_all_their_pieces(how, places):
    assert reordered_bert.words(TOKENS) == [[1, 2], [3], [4]]
    assert reordered_bert.moved(TOKENS, how) == places


@repeatable
@given(n=st.integers(2, 22), seed=st.integers(0, 999))
def test_a_shuffle_is_another_order_and_the_same_for_its_seed(n, seed):
    tokens = ["[CLS]", *"abcdefghijklmnopqrstuvw"[:n], "[SEP]"]
    places = reordered_bert.moved(tokens, "shuffle", seed)
    assert sorted(places) == [*range(n + 2)] != places and (places[0], places[-1]) == (0, n + 1)
    assert places == reordered_bert.moved(tokens, "shuffle", seed)


@pytest.mark.parametrize("tokens", [["[CLS]", "[SEP]"], ["[CLS]", "flight", "##less", "[SEP]"]])
def test_one_word_has_no_order(tokens):
    with pytest.raises(Refusal, match="one_word"):
        reordered_bert.moved(tokens, "reverse")


# --- the local BERT --------------------------------------------------------------------------------------------------
def test_bert_with_and_without_positions_is_the_same_encoder():
    m = bert.load()
    e = m.encode(LINE)
    run = reordered_bert.encode([e.ids, e.ids], [True, False])
    t = m.trace(LINE)
    close(run.hidden[:, 0], t.hidden, 1e-4)
    close(run.attentions[:, 0], t.attentions, 1e-4)
    close(run.first[0][0], t.queries[0], 1e-4)
    silent = copy.deepcopy(m.encoder)
    silent.embedding.position.weight.zero_()
    _, hidden, inside = silent(torch.tensor([e.ids]), torch.tensor([e.segments]))
    close(run.hidden[:, 1], torch.cat(hidden), 1e-4)
    close(run.attentions[:, 1], torch.cat([layer[3] for layer in inside]), 1e-4)


def test_without_positions_the_order_of_words_changes_nothing():
    m = bert.load()
    e = m.encode(LINE)
    for how in ("reverse", "rotate", "swap", "shuffle"):
        places = reordered_bert.moved(e.tokens, how)
        run = reordered_bert.encode([e.ids, [e.ids[i] for i in places]], [False, False])
        close(run.hidden[:, 1], run.hidden[:, 0, places])
        assert reordered_bert.causal_change(run, 0, 1, places) > 0.1  # a mask lets order in again
        seen = reordered_bert.encode([e.ids, [e.ids[i] for i in places]], [True, True])
        assert (seen.hidden[:, 1] - seen.hidden[:, 0, places]).abs().max() > 0.5


def checksum(module: torch.nn.Module) -> str:
    """Of the names, types and bytes of all weights."""
    total = hashlib.sha256()
    for name, p in module.named_parameters():
        total.update(f"{name} {p.dtype} {tuple(p.shape)}".encode())
        total.update(p.detach().numpy().tobytes())
    return total.hexdigest()


@pytest.mark.parametrize("threads", [2, 16])
def test_readers_side_by_side_leave_the_shared_model_alone(threads):
    """Half of the threads read without positions, the others use the model as every other lesson does."""
    m = bert.load()
    before, texts = checksum(m.encoder), ["dogs chase cats", "not bad , good"]
    ids = [m.encode(text).ids for text in texts]
    alone = [
        (reordered_bert.encode([row, row], [False, True]).hidden, m.trace(t).hidden)
        for row, t in zip(ids, texts, strict=True)
    ]
    together = threading.Barrier(threads)

    def read(n: int) -> list[torch.Tensor]:
        together.wait()
        turns = [(n // 2 + turn) % 2 for turn in range(32 // threads + 2)]
        if n % 2:
            return [m.trace(texts[i]).hidden - alone[i][1] for i in turns]
        return [reordered_bert.encode([ids[i], ids[i]], [False, True]).hidden - alone[i][0] for i in turns]

    with ThreadPoolExecutor(threads) as pool:
        gaps = [gap for found in pool.map(read, range(threads)) for gap in found]
    assert checksum(m.encoder) == before
    assert max(gap.abs().max().item() for gap in gaps) < 1e-6
    assert not any(p.requires_grad for p in m.encoder.parameters()) and not m.encoder.training
