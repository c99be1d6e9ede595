"""Numbers of the T8 note that no demo tells at its controls."""

from models import shapes
from pages.t8_text_to_tensor.cost import BASE


def embedding_millions() -> float:
    """Parameters of the base model's one table, in millions."""
    return shapes.count_parameters(BASE).parts["target_embedding"] / 1e6
