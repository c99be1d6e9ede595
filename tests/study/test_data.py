"""The table beside a figure, and its CSV: numbers as numbers with the digits computed, texts as texts."""

import csv
import io

import numpy as np
import pandas
import pyarrow
import pytest
import sacrebleu

from study.demo import demos
from study.notes import Lesson, lessons
from study.shell import data
from study.views import Bars, Heatmap, Lines, Say, Series, Table
from tests.lessons import written

PURE = [demo for lesson in lessons for demo in demos(lesson.stem).values() if not demo.work]


def words(key):
    return dict(key.values)["text"] if isinstance(key, Say) else key


def read(table: pandas.DataFrame) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.csv(table).decode("utf-8-sig"))))


def test_a_column_is_of_numbers_or_of_texts():
    rows = [["a", 1, 0.5, "–", 1], ["b", None, "–", 2.5, Say("as_is", text="sum")]]
    frame = data.frame(Table(["name", "whole", "real", "mixed", "said"], rows), words)
    assert [str(frame[c].dtype) for c in frame] == ["object", "Int64", "float64", "float64", "object"]
    assert frame["whole"].isna().tolist() == [False, True] and frame["real"].isna().tolist() == [False, True]
    assert frame["said"].tolist() == ["1", "sum"]
    assert read(frame) == [
        ["name", "whole", "real", "mixed", "said"],
        ["a", "1", "0.5", "", "1"],
        ["b", "", "", "2.5", "sum"],
    ]


def test_a_spreadsheet_computes_no_cell():
    tokens = ["=1+1", "-2", "@x", "+a", "\t=1", "－1+1", "a=1", "-", "–"]
    frame = data.frame(Heatmap([[-1.5] * 9], ["=row"], tokens), words)
    head, row = read(frame)
    assert head == ["row", "'=1+1", "-2", "'@x", "'+a", "'\t=1", "'－1+1", "a=1", "'-", "–"]
    assert row == ["'=row", *["-1.5"] * 9]
    assert "=1+1" in frame.columns  # on the page it stands as typed


def test_names_of_columns_are_unique():
    frame = data.frame(Heatmap([[1, 2, 3, 4]], ["r"], ["a", "a", "a (3)", "row"]), words)
    assert len(set(frame.columns)) == 5


def test_a_table_without_rows():
    assert read(data.frame(Table(["a", "b"], []), words)) == [["a", "b"]]


@pytest.mark.parametrize("demo", PURE, ids=[f"{d.stem}.{d.name}" for d in PURE])
def test_arrow_takes_every_table(demo):
    for lang in written(Lesson(demo.stem)):
        label = Lesson(demo.stem).demo_words(lang, demo.name).label
        for view in demo().views:
            frame = data.frame(view, label)
            table = pyarrow.Table.from_pandas(frame)  # raises where a column mixes numbers and texts
            assert len(table) == len(view.table()[1])


def test_arrays_keep_their_precision():
    for values, kept in (([0.1], np.float64), (np.float32([0.1]), np.float32), ([1, 2], np.float64)):
        assert Bars({"a": values}, ["p"] * len(values)).values["a"].dtype == kept
    rows = Heatmap(np.float32([[0.0341, np.nan]]), ["p"], ["q", "r"]).table()[1]
    assert rows[0][1] == 0.0341 and np.isnan(rows[0][2])
    rows = Lines([Series("s", [1], [66.87403049764218], low=np.float32([0.1]))], x="x", y="y").table()[1]
    assert rows[0][1:] == [1, 66.87403049764218, 0.1, None]


def test_digits_are_those_that_were_computed():
    evidence = demos("t9_bleu")["tokenizers"]()
    bars = next(v for v in evidence.views if isinstance(v, Bars))
    frame = data.frame(bars, words)
    hyp, ref = (p.default for p in demos("t9_bleu")["tokenizers"].params[:2])
    wanted = sacrebleu.sentence_bleu(hyp, [ref]).score
    told = {row[0]: float(row[1]) for row in read(frame)[1:]}
    assert told["13a"] == pytest.approx(wanted, abs=1e-9) and abs(wanted - 66.87403049764218) < 1e-9
