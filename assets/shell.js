// What the page itself needs from the browser: arrow keys between lessons, the language remembered and announced, the
// theme that is really shown. One instance per page.
const COOKIE = "max-age=31536000; path=/; SameSite=Lax";
const BUSY = "input,textarea,select,button,a,[tabindex],[contenteditable],[role=slider],[role=dialog]";

function theme() {
  const color = getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor;
  const [r, g, b] = (color.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

function onKey(event) {
  const way = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  if (!way || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  const focus = document.activeElement;
  if (focus && focus !== document.body && focus.closest(BUSY) && !focus.matches("main, .stMain, .stApp, section")) return;
  const links = [...document.querySelectorAll(`.st-key-go_${way} a`)];
  (links.find((link) => !link.closest("[data-stale=true]")) ?? links[0])?.click();  // stale: of the page just left
}

export default function ({ data, parentElement, setStateValue }) {
  document.documentElement.lang = data.lang === "zh" ? "zh-CN" : data.lang;
  document.cookie = `lang=${data.lang}; ${COOKIE}`;
  const state = (parentElement.__shell ??= {});
  state.data = data;
  state.set = setStateValue;
  if (!state.watch) {
    const look = () => {
      const seen = theme();
      document.cookie = `theme=${seen}; ${COOKIE}`;
      if (seen !== state.data.theme && seen !== state.said) { state.said = seen; state.set("theme", seen); }
      if (seen === state.data.theme) state.said = undefined;
    };
    state.watch = setInterval(look, 400);
    document.addEventListener("keydown", onKey);
    look();
  }
  return () => {
    if (parentElement.isConnected) return;
    clearInterval(state.watch);
    document.removeEventListener("keydown", onKey);
  };
}
