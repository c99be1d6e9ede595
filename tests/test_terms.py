"""One term for one thing, in all notes, labels and messages."""

import re

import pytest

from study.words import NOTES
from tests.lessons import LANGUAGES

#: What is not said -> what is said.
INSTEAD = {
    "zh": {
        r"片段嵌入": "段嵌入",
        r"词片|按片|每片": "子词；WordPiece 词元",
        r"切词|切法": "分词、子词切分；切分方式",
        r"程序库": "库",
        r"学来的|可学的|(?<!机器)学习的参数": "可学习的",
        r"滑动均值|滑动统计量": "移动平均",
        r"批大小": "批量大小",
        r"真词元": "有效词元",
        r"对不上的份额": "未解释方差的比例",
        r"较多的那一类": "多数类",
        r"瞎猜": "随机猜测",
        r"抽签": "随机置换检验",
        r"裁剪过的": "修正的 n 元精确率（截断计数）",
        r"[n二三四]\s*元组": "n 元语法",
        r"人评": "人工评价",
        r"翻译器": "翻译模型",
        r"转导模型": "序列转换模型",
        r"绑在一起的权重": "权重共享",
        r"测得的数|实测数": "实测值",
        r"下面的层": "前面的层",
        r"盖住|遮住|挡住": "掩码、被掩码",
        r"减均值|除标准差": "减去均值、除以标准差",
        r"基础模型|(base|big|large) 模型|BERT base": "BERT-base、Transformer base",
        r"词嵌入": "词元嵌入",
        r"可学习的位置向量": "可学习的位置嵌入",
        r"前馈层": "前馈网络",
        r"正确率": "准确率",
        r"(?<!（)(Pearson|Spearman)|Matthews": "皮尔逊（Pearson）、斯皮尔曼（Spearman）、马修斯相关系数（MCC）",
        r"自助抽样": "成对自助法",
        r"teacher forcing": "教师强制",
        r"仅有解码器": "只有解码器",
        r"(?<!（)\bnat\b": "奈特",
        r"最终(隐藏)?向量": "最后状态",
    },
    "en": {
        r"people's score|score of people": "human baseline",
        r"giving the (most )?frequent (answer|class)": "majority-class baseline",
        r"longest beginning": "longest prefix",
        r"\b(un)?learnt\b": "learned",
        r"\bsublayer": "sub-layer",
        r"T5's biases": "the relative biases of the model T5",
        r"(?i)(final( hidden)?|last) (vector|state)s? of .?\[CLS": "the last hidden state of [CLS]",
        r"(?i)length of (the|a|its|their) (vector|difference)|vectors? of length|mean length of": "norm",
        r"(?i)how many [a-z ]+ has (it|its|one|the)\b|wh(at|ich) shapes? ha(s|ve) (?!been)": "How many … does it have?",
        r"(?i)\b(one|two|four|bytes|numbers?|vectors?) a (line|row|number|token|character|layer)\b": "one per line",
    },
}
CASES = [(lang, wrong) for lang in LANGUAGES for wrong in INSTEAD[lang]]


@pytest.mark.parametrize(("lang", "wrong"), CASES, ids=[f"{lang}-{wrong}" for lang, wrong in CASES])
def test_one_term_for_one_thing(lang, wrong):
    found = [
        f"{path.relative_to(NOTES)}:{n}: {line.strip()[:90]}"
        for path in sorted((NOTES / lang).glob("*.*"))
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(wrong, line)
    ]
    assert not found, f"write {INSTEAD[lang][wrong]}:\n" + "\n".join(found)


def test_what_is_not_said_is_not_what_is_said():
    for wrongs in INSTEAD.values():
        for wrong, right in wrongs.items():
            assert not re.search(wrong, right), f"{wrong} would find {right!r}"
