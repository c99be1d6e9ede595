// What the page itself needs from the browser: arrow keys between lessons, the reader's place on each page and in each
// language, the language remembered and announced, the theme that is really shown. One instance per page.
const COOKIE = "max-age=31536000; path=/; SameSite=Lax";
const BUSY = "input,textarea,select,button,a,[tabindex],[contenteditable],[role=slider],[role=dialog]";
const CARD = "[class*=st-key-card_]";

// --- theme ---------------------------------------------------------------------------------------------------------
function theme() {
  const color = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor;
  const [r, g, b] = (color.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

// --- arrow keys between lessons, and between the items of a quiz ---------------------------------------------------
// A click on a figure leaves the focus on the page; whoever then presses an arrow key means the figure, or the quiz.
let inCard = false, inQuiz = false;
function onPress(event) {
  inQuiz = Boolean(event.target.closest?.(".st-key-quiz"));
  inCard = inQuiz || Boolean(event.target.closest?.(CARD));
}

function wayOf(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented) return undefined;
  return { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
}
const onPage = (focus) => !focus || focus === document.body || focus.matches("main, .stMain, .stApp, section");

// In a quiz left and right turn its items, also where a choice has the focus: there they would give another answer,
// which up and down do as well. Before Streamlit hears the key.
function onTurn(event) {
  const way = wayOf(event), focus = document.activeElement;
  if (!way || !(onPage(focus) ? inQuiz : focus.closest(".st-key-quiz")) || focus?.matches("input[type=text]")) return;
  const button = document.querySelector(`.st-key-quizgo_${way} button`);
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  inCard = inQuiz = true;  // what had the focus may go with its item
  button.click();
}

function onKey(event) {
  const way = wayOf(event), focus = document.activeElement;
  if (!way || inCard || (!onPage(focus) && focus.closest(BUSY))) return;
  const links = [...document.querySelectorAll(`.st-key-go_${way} a`)];
  (links.find((link) => !link.closest("[data-stale=true]")) ?? links[0])?.click();  // stale: of the page just left
}

// Says on the links what the keys do. Asked for several times a second: classes are found fast, and what is said stays.
const inBoxes = (name, tag) => [...document.getElementsByClassName(name)].flatMap((box) => [...box.getElementsByTagName(tag)]);
function announce(keys) {
  for (const [way, text] of Object.entries(keys)) {
    for (const link of [...inBoxes(`st-key-go_${way}`, "a"), ...inBoxes(`st-key-quizgo_${way}`, "button")]) {
      if (link.title === text) continue;
      link.title = text;
      link.setAttribute("aria-keyshortcuts", way === "next" ? "ArrowRight" : "ArrowLeft");
    }
  }
  for (const number of inBoxes("st-key-quizrow", "button")) {
    const isNow = String(number.dataset.testid === "stBaseButton-primary");
    if (number.getAttribute("aria-current") !== isNow) number.setAttribute("aria-current", isNow);
  }
}

// --- history and places --------------------------------------------------------------------------------------------
// The page scrolls in a box of Streamlit's, whose place the browser does not keep. Each entry of the history has an id
// in its state, and sessionStorage has the place of each id.
const box = () => document.querySelector("[data-testid=stMain]");
const entry = () => history.state?.place;
const id = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;

let leaving = 0;  // when a link to another page was followed: the page may empty itself before its address changes

// Is what the reader sees theirs, and not what is put right for them or going away?
const isTheirs = () => box() && entry() && !held && Date.now() - leaving >= 10_000;

function remember() {
  if (!isTheirs()) return;
  keep("place", { top: box().scrollTop });
  clearTimeout(resting);
  resting = setTimeout(rest, RESTS, entry());
}

// A number of pixels is no place where cards above have not been drawn yet: the spot is kept, too, when the page rests.
const RESTS = 150;  // ms
let resting;
function rest(at) {
  if (isTheirs() && entry() === at) keep("place", { top: box().scrollTop, spot: spot() });
}

function onFold(event) {
  if (event.target.matches?.(FOLDS) && isTheirs()) keep("folds", openFolds());
}

function keep(what, known) {
  try { sessionStorage.setItem(`${what}:${entry()}`, JSON.stringify(known)); } catch { /* storage is full or forbidden */ }
}

function remembered(what) {
  try { return entry() ? JSON.parse(sessionStorage.getItem(`${what}:${entry()}`)) : null; } catch { return null; }
}

// Streamlit pushes an entry for every change of the query, so for every step of a slider: Back would undo them one by
// one and never leave the lesson. What keeps the path replaces its entry; only another page is a new one.
function wrapHistory() {
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  const pathIn = (url) => (url == null ? location.pathname : new URL(url, location.href).pathname);
  const kept = (state) => ({ ...state, place: entry() ?? id() });
  history.replaceState = (state, title, url) => replace(kept(state), title, url);
  history.pushState = (state, title, url) => {
    if (pathIn(url) === location.pathname) return replace(kept(state), title, url);
    if (wish && pathIn(url) !== wish.to) return;  // late word of a page that was left again at once
    push({ ...state, place: id() }, title, url);
    inCard = inQuiz = false;
    arrive(goal ?? 0);
    goal = undefined;
  };
  if (!entry()) replace(kept(history.state), "");
}

// A place is held while the page grows: figures come seconds after the text. It is let go as soon as the reader (or the
// browser for them: find, Tab, a screen reader) moves, or when the page has been quiet for a while.
const QUIET = 2500, LONGEST = 30_000, JUMP = 700, GOES = 3000, BAR = UNDER + 12;  // ms, ms, ms, ms, px
let held, path = location.pathname;

const within = (main, top) => Math.min(Math.max(top, 0), main.scrollHeight - main.clientHeight);

function wanted(main) {
  if (typeof held.at === "number") return within(main, held.at);
  if (typeof held.at === "function") return held.at(main);
  const heading = document.getElementById(held.at);
  if (!heading?.closest(".st-key-page")) return held.at === "top" ? 0 : undefined;
  unfold(heading);
  const card = heading.closest(CARD);
  const top = (card ?? heading).getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop - BAR;
  if (card?.querySelector(".lf[data-drawn]")) flash(card);
  return within(main, top);
}

function settle() {
  const main = box(), top = held && main ? wanted(main) : undefined;
  if (top === undefined) return;
  if (Math.abs(main.scrollTop - top) > 1) main.scrollTop = top;
  held.height = main.scrollHeight;
  held.put = main.scrollTop;
}

function drop() {
  held?.observer.disconnect();
  clearInterval(held?.timer);
  held = undefined;
}

function release() {
  if (!held) return;
  drop();
  remember();
}

// coming: another page is on its way, and what is quiet until it comes is the old one. folds: that were open there.
function hold(at, coming, folds = []) {
  drop();
  const began = Date.now();
  let grown = began, seen;
  const grows = () => {
    grown = Date.now();
    if (folds.length) held.moved = grown;  // they open one after the other, and what waits in them comes
    settle();
  };
  held = { at, moved: began, folds, observer: new ResizeObserver(grows) };
  held.timer = setInterval(() => {
    const page = document.querySelector(".st-key-page"), now = Date.now();
    if (page !== seen) { held.observer.disconnect(); if (page) held.observer.observe(page); seen = page; }
    const working = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning";
    if (working) coming = false;
    // One that stands in another comes when that has been opened, and a click may be lost on what is drawn anew. The page
    // that is left may have boxes of the same names.
    if (now - (document.documentElement.dataset.leaving ?? 0) > GOES) reopen(held.folds);
    if (working || coming || document.querySelector(".lf:not([data-drawn])")) grown = now;
    if (now - grown > QUIET || now - began > LONGEST) release();
  }, 100);
  if (!coming) settle();  // else the page that is left would be measured, for nothing
}

// The reader moves. Focus that comes to the frame (the side bar closes) moves nothing.
function onMove(event) {
  if (event.isTrusted && (event.type === "pointerdown" || event.type === "keydown")) wish = undefined;
  if (event.isTrusted && (event.type !== "focusin" || event.target.closest?.(".st-key-page"))) release();
}

function onScroll(event) {
  const main = box();
  if (event.target !== main) return;
  // The page grew or shrank under its place, or the browser and Streamlit jump to the heading that a link names.
  if (held && (main.scrollHeight !== held.height || Date.now() - held.moved < JUMP)) return settle();
  const top = held && wanted(main);
  if (top !== undefined && Math.abs(main.scrollTop - top) > 2) {
    if (Math.abs(main.scrollTop - held.put) <= 2) return settle();  // where we put it, while the place itself has moved
    release();
  }
  remember();
}

function flash(card) {
  if (held.flashed) return;
  held.flashed = true;
  const color = getComputedStyle(document.documentElement).getPropertyValue("--st-primary-color") || "#6366f1";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;  // the ring stands, and goes at once
  card.animate([{ boxShadow: `0 0 0 3px ${color}` }, { boxShadow: `0 0 0 3px ${still ? color : "transparent"}` }], { duration: 2500 });
}

const named = () => decodeURIComponent(location.hash.slice(1));

// The reader's spot in terms that hold in every language: which block of which text, card or item stands under the bar,
// and how much of it has passed. A paragraph is the same one in the other language where both have as many.
const TEXTS = ".st-key-page :is(h1, [class*=st-key-note_], [class*=st-key-card_], [class*=st-key-quiz_], .st-key-sections h2)";
const share = (r, line) => Math.min(Math.max((line - r.top) / Math.max(r.height, 1), 0), 1);
const nameOf = (n) => n.id || n.className.match?.(/st-key-\w+/)?.[0] || n.tagName;
const MARKDOWN = "[data-testid=stMarkdownContainer]";  // holds a text's box, or stands in it
const blocks = (n) => [...(n.matches(`${MARKDOWN} > *`) ? n.children : n.querySelectorAll(`${MARKDOWN} > *`))];
const texts = () => [...document.querySelectorAll(TEXTS)].filter((n) => n.getClientRects().length && !n.closest("[data-stale=true]"));

// As plain data; undefined at the top of the page. below: past the end of what has passed, in the gap before the next.
function spot() {
  const line = box().getBoundingClientRect().top + BAR;
  const passed = texts().filter((n) => n.getBoundingClientRect().top <= line + 1).at(-1);
  if (!passed || box().scrollTop < 40) return undefined;
  const key = nameOf(passed), parts = /st-key-note_/.test(key) ? blocks(passed) : [], r = passed.getBoundingClientRect();
  const k = parts.findLastIndex((n) => n.getBoundingClientRect().top <= line + 1);
  const inner = k < 0 ? 0 : share(parts[k].getBoundingClientRect(), line);
  return { key, of: parts.length, k, whole: share(r, line), inner, below: line - r.bottom };
}

// Where the page has to stand for a spot; undefined while it is not there.
function placeOf(spot, main) {
  if (!spot) return 0;
  const same = texts().find((n) => nameOf(n) === spot.key);
  if (!same) return undefined;
  const now = blocks(same), part = spot.k >= 0 && now.length === spot.of ? now[spot.k] : undefined;
  const r = (part ?? same).getBoundingClientRect();
  const at = spot.below > 0 ? same.getBoundingClientRect().bottom + spot.below : r.top + (part ? spot.inner : spot.whole) * r.height;
  return within(main, at - main.getBoundingClientRect().top + main.scrollTop - BAR);
}

let stood;  // where the reader was when the language switch was touched
function onSwitch(event) {
  if (!event.target.closest?.(".st-key-_lang")) return;
  const at = spot();
  stood = { spot: (main) => placeOf(at, main), folds: openFolds(), when: Date.now() };
}

function languageIs(lang) {
  const before = document.documentElement.dataset.language;
  document.documentElement.dataset.language = lang;
  if (before && before !== lang && stood && Date.now() - stood.when < 10_000) hold(stood.spot, true, stood.folds);
}

function arrive(at, folds) {
  const coming = location.pathname !== path;
  path = location.pathname;
  leaving = 0;
  hold(at, coming, folds);
}

// Back, forward, another place of the page, a new document.
function onArrival() {
  const place = remembered("place");
  if (!entry()) history.replaceState(history.state, "");
  if (location.pathname !== path) leave(location.pathname);
  if (place === null) return arrive(named() || 0);
  arrive((main) => (place.spot && placeOf(place.spot, main)) ?? within(main, place.top), remembered("folds") ?? []);
}

// A link may lead to a place of another page (a result of the search), or stand in a drawing: the side bar's own link to
// that page is clicked for it, so that the session goes on.
let goal;
function onLink(event) {
  const link = event.target.closest?.("a[href]"), place = link?.closest("[class*=st-key-to_]");
  if (event.ctrlKey || event.metaKey || event.shiftKey) {  // in another tab or window
    if (link?.matches("[data-testid^=stPageLink]")) event.stopPropagation();  // Streamlit would turn this page instead
    return;
  }
  if (place) goal = place.className.match(/st-key-to_\w+?--(\w+)/)?.[1];
  if (place && pathOf(link) === location.pathname) {  // on this page: nothing is drawn anew for it
    event.preventDefault();
    event.stopPropagation();
    hold(goal ?? 0);
    goal = undefined;
    return onTap(event);
  }
  if (link?.closest(".map, [class*=st-key-note_]")) {
    const to = new URL(link.href.baseVal ?? link.href, location.href), own = pageLinks().find((a) => pathOf(a) === to.pathname);
    if (own && to.origin === location.origin && to.pathname !== location.pathname) {
      event.preventDefault();
      goal = to.hash.slice(1) || undefined;
      own.click();
      return;
    }
  }
  if (!link || link.target === "_blank" || link.origin !== location.origin || pathOf(link) === location.pathname) return;
  release();
  remember();
  rest(entry());
  leave(pathOf(link));
}

// A script asks for a place of a page (classroom.js): of this one, or of another, whose link in the side bar is clicked.
function onGoTo({ detail: { page, anchor } }) {
  const own = pageLinks().find((a) => pathOf(a).split("/").at(-1) === page);
  if (!own || pathOf(own) === location.pathname) return hold(anchor);
  goal = anchor;
  own.click();
}

function leave(to) {
  leaving = Date.now();
  document.documentElement.dataset.leaving = leaving;  // the figures of this page ask for nothing any more
  insist(to);
}

// A request of the old page that comes while that for the next one waits takes its place in Streamlit's queue, and the page
// stays (script_requests.py: the newer request's page_script_hash wins); one that comes while the next page is drawn ends
// that, and the page stays empty. So a link is followed again where the server rests and the page has not come, until the
// reader does something else.
const INSIST = 60_000, IDLE = 3;  // ms in all; looks at a server that does nothing
let wish;  // where the reader wants to go, and since when
function insist(to) {
  const mine = wish = wish?.to === to ? wish : { to, since: Date.now() };
  let quiet = 0;
  const look = () => {
    if (mine !== wish) return;
    quiet = document.querySelector(".stApp")?.dataset.testScriptState === "notRunning" ? quiet + 1 : 0;
    const came = location.pathname === to && document.querySelector(".st-key-page h1");
    if (quiet < IDLE) setTimeout(look, 200);
    else if (came || Date.now() - mine.since > INSIST) wish = undefined;
    else pageLinks().find((a) => pathOf(a) === to)?.click();
  };
  setTimeout(look, 200);
}

// On a phone the side bar covers the page: a tap on a page, section or demo in it shows that.
function onTap(event) {
  if (!event.target.closest?.(".st-key-pages a, .st-key-side_search a") || innerWidth >= 768) return;
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}

// "/" goes to the search: the page's own, or that of the side bar, which it opens.
const SLIDES = 400;  // ms that a side bar takes to come
function onSlash(event) {
  const own = document.querySelector(".st-key-search input"), search = own ?? document.querySelector(".st-key-side_search input");
  const typing = event.target.closest?.("input, textarea, [contenteditable]");
  if (event.key !== "/" || !search || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const opens = own ? null : document.querySelector("[data-testid=stExpandSidebarButton]");
  opens?.click();
  setTimeout(() => {
    search.focus();
    search.scrollIntoView({ block: "center" });
  }, opens ? SLIDES : 0);
}

// Ctrl+P prints what is there at once: figures and quiz items that have not come yet are asked for first. (The browser's
// menu asks for them, too, but does not wait: assets/figure/near.js.)
const PRINTS = 30_000;  // ms that are waited for at the most
function onPrint(event) {
  const left = () => document.querySelector(`.st-key-page :is(.lf:not([data-drawn]), .lf-rest, ${FOLDS}:not([open]))`);
  if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !left()) return;
  event.preventDefault();
  const until = Date.now() + PRINTS, asks = document.documentElement.dataset;
  asks.drawAll = 1;  // none is let go while others come
  document.dispatchEvent(new Event("draw-all"));
  const look = () => {
    unfoldAll();  // those, too, that came with what waited in another
    if (left() && Date.now() < until) return setTimeout(look, 200);
    delete asks.drawAll;
    print();
  };
  look();
}

// "L" in a lesson: its demos as a lecture (pages/lecture.py), the one in sight first. The full screen has to begin with the key.
function onLecture(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], [role=combobox]");
  if (event.key.toLowerCase() !== "l" || typing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector(".lecture")) return;  // it has begun: lecture.js hears the key
  const middle = innerHeight / 2, cards = [...document.querySelectorAll(`.st-key-page ${CARD}`)].filter((card) => !card.closest("[data-stale=true]"));
  const far = (card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return card.matches("[data-present]") ? -1 : card.offsetHeight ? Math.max(0, top - middle, middle - bottom) : Infinity;
  };
  const [card] = cards.sort((a, b) => far(a) - far(b));
  const demo = card && far(card) < Infinity ? [...card.classList].find((name) => name.startsWith("st-key-card_"))?.slice(12) : undefined;
  if (!demo || !document.querySelector(".st-key-contents")) return;  // no lesson
  document.documentElement.dataset.lecture = "coming";
  document.documentElement.requestFullscreen?.().catch(() => {});
  shell.trigger("lecture", { demo, step: card.querySelector(".lf")?.dataset.step ?? "", n: Date.now() });
}

let shell, waits = false;
function placed() {
  if (waits || !shell) return;
  waits = true;
  requestAnimationFrame(() => { waits = false; dressBar(shell.root, shell.data); });
}

function listen() {
  listenToFolds();
  new ResizeObserver(sideBarIs).observe(document.querySelector("[data-testid=stMain]") ?? document.body);
  document.addEventListener("click", () => { for (const after of [0, 100, 500]) setTimeout(sideBarIs, after); });
  addEventListener("popstate", onArrival);
  document.addEventListener("scroll", onScroll, { capture: true, passive: true });
  document.addEventListener("toggle", onFold, { capture: true });
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown", "focusin"]) {
    document.addEventListener(kind, onMove, { capture: true, passive: true });
  }
  for (const kind of ["pointerdown", "keydown", "click"]) document.addEventListener(kind, onSwitch, { capture: true, passive: true });
  document.addEventListener("keydown", onSlash);
  document.addEventListener("keydown", onPrint);
  document.addEventListener("keydown", onLecture);
  document.addEventListener("scroll", placed, { capture: true, passive: true });
  document.addEventListener("pointerdown", onPress, { capture: true, passive: true });
  document.addEventListener("click", onLink, { capture: true });
  document.addEventListener("go-to", onGoTo);
  document.addEventListener("click", onTap);
  document.addEventListener("keydown", onTurn, { capture: true });
  document.addEventListener("keydown", onKey);
  if (named() || !box()?.scrollTop) onArrival();  // else the reader has begun to read while this script came
}

