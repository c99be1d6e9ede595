// The speaker's notes, by card: in this browser's storage, shared by its windows, never sent. And the channel between the
// window on the wall and the one that the speaker sees.
import { make } from "./dom.js";

const STORE = "lecture-notes", LONGEST = 20_000;  // characters of a note

function all() {
  try { return JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { return {}; }
}

function write(kept) {
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
    return true;
  } catch { return false; }  // full or forbidden
}

export const notes = {
  // A box for the note of a card, kept with every letter.
  box(words, name) {
    const label = make("label", "lecture-notes"), text = make("textarea"), unkept = make("small", "", "");
    text.value = all()[name] ?? "";
    text.rows = 4;
    text.maxLength = LONGEST;
    text.dir = "auto";
    text.dataset.note = name;
    text.addEventListener("input", () => {
      unkept.textContent = write({ ...all(), [name]: text.value || undefined }) ? "" : words.unkept;
    });
    unkept.setAttribute("role", "status");
    label.append(make("span", "", words.notes), text, unkept);
    return label;
  },
  // A card's state was changed: its note goes with it.
  move(from, to) {
    const kept = all();
    if (from !== to && kept[from] && !kept[to]) write({ ...kept, [to]: kept[from] });
  },
};

// What was written in another window stands here, too.
addEventListener("storage", ({ key }) => {
  const kept = key === STORE && all(), written = kept ? [...document.querySelectorAll(".lecture-notes textarea")] : [];
  for (const text of written) if (document.activeElement !== text) text.value = kept[text.dataset.note] ?? "";
});

export class Channel {
  constructor(hear) {
    this.hear = hear;
    this.line = new BroadcastChannel("lecture");
    this.line.onmessage = (event) => this.hear(event);
  }

  postMessage(message) { this.line.postMessage(message); }
}
