"""Sentences with one gap, written for this project: what the masked language model is asked for its card.

No sentence of the training text is one of these, filled. Answers are those that a reader would accept.
"""

from dataclasses import dataclass

from models.mlm import MASK


@dataclass(frozen=True)
class Probe:
    """A sentence with a [MASK], the answers that are right, and what it asks for."""

    text: str
    answers: tuple[str, ...]
    kind: str

    @property
    def filled(self) -> tuple[str, ...]:
        """The sentence with each answer."""
        return tuple(self.text.replace(MASK, answer) for answer in self.answers)


PROBES = (
    Probe("Paris is the [MASK] of France.", ("capital",), "fact"),
    Probe("The president of the United [MASK] lives in Washington.", ("states",), "fact"),
    Probe("London is the capital of [MASK].", ("england", "britain"), "fact"),
    Probe("Shakespeare was an English [MASK].", ("poet", "writer", "playwright", "author"), "fact"),
    Probe("The sun rises in the [MASK].", ("east", "morning"), "fact"),
    Probe("There are seven days in a [MASK].", ("week",), "fact"),
    Probe("The opposite of hot is [MASK].", ("cold",), "fact"),
    Probe("Snow is [MASK].", ("white", "cold"), "fact"),
    Probe("A dog has four [MASK].", ("legs", "feet", "paws"), "fact"),
    Probe("She opened the [MASK] and walked into the room.", ("door",), "sense"),
    Probe("I drink a cup of [MASK] every morning.", ("coffee", "tea", "milk", "water", "chocolate"), "sense"),
    Probe("He put on his coat and his [MASK].", ("hat", "boots", "gloves", "shoes", "cap", "scarf"), "sense"),
    Probe("It was raining, so I took my [MASK].", ("umbrella", "coat", "hat"), "sense"),
    Probe("The cat sat on the [MASK].", ("mat", "floor", "chair", "table", "bed", "sofa", "couch", "roof"), "sense"),
    Probe("Dogs and [MASK] are popular pets.", ("cats",), "sense"),
    Probe("The baby began to [MASK] because it was hungry.", ("cry", "scream"), "sense"),
    Probe("They sat at the table and ate their [MASK].", ("dinner", "supper", "lunch", "breakfast", "meal", "food"),
          "sense"),
    Probe("The doctor told the [MASK] to stay in bed.", ("patient", "man", "woman", "boy", "child", "girl"), "sense"),
    Probe("He read the letter and threw it into the [MASK].", ("fire", "fireplace", "river", "bin"), "sense"),
    Probe("The ship sank to the bottom of the [MASK].", ("sea", "ocean", "river", "lake", "water"), "sense"),
    Probe("My brother is older [MASK] I am.", ("than",), "grammar"),
    Probe("She has lived here [MASK] 1990.", ("since",), "grammar"),
    Probe("The keys to the cabinet [MASK] on the table.", ("are", "were", "lay", "lie"), "grammar"),
    Probe("The key to the cabinets [MASK] on the table.", ("is", "was", "lay", "lies"), "grammar"),
    Probe("Mary hurt [MASK] when she fell.", ("herself",), "grammar"),
    Probe("The boys washed [MASK] in the river.", ("themselves",), "grammar"),
    Probe("He is one of the tallest [MASK] in our school.", ("boys", "men", "students", "children", "people"),
          "grammar"),
    Probe("If I [MASK] you, I would not go there.", ("were", "was"), "grammar"),
    Probe("Neither my father [MASK] my mother speaks French.", ("nor", "or"), "grammar"),
    Probe("She is looking forward [MASK] seeing you.", ("to",), "grammar"),
    Probe("Two plus two is [MASK].", ("four", "4"), "reasoning"),
    Probe("Tom is taller than Mary, so Mary is [MASK] than Tom.", ("shorter", "smaller"), "reasoning"),
    Probe("A bird can fly, but a stone can [MASK].", ("not",), "reasoning"),
    Probe("A robin is not a [MASK]; it is a bird.", ("mammal", "fish", "dog", "cat", "mouse", "insect", "man", "beast"),
          "reasoning"),
    Probe("Today is Monday, so tomorrow is [MASK].", ("tuesday",), "reasoning"),
    Probe("The box was too heavy to lift because it was full of [MASK].", ("stones", "books", "gold", "iron", "money",
          "lead", "rocks", "coins", "bricks", "metal"), "reasoning"),
)  # fmt: skip

#: Probes that are looked at while the model learns.
WATCHED = tuple(PROBES[i] for i in (0, 1, 9, 10, 13, 22, 24, 30))
