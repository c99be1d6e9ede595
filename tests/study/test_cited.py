import pytest

from study.cited import cited
from study.words import app_words


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("Devlin et al. 2019, Table 1", "Devlin et al. 2019，表 1", None),
        ("Devlin et al. 2019, Tables 5, 6, 7, 8", "Devlin et al. 2019，表 5、6、7、8", None),
        ("Warner et al. 2024, Tables 1 and 2", "Warner et al. 2024，表 1、2", "Warner et al. 2024, Tables 1, 2"),
        ("Devlin et al. 2019, Tables 1–8, Figure 5", "Devlin et al. 2019，表 1–8，图 5", None),
        ("Devlin et al. 2019, Table 1; Sun et al. 2019", "Devlin et al. 2019，表 1; Sun et al. 2019", None),
        ("models/checkpoints/mlm/CARD.md", "models/checkpoints/mlm/CARD.md", None),
        ("Lan et al. 2020, §3.1", "Lan et al. 2020, §3.1", None),
    ],
)
def test_a_table_of_a_paper_is_named_in_the_readers_language(source, zh, en):
    assert cited(source, app_words("zh")) == zh
    assert cited(source, app_words("en")) == (en or source)
