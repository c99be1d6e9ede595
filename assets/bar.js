// The bar and the contents: which lesson and section are in sight, the theme, and Streamlit's own English words. Its text
// stands before shell.js's in one module (study/shell/frame.py).
const UNDER = 48;  // px: the bar's height
const PLACES = ".st-key-page :is(h2[id], h3[id])";

// --- the place in sight --------------------------------------------------------------------------------------------
// The heading that stands right below the bar (a link has led there); else the last one that has passed under it, or that
// begins in the upper third of the page. Of two side by side it is the first, unless a link has led to the other.
function inSight() {
  const limit = UNDER + innerHeight / 3;
  let last, before;
  for (const heading of document.querySelectorAll(PLACES)) {
    if (heading.closest("[data-stale=true]") || !heading.getClientRects().length) continue;  // left, or in a closed fold
    const { top } = heading.getBoundingClientRect();
    if (top > limit) break;
    if (Math.abs(top - before) < UNDER && location.hash !== `#${heading.id}`) continue;
    [last, before] = [heading, top];
    if (top >= UNDER && top < UNDER + 40) break;
  }
  return last;
}

const linkTo = (id) => [...document.querySelectorAll(".st-key-contents a")].find((a) => a.getAttribute("href") === `#${id}`);

// The pages' links in the side bar, and where they lead: Streamlit leaves the home page's address empty.
const pageLinks = () => [...document.querySelectorAll(".st-key-pages [data-testid=stPageLink] a")];
const pathOf = (link) => new URL(link.getAttribute("href") || "./", location.href).pathname;

let marked;
function markPlace(root, title) {
  const heading = inSight(), link = heading && linkTo(heading.id);
  const section = link?.closest("ul ul")?.parentElement.querySelector("a") ?? link;
  const text = section?.textContent ?? "";
  const [lesson, place] = [root.querySelector(".bar-lesson"), root.querySelector(".bar-section")];
  if (lesson.textContent !== title) lesson.textContent = title;
  if (place.textContent !== text) place.textContent = text;
  for (const old of document.querySelectorAll(".st-key-contents [aria-current]")) if (old !== link) old.removeAttribute("aria-current");
  for (const page of pageLinks()) {
    if (pathOf(page) === location.pathname) page.setAttribute("aria-current", "page"); else page.removeAttribute("aria-current");
  }
  link?.setAttribute("aria-current", "location");
  if (link && link !== marked && !link.closest("[data-testid=stSidebar]").matches(":hover, :focus-within")) follow(link);
  marked = link;
}

// Moves the side bar, and nothing else, so far that the link is seen.
function follow(link) {
  const side = link.closest("[data-testid=stSidebarContent]"), at = link.getBoundingClientRect(), box = side?.getBoundingClientRect();
  if (!side) return;
  if (at.top < box.top + 60) side.scrollTop -= box.top + 60 - at.top;
  if (at.bottom > box.bottom - 40) side.scrollTop += at.bottom - box.bottom + 40;
}

// --- theme ---------------------------------------------------------------------------------------------------------
// Streamlit has no call that sets the theme: its own (hidden) menu is opened, asked and closed. It keeps the choice for
// the address of the page that was loaded; ours holds for every page.
const SIGNS = { System: "◐", Light: "☀", Dark: "☾" };
const keyOf = (path) => `stActiveTheme-${path}-v2`;
const loaded = new URL(performance.getEntriesByType("navigation")[0]?.name ?? location.href).pathname;

function chosenTheme() {
  try { return JSON.parse(localStorage.getItem(keyOf(loaded))) ?? "System"; } catch { return "System"; }
}

const soon = () => new Promise((done) => requestAnimationFrame(done));

async function chooseTheme(name, button) {
  const menu = document.querySelector("[data-testid=stMainMenuButton]");
  document.documentElement.classList.add("bar-asks");
  try {
    menu?.click();
    let item;
    for (let i = 0; i < 60 && !item; i++) { await soon(); item = document.querySelector(`[data-testid=stMainMenuItem-theme-${name}]`); }
    item?.click();
    for (let i = 0; i < 60 && chosenTheme() !== name; i++) await soon();
    if (menu?.getAttribute("aria-expanded") === "true") menu.click();
    for (let i = 0; i < 60 && document.querySelector("[data-testid=stMainMenuList]"); i++) await soon();
  } finally {
    document.documentElement.classList.remove("bar-asks");
    button.focus({ preventScroll: true });
  }
  try { for (const path of pageLinks().map(pathOf)) localStorage.setItem(keyOf(path), JSON.stringify(chosenTheme())); } catch { /* full or forbidden */ }
}

function dressTheme(root, data) {
  const button = root.querySelector(".bar-theme"), name = chosenTheme();
  if (button.dataset.name !== name || button.title !== data.themes[name]) {
    button.dataset.name = name;
    button.textContent = SIGNS[name];
    button.title = data.themes[name];
    button.setAttribute("aria-label", data.themes[name]);
  }
  button.onclick ??= async () => {
    const names = Object.keys(SIGNS);
    await chooseTheme(names[(names.indexOf(chosenTheme()) + 1) % names.length], button);
    dressTheme(root, root.__data);
  };
}

// --- Streamlit's own words -----------------------------------------------------------------------------------------
function translate(says) {
  for (const [text, selector, attribute] of says) {
    for (const node of document.querySelectorAll(selector)) {
      if (!attribute && node.firstChild?.data !== text) node.firstChild.data = text;
      if (attribute && node.getAttribute(attribute) !== text) node.setAttribute(attribute, text);
    }
  }
  for (const link of document.querySelectorAll("[data-testid=stHeaderActionElements] a")) link.tabIndex = -1;  // the contents lead there
}

// The bar makes room for the button that opens the side bar. Not by CSS's :has() on an ancestor: every node that comes
// would have the styles of the whole page computed anew, several times for each text that Plotly measures.
function sideBarIs() {
  document.documentElement.toggleAttribute("data-side-closed", Boolean(document.querySelector("[data-testid=stExpandSidebarButton]")));
}

function dressBar(root, data) {
  root.__data = data;
  sideBarIs();
  root.querySelector(".bar-place").setAttribute("aria-label", data.place);
  dressTheme(root, data);
  translate(data.says);
  markPlace(root, data.title);
}
