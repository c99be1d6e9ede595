// Folds of a note: opened for what stands in them when a link leads there, when the page is printed, and when all of its
// figures are asked for.
const OPENS = 600;  // ms that a fold takes to open at the most: another click would close it again
function unfold(node) {
  for (let fold = node?.closest("details"); fold; fold = fold.parentElement?.closest("details")) {
    if (fold.open || Date.now() - (fold.__asked ?? 0) < OPENS) continue;
    fold.__asked = Date.now();
    fold.querySelector("summary").click();
  }
}

function unfoldAll() {
  for (const fold of document.querySelectorAll("[class*=fold_] details")) {
    if (!fold.closest("[class*=st-key-card_]")) unfold(fold);  // a card's own lines stay as they are
  }
}

function listenToFolds() {
  document.addEventListener("draw-all", unfoldAll);
  addEventListener("beforeprint", unfoldAll);
}
