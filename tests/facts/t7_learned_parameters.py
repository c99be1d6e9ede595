"""T7: what its note tells and no demo does."""

from pages.t7_learned_parameters import head_roles, learning_to_look, prune


def steps_live() -> int:
    return learning_to_look.STEPS


def read_pairs() -> int:
    """Held-out pairs on which the roles of heads are measured."""
    return head_roles.N


def translated() -> int:
    """Sentences that are translated with and without heads."""
    return prune.N
