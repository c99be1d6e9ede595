// What covers a card that fills the screen for a while: a black screen, the list of keys.
import { make } from "./dom.js";

let cover;

// "black", "help", or undefined where the card is seen.
export const covered = () => cover?.dataset.cover;

export function lift() {
  cover?.remove();
  cover = undefined;
}

function put(kind, ...inside) {
  lift();
  cover = make("div", `lf-cover lf-cover-${kind}`);
  cover.dataset.cover = kind;
  cover.append(...inside);
  cover.addEventListener("click", lift);
  document.body.append(cover);
}

export function blacken() {
  if (covered() === "black") return lift();
  put("black");
}

// Keys as they stand in the list; what they do is said in the reader's words (app.yaml: lecture.keys).
const ALWAYS = [["PageDown", "space"], "forward", ["PageUp"], "back", ["←", "→", "1–9"], "chips", ["F"], "figure", ["W"], "look",
  ["R", "Enter"], "reveal", ["C"], "controls", ["0"], "reset", ["B", "."], "black", ["?"], "help", ["Esc"], "leave"];
const LECTURE = [["↓", "↑"], "card", ["P"], "presenter"];

export function help(lecture) {
  if (covered() === "help") return lift();
  const words = window.__lecture ?? {}, list = make("dl"), all = lecture ? [...ALWAYS.slice(0, 4), ...LECTURE, ...ALWAYS.slice(4)] : ALWAYS;
  for (let i = 0; i < all.length; i += 2) {
    const keys = make("dt");
    keys.append(...all[i].map((key) => make("kbd", "", key === "space" ? words.space : key)));
    list.append(keys, make("dd", "", words[all[i + 1]]));
  }
  put("help", make("h2", "", words.title), list);
  cover.setAttribute("role", "dialog");
  cover.setAttribute("aria-label", words.title);
}
