"""How high the cards of a page are, step by step: a demo fits one screen."""

from playwright.sync_api import Page

from .driver import idle, resize

SIZES = {"wide": (1280, 800), "phone": (390, 844)}
MOST = {"wide": 740, "phone": 1350}  # px: the highest a card may be
HEIGHTS = """async () => {
  const pause = () => new Promise((done) => setTimeout(done, 80)), result = {};
  const quiet = async (cards) => {  // drawn, and of one height for a quarter of a second
    const heights = () => cards.map((card) => card.offsetHeight).join();
    for (let i = 0, same = 0, last = ""; i < 100 && same < 4; i++) {
      await pause();
      same = heights() === last ? same + 1 : 0;
      last = heights();
    }
  };
  const cards = [...document.querySelectorAll("[class*=st-key-card_]")];
  const tabs = new Map(cards.map((card) => [card, [...card.querySelectorAll(".lf-tab")]]));
  const most = Math.max(...cards.map((card) => tabs.get(card).length), 1);
  for (let i = 0; i < most; i++) {  // the same step of every card at once
    const shown = cards.filter((card) => i < Math.max(tabs.get(card).length, 1));
    for (const card of shown) tabs.get(card)[i]?.click();
    await quiet(cards);
    for (const card of shown) {
      const name = [...card.classList].find((c) => c.startsWith("st-key-card_")).slice(12);
      const wide = card.scrollWidth > card.clientWidth + 1 ? 9999 : 0;
      result[`${name}.${tabs.get(card)[i]?.dataset.step ?? ""}`] = Math.max(Math.round(card.offsetHeight), wide);
    }
  }
  for (const card of cards) tabs.get(card)[0]?.click();
  return result;
}"""


def too_high(page: Page, size: str) -> dict[str, int]:
    """The cards, by "demo.step", that do not fit a screen of this size, or hang over its edge. The page stays so."""
    resize(page, SIZES[size])
    idle(page)
    return {name: height for name, height in page.evaluate(HEIGHTS).items() if height > MOST[size]}
