"""What axe-core finds on a page: serious or critical violations, and headings that leave a level out."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTLED = "() => document.getAnimations().every(a => a.playState !== 'running')"
#: High, so that no link of the side bar is cut by the edge of what scrolls: to axe it would be too small a target.
SIZE = (1280, 1800)


def findings(page: Page) -> list[str]:
    """Rule, element, what is wrong."""
    page.wait_for_function(SETTLED)
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}
    out = []
    for rule in Axe().run(page, options=options).response["violations"]:
        if rule["impact"] in ("serious", "critical") or rule["id"] == "heading-order":
            out += [f"{rule['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}" for node in rule["nodes"]]
    return out
