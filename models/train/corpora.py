"""The texts that models were trained on here, for their cards: what they are, and whose."""

KNOWN = {  # by the name of the source
    "gutenberg": "books of Project Gutenberg and NLTK's selection of it (public domain in the USA)",
    "shakespeare": "Tiny Shakespeare (public domain)",
    "tatoeba": "the English of Tatoeba's Chinese-English pairs (https://tatoeba.org, CC BY 2.0 FR), by manythings.org",
    "wordnet": "words and glosses of WordNet 3.0 (Princeton University, WordNet licence)",
    "wiki-split": "sentences of Wikipedia, from Google's WikiSplit (CC BY-SA 4.0)",
    "wikitext2": "WikiText-2's validation part: articles of Wikipedia (CC BY-SA 3.0)",
    "wikitext2-test": "WikiText-2's test part: articles of Wikipedia (CC BY-SA 3.0)",
}
QUOTED = ("gutenberg", "shakespeare")  # in the public domain: held-out passages of these lie beside the checkpoint