wrapHistory();  // before Streamlit changes anything in it: the document loads this script ahead of Streamlit's

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  languageIs(data.lang);
  document.documentElement.lang = data.lang === "zh" ? "zh-CN" : data.lang;
  document.cookie = `lang=${data.lang}; ${COOKIE}`;
  const state = (parentElement.__shell ??= {});
  state.data = data;
  state.set = setStateValue;
  if (shell?.data.title !== data.title) delete document.documentElement.dataset.leaving;  // the next page has come
  shell = { root: parentElement, data, trigger: setTriggerValue };
  window.__lecture = data.lecture;  // what the keys do, for figure/screens.js
  placed();  // with the next frame, which asks where all stands in any case: much of the page is still to come
  if (!state.watch) {
    let looked = 0;
    const look = () => {
      const works = document.querySelector(".stApp")?.dataset.testScriptState === "running";
      if (works && Date.now() - looked < 2000) return;  // the figure that is on its way comes first
      looked = Date.now();
      const seen = theme();
      announce(state.data.keys);
      dressBar(parentElement, state.data);
      document.documentElement.dataset.theme = seen;
      document.cookie = `theme=${seen}; ${COOKIE}`;
      if (seen !== state.data.theme && seen !== state.said) { state.said = seen; state.set("theme", seen); }
      if (seen === state.data.theme) state.said = undefined;
    };
    state.watch = setInterval(look, 400);
    if (!window.__studyShell) { window.__studyShell = true; listen(); }  // the page has one history
    look();
  }
  return () => { if (!parentElement.isConnected) clearInterval(state.watch); };
}
