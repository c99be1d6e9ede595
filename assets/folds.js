// Folds of a note: opened for what stands in them when a link leads there, when the page is printed, when all of its
// figures are asked for, and when the reader comes back to where they were open.
const FOLDS = "[class*=fold_] > [data-testid=stExpander] > details";
const OPENS = 600;  // ms that a fold takes to open at the most: another click would close it again
function unfold(node) {
  for (let fold = node?.closest("details"); fold; fold = fold.parentElement?.closest("details")) {
    if (fold.open || Date.now() - (fold.__asked ?? 0) < OPENS) continue;
    fold.__asked = Date.now();
    fold.querySelector("summary").click();
  }
}

function unfoldAll() {
  for (const fold of document.querySelectorAll(FOLDS)) unfold(fold);
}

// The open ones, by the names of their boxes: Streamlit draws them closed in another language, and when one comes back.
function openFolds() {
  const seen = [...document.querySelectorAll(`${FOLDS}[open]`)].filter((fold) => !fold.parentElement.closest("details:not([open])"));
  return seen.map((fold) => fold.closest("[class*=fold_]").className.match(/st-key-(\w*fold_\w+)/)[1]);
}

function reopen(names) {
  for (const name of names) unfold(document.querySelector(`.st-key-${name} > [data-testid=stExpander] > details`));
}

function listenToFolds() {
  document.addEventListener("draw-all", unfoldAll);
  addEventListener("beforeprint", unfoldAll);
}
