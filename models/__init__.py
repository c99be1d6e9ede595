"""PyTorch models and metrics, written by hand where a lesson explains them. Nothing here imports streamlit or plotly.

Shapes are written with the same letters everywhere, as in `# (B, H, T, d_k)`:

    B  batch: sequences processed together
    T  query length: positions that attend (in self-attention also the sequence length)
    S  key length: positions that are attended to (S = T in self-attention)
    H  attention heads, n_head
    C  channels: the width of the residual stream, d_model
    L  layers, n_layer

Other sizes keep the papers' names: d_k and d_v (per head), d_ff, vocab_size.
Nothing is imported here: `from models import bert` loads only what bert needs. What there is:

What papers define

    attention       scaled dot-product, additive, multi-head; every matrix on the way
    positional      sinusoids, rotations (RoPE), distances (ALiBi)
    normalization   layer, batch and RMS normalisation
    transformer     encoder and decoder, that can tell everything they computed
    decoder         GPT: the decoder alone
    decoding        from next-token logits to a text: greedy, beam search, sampling
    rnn             plain recurrence and LSTM
    efficient       attention in linear time, and in tiles
    lora            fine-tuning with two thin matrices beside a frozen one
    shapes          parameters, operations and memory, from a config alone
    precision       what half precision is summed in
    timing          how long a call takes here
    bert            the local BERT, every tensor of it
    wordpiece       a text as pieces of BERT's vocabulary
    bpe             subwords learnt by merging
    bleu            BLEU of a corpus and of a sentence
    chrf            runs of characters in common
    metrics         the metrics of GLUE and its score

What was trained here: load()

    translator      Chinese to English
    gpt             a small GPT of old books
    mlm             fills the gaps of a text
    student         two layers of the local BERT, distilled from its six
    glue            judges a sentence, or a pair
    lookup          the look-up task that three kinds of attention learn
    recall          recalling a far token, which recurrent nets and attention learn
    sides           one word guessed from its left, and from both sides
    nsp             whether a sentence follows another

What several of them, or of the lessons, share

    toy             seeded numbers small enough to be looked at
    heads           Q, K and V of one head
    masking         which tokens a masked language model has to predict
    bert_input      token + segment + position, part by part
    bert_adapters   adapters and a head on the local BERT
    sentence_vectors   one vector for a text, read off the local BERT in several ways
    seeded          first weights from torch's one stream of random numbers, by one thread at a time
    ready           torch as a process needs it before its first run
    translator_vocabulary   Chinese by character, English by byte-pair encoding

Files

    bert_files      the local BERT's: where they are, whether they are the expected ones
    checkpoint      what was trained here: written, read, verified
    records         what trainings measured; the error of files that cannot be used; loading once
    train           the trainings: python -m models.train.<name>
"""
