"""Sentences about films, written for this project: some to learn from, which the reader may edit, others to test on."""

TRAIN = """\
+ A warm and clever film.
- A dull and noisy film.
+ The actors are wonderful.
- The actors look bored.
+ I laughed from the first scene to the last.
- I nearly fell asleep after ten minutes.
+ The story moved me to tears.
- The story makes no sense at all.
+ One of the best films of the year.
- One of the worst films of the year.
+ The music is beautiful.
- The music is unbearable.
+ Every minute of it is a joy.
- Every minute of it is a waste.
+ A brave and honest portrait.
- A cheap and lazy copy."""
TEST = (  # text, positive
    ("A tender comedy with a great deal of heart.", 1),
    ("I would gladly see it a second time.", 1),
    ("The two leads are a delight to watch.", 1),
    ("Gripping from start to finish.", 1),
    ("A small masterpiece.", 1),
    ("It is funny, sad and true.", 1),
    ("The camera work is stunning.", 1),
    ("Rarely has a debut been so assured.", 1),
    ("The ending is perfect.", 1),
    ("Not a single scene is boring.", 1),
    ("My whole family loved it.", 1),
    ("Hard to fault and easy to love.", 1),
    ("A clumsy thriller without any thrills.", 0),
    ("I want my two hours back.", 0),
    ("The dialogue is embarrassing.", 0),
    ("Slow, cold and far too long.", 0),
    ("A complete mess.", 0),
    ("It is neither funny nor moving.", 0),
    ("The effects look cheap.", 0),
    ("Rarely have I been so annoyed.", 0),
    ("The ending ruins everything.", 0),
    ("Not a single joke works.", 0),
    ("My whole family hated it.", 0),
    ("Hard to follow and easy to forget.", 0),
)
MINE = "The film is not bad at all."
