"""T6, attention_sites.py, and the loss of sources.py: recomputed from their sources; torch is the reference."""

import pytest
import torch
from torch.nn import functional as F

from models.transformer import Transformer, TransformerConfig
from models.translator import Translator
from models.translator_vocabulary import END, SPECIAL, Vocabulary
from pages.t6_self_attention import attention_sites
from pages.t6_self_attention.sources import loss
from study.controls import Refusal


@pytest.fixture(scope="module", params=[True, False], ids=["pre-norm", "post-norm"])
def reading(request):
    """A tiny untrained translator: what is tested here does not depend on training."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    chars = tuple("我昨天在图书馆看。")
    tokenizer = Tokenizer(models.WordLevel({t: i for i, t in enumerate((*SPECIAL, *"abcdefgh"))}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    words = Vocabulary((*SPECIAL, *chars), tokenizer)
    config = TransformerConfig(
        source_vocab_size=len(words.source),
        target_vocab_size=tokenizer.get_vocab_size(),
        d_model=32,
        n_layer=3,
        n_head=4,
        d_ff=48,
        pre_norm=request.param,
        tied_output=request.param,
    )
    return attention_sites.read(Translator(Transformer(config, seed=3), words), "我昨天看书。", "a b c d e")


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("site", attention_sites.SITES)
def test_the_weights_are_the_models_own_and_torchs(reading, site, layer):
    found = attention_sites.attend(reading, site, layer)
    own = attention_sites.trained(reading.trace, site)[layer]
    torch.testing.assert_close(found.weights.float(), own, atol=1e-6, rtol=0)
    torch.testing.assert_close(found.weights, found.again, atol=1e-12, rtol=0)


@pytest.mark.parametrize("site", attention_sites.SITES)
def test_the_output_is_what_the_model_added(reading, site):
    t = reading.trace
    own = {"encoder": t.encoder_added[2], "decoder": t.decoder_added[3], "cross": t.decoder_added[4]}[site][0]
    torch.testing.assert_close(attention_sites.attend(reading, site, 1).output.float(), own, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("site", "swap", "q", "kv", "masked"),
    [
        ("encoder", False, "encoder", "encoder", False),
        ("encoder", True, "encoder", "decoder", False),
        ("decoder", False, "decoder", "decoder", True),
        ("decoder", True, "decoder", "memory", False),
        ("cross", False, "decoder", "memory", False),
        ("cross", True, "decoder", "decoder", True),
    ],
)
def test_who_asks_and_who_answers(reading, site, swap, q, kv, masked):
    found = attention_sites.attend(reading, site, 0, swap)
    length = {"encoder": len(reading.source), "memory": len(reading.source), "decoder": len(reading.target)}
    assert (found.q.name, found.kv.name) == (q, kv) and (found.mask is not None) == masked
    assert found.weights.shape == (4, length[q], length[kv])
    torch.testing.assert_close(found.weights, found.again, atol=1e-12, rtol=0)
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(4, length[q], dtype=torch.float64))
    if masked:
        assert found.weights[:, ~found.mask].abs().max() == 0
    if q == kv:
        assert found.q.tokens == found.kv.tokens and torch.equal(found.q.x, found.kv.x)


def test_a_swap_changes_the_source_and_nothing_else(reading):
    usual, swapped = (attention_sites.attend(reading, "cross", 1, swap) for swap in (False, True))
    assert torch.equal(usual.q.x, swapped.q.x) and torch.equal(swapped.kv.x, usual.q.x)
    assert not torch.allclose(usual.output, swapped.output)


@pytest.mark.parametrize("site", ["decoder", "cross"])
def test_the_loss_is_the_models_own_and_a_swap_changes_it(reading, site):
    answer = torch.cat([reading.target_ids[0, 1:], torch.tensor([END])])
    own = F.cross_entropy(reading.trace.logits[0], answer).item()
    usual, one, every = (loss(reading, site, swapped) for swapped in ((), [1], range(3)))
    assert usual == pytest.approx(own, abs=1e-5)
    assert len({round(x, 5) for x in (usual, one, every)}) == 3


def test_with_every_cross_attention_swapped_the_source_is_not_seen(reading):
    other = attention_sites.read(reading.translator, "书书天。", "a b c d e")
    assert loss(reading, "cross") != pytest.approx(loss(other, "cross"), abs=1e-4)
    assert loss(reading, "cross", range(3)) == pytest.approx(loss(other, "cross", range(3)), abs=1e-6)


def test_the_first_half_of_the_target_does_not_need_the_rest(reading):
    n = reading.half
    early, full = (attention_sites.trained(t, "decoder") for t in (reading.first_half, reading.trace))
    torch.testing.assert_close(early, full[..., :n, :n], atol=1e-6, rtol=0)
    assert (n, len(reading.target)) == (3, 6)


@pytest.mark.parametrize("text", [" \u200b ", "\u0301", "\ufffd", "\ufe0f"])
def test_what_cannot_be_read(reading, text):
    with pytest.raises(Refusal, match="empty"):
        attention_sites.read(reading.translator, text)
    if len(reading.translator.target_tokens(reading.translator.translate("天").text)) <= 64:
        own = attention_sites.read(reading.translator, "天").target
        assert attention_sites.read(reading.translator, "天", text).target == own


def test_what_is_too_long(reading):
    for chinese, english, tokens in (("天" * 65, "", 65), ("天" * 201, "", 201), ("天", "a " * 64, 65)):
        with pytest.raises(Refusal) as refusal:
            attention_sites.read(reading.translator, chinese, english)
        assert refusal.value.key == "too_many_tokens" and refusal.value.values == {"tokens": tokens, "limit": 64}


def test_without_a_translation_the_model_writes_its_own(reading):
    text = reading.translator.translate("天").text
    if len(reading.translator.target_tokens(text)) <= 64:
        assert attention_sites.read(reading.translator, "天").target == reading.translator.target_tokens(text)
