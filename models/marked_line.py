"""What is wrong with a line of marked text: models/pronouns.py and models/word_senses.py read such lines."""


class BadLine(ValueError):
    """A line that cannot be read: `.reason` says which mark is wrong, or "long" (`.tokens`)."""

    def __init__(self, reason: str, line: str, tokens: int = 0):
        super().__init__(f"{reason}: {line}")
        self.reason, self.line, self.tokens = reason, line, tokens
