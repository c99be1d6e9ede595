// Small helpers that every part of a figure uses. Text reaches the page through textContent only.
export const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};
export const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
// A label with symbols between dollar signs, as Streamlit's own labels have them: "$d_k$" with its index set low.
const GREEK = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", mu: "μ", pi: "π",
  rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", omega: "ω" };
export function label(node, text) {
  node.replaceChildren(...text.split("$").flatMap((part, i) => {
    if (i % 2 === 0) return [part];
    return part.replace(/\\(?:var)?([a-z]+)\b/g, (all, name) => GREEK[name] ?? all).replace(/\\text\{([^}]*)\}/g, "$1").split(/_\{([^}]*)\}|_(\w)/).filter((piece) => piece !== undefined)
      .map((piece, j) => make(j % 2 ? "sub" : "i", "", piece));
  }));
}

// A text with the indices of our symbols set low, d_k and W_Q, as study/markdown.py knows them; code keeps its own.
const SYMBOL = /\b([dWMp]_(?:model|ff|[kvqhQKVOn])|log_k)\b/, CODE = /\w\(|\*\*/, FORMULA = /[√ᵀ·²₀-₉]/;
export function spelled(node, text = node.textContent) {
  const parts = CODE.test(text) && !FORMULA.test(text) ? [text] : text.split(SYMBOL), line = make("span");
  if (parts.length === 1) {
    if (node.textContent !== text) node.textContent = text;
    return node;
  }
  line.append(...parts.flatMap((part, i) => (i % 2 ? [part.split("_")[0], make("sub", "", part.split("_")[1])] : [part])));
  node.replaceChildren(line);
  return node;
}

// Chinese may break between any two characters: a label breaks between its words.
const WORDS = globalThis.Intl?.Segmenter && new Intl.Segmenter("zh", { granularity: "word" }), HAN = /\p{Script=Han}/u;
export function unbroken(node) {
  if (!WORDS || !document.documentElement.lang.startsWith("zh") || !HAN.test(node.textContent)) return node;
  node.classList.add("lf-words");
  const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), texts = [];
  while (walk.nextNode()) texts.push(walk.currentNode);
  for (const text of texts) {
    const words = [...WORDS.segment(text.data)];
    text.replaceWith(...words.flatMap(({ segment, isWordLike }, i) => {
      const before = words[i - 1]?.isWordLike && isWordLike && HAN.test(words[i - 1].segment.at(-1)) && HAN.test(segment[0]);
      return before ? [make("wbr"), segment] : [segment];
    }));
  }
  return node;
}

export const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };  // (row, column)
