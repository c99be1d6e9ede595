"""Sentences for BLEU to score: examples, hard cases, rounds to rank. Ours, but for those of Papineni et al. 2002."""

#: Candidate and references of `anatomy`; the first two are Papineni et al.'s own (§2.1, in small letters, and §2.2).
EXAMPLES = {
    "the_the": ("the the the the the the the", "the cat is on the mat .", "there is a cat on the mat ."),
    "too_short": (
        "of the",
        "It is a guide to action that ensures that the military will forever heed Party commands.",
        "It is the guiding principle which guarantees the military forces always being under the command of the Party.",
        "It is the practical guide for the army always to heed the directions of the party.",
    ),
    "word_order": ("the dog bit the man", "the man bit the dog"),
    "synonym": ("The film was wonderful.", "The movie was great."),
    "negation": (
        "The doctor said the patient should take the medicine.",
        "The doctor said the patient should not take the medicine.",
    ),
    "two_words": ("Good morning", "Good morning"),
    "chinese": ("我爱北京天安门", "我爱天安门广场"),
}
#: Candidate and reference of `tokenizers`.
SPLITS = {
    "numbers": ("他昨天在书店买了3本书，花了120元。", "昨天他在书店买了三本书，一共花了120元。"),
    "english": ("It's 1,000-2,000 km away (or more).", "It is 1,000 - 2,000 km away, or more."),
}
#: Chinese, reference, a right translation in other words, a wrong one in the reference's words, tokenizer.
CASES = {
    "wording": (
        "他昨晚去世了。", "He passed away last night.", "He died yesterday evening.",
        "He passed out last night.", "13a",
    ),
    "negation": (
        "你千万不能碰那个红色按钮。", "You must not touch the red button.", "Never touch the red button.",
        "You must touch the red button.", "13a",
    ),
    "roles": (
        "警察昨天抓住了小偷。", "The police caught the thief yesterday.",
        "Yesterday the thief was arrested by the police.", "The thief caught the police yesterday.", "13a",
    ),
    "number": (
        "火车明天早上七点一刻开。", "The train leaves at 7:15 tomorrow morning.",
        "The train departs tomorrow at a quarter past seven in the morning.",
        "The train leaves at 7:50 tomorrow morning.", "13a",
    ),
    "kinship": (
        "我妹妹在上海的一家医院工作。", "My sister works in a hospital in Shanghai.",
        "My sister has a job at a Shanghai hospital.", "My brother works in a hospital in Shanghai.", "13a",
    ),
    "spelling": (
        "她组织了一次社区会议。", "She organised a neighbourhood meeting.", "She organized a neighborhood meeting.",
        "She cancelled a neighbourhood meeting.", "13a",
    ),
    "chinese": (
        "I don't agree with him.", "我不同意他的看法。", "我对他的观点持有异议。", "我同意他的看法。", "zh",
    ),
}  # fmt: skip
#: Chinese, reference, translations A, B and C, and our own ranking, best first; the notes give the reasons.
TURNS = (
    ("会议推迟到下星期五了。", "The meeting has been postponed until next Friday.",
     ("Meeting push to the next week five.", "The meeting has been put off until next Friday.",
      "The meeting was delayed to Friday next week."), "BCA"),
    ("这家饭馆的菜很好吃，但是太贵了。", "The food at this restaurant is delicious, but it is too expensive.",
     ("The food at this restaurant is delicious, but it is not expensive.",
      "This restaurant dish is very good eat, but too expensive.",
      "This restaurant has great food, but the prices are too high."), "CBA"),
    ("我在图书馆等你。", "I will wait for you at the library.",
     ("I'll be waiting for you in the library.", "I wait you library.", "I will wait for you in the library."), "CAB"),
    ("她五岁就开始学钢琴了。", "She started learning the piano at the age of five.",
     ("She began to learn the piano when she was five.", "She has been learning the piano for five years.",
      "She started learning piano at five ages."), "ACB"),
    ("除了我，大家都去了。", "Everyone went except me.",
     ("Everyone went, including me.", "Everyone but me went.", "Except me, everyone all went."), "BCA"),
    ("他不但没有道歉，反而笑了。", "Instead of apologizing, he laughed.",
     ("Instead of laughing, he apologized.", "He laughed and no sorry.", "He did not apologize; he laughed instead."),
     "CBA"),
)  # fmt: skip

#: Four sentences of a system, a line each, and their references.
HYPS = """Good morning.
It rains.
The cat sat on the mat near the door.
He wants to buy a new house, but he does not have enough money."""
REFS = """Good morning.
It is raining outside.
The cat sat on the mat by the door.
He would like to buy a new house, but he does not have enough money."""
