"""A source as a reader's language names it: "Devlin et al. 2019, Table 1" is "Devlin et al. 2019，表 1" in Chinese."""

import re

from study.words import Words

PLACE = re.compile(r"(, )?\b(Tables?|Figures?) (\d+(?:–\d+)?(?:(?:, | and )\d+)*)")


def cited(source: str, app: Words) -> str:
    """app: the app's own words. What is no table or figure of a paper stays as it is."""

    def said(match: re.Match) -> str:
        numbers = re.split(r", | and ", match[3])
        return (app("cited.comma") if match[1] else "") + app(
            f"cited.{match[2].lower()}", n=app("list_mark").join(numbers)
        )

    return PLACE.sub(said, source)
