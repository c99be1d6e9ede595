"""PyTorch models and metrics, written by hand where a lesson explains them. Nothing here imports streamlit or plotly.

Shapes are written with the same letters everywhere, as in `# (B, H, T, d_k)`:

    B  batch: sequences processed together
    T  query length: positions that attend (in self-attention also the sequence length)
    S  key length: positions that are attended to (S = T in self-attention)
    H  attention heads, n_head
    C  channels: the width of the residual stream, d_model
    L  layers, n_layer

Other sizes keep the papers' names: d_k and d_v (per head), d_ff, vocab_size.
Nothing is imported here: `from models import bert` loads only what bert needs.
"""
