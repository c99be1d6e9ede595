"""What a card that fills the screen looks like from the last row: the size of its letters, what is cut off."""

from playwright.sync_api import Page

from .driver import idle, resize

SCREEN = (1280, 720)  # px: what many projectors show
SMALLEST = 20  # px of a letter
LINES = 14  # of a table that a wall has room for

#: For each of these cards, step by step: what is too small or cut off, {"demo.step": [complaint, …]}.
LOOK = """async ([names, least, lines]) => {
  const href = document.querySelector("link[rel=modulepreload][href$='/present.js']").href;
  const { present, leave } = await import(href), page = document.documentElement, found = {};
  page.requestFullscreen = undefined;  // the window is the wall
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const quiet = async (state) => {
    for (let i = 0, rest = 0; i < 240 && rest < 4; i++) {
      await frame();
      rest = state.busy || state.wanted ? 0 : rest + 1;
    }
  };
  const size = (node) => {
    const text = node.closest("text") ?? node, size = parseFloat(getComputedStyle(text).fontSize);
    const { a, b } = text.getScreenCTM?.() ?? { a: 1, b: 0 };  // a text may be turned
    return size * Math.hypot(a, b);
  };
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const outside = (box, { left, right, top, bottom }) =>  // a box has 5 px above and below its letters
    box.left < left - 2 || box.right > right + 2 || box.top < top - 5 || box.bottom > bottom + 5;
  const screen = { left: 0, right: innerWidth, top: 0, bottom: innerHeight };
  // A table of more lines than a wall holds scrolls; the first of them are there.
  const long = (body) => body.matches("[data-kind=table] > .lf-body") && body.clientHeight > innerHeight / 3 &&
    body.querySelectorAll("tr").length > lines;
  const letters = (card, told) => {
    const all = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    for (let text = all.nextNode(); text; text = all.nextNode()) {
      const node = text.parentElement, range = document.createRange(), say = text.data.trim().slice(0, 24);
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (!say || box.width < 2 || !seen(node)) continue;
      if (node.closest(".katex, sub, sup, title, [data-testid=stIconMaterial]")) continue;
      const table = node.closest(".lf-panel[data-kind=table] .lf-body");
      if (table && box.top > table.getBoundingClientRect().bottom - 5 && long(table)) continue;
      if (size(node) < least - 0.1) told.push(`${size(node).toFixed(1)} px: ${say}`);
      if (outside(box, screen)) told.push(`off the screen: ${say}`);
      const drawing = node.closest("svg.main-svg, .lf-drawing svg");
      if (drawing && outside(box, drawing.getBoundingClientRect())) told.push(`cut off: ${say}`);
    }
  };
  const boxes = (card, told) => {
    for (const node of [card, ...card.querySelectorAll(".lf-body, .lf-figures, .lf-rows, .lf-end")]) {
      if (!node.clientHeight || /visible/.test(getComputedStyle(node).overflow)) continue;
      if (long(node)) continue;
      const over = [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight];
      if (Math.max(...over) > 2) told.push(`${node.className.slice(0, 30)} hangs over by ${over}`);
    }
  };
  for (const name of names) {
    const state = document.querySelector(`.st-key-card_${name} .lf`)?.__state;
    if (!state?.came) {
      found[name] = ["is not drawn"];
      continue;
    }
    page.classList.add("lf-staged", "lf-no-controls");
    present(state);
    await quiet(state);
    const tabs = () => [...(state.tabs?.children ?? [])];
    for (let i = 0; i < Math.max(tabs().length, 1); i++) {
      tabs()[i]?.click();
      await quiet(state);
      const told = [];
      letters(state.card, told);
      boxes(state.card, told);
      if (told.length) found[`${name}.${tabs()[i]?.dataset.step ?? ""}`] = [...new Set(told)].slice(0, 6);
    }
    tabs()[0]?.click();
    leave();
    await quiet(state);
  }
  return found;
}"""


def too_small(page: Page, demos: list[str]) -> dict[str, list[str]]:
    """What nobody can read, or see, of these cards of a lesson's page in a lecture, by "demo.step"."""
    resize(page, SCREEN)
    idle(page)
    return page.evaluate(LOOK, [demos, SMALLEST, LINES])
