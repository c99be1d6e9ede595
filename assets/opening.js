// A page that opens is shown when what stands in sight is whole: its texts come first as grey bars, then without formulas,
// then in other letters, and each time all below them moves. Only what is in sight is waited for, and not for ever.
(() => {
  const root = document.documentElement, LONGEST = 4000, GIVEN_UP = 20_000;  // ms since the page's box came, since the start
  let came, stood = 0;
  root.dataset.opening = "";
  const inSight = (node) => {
    const { top, bottom, width } = node.getBoundingClientRect();
    return width > 0 && top < innerHeight && bottom > 0;
  };
  const whole = (page) => {
    const rests = document.querySelector(".stApp")?.dataset.testScriptState === "notRunning";
    const full = page.querySelector("h1") && page.getBoundingClientRect().bottom > innerHeight;
    return (full || rests) && document.fonts.status === "loaded" && document.querySelector(".bar-lesson:not(:empty)")
      && ![...document.querySelectorAll("[data-testid=stSkeleton]")].some(inSight);
  };
  const look = () => {
    const page = document.querySelector(".st-key-page"), now = performance.now();
    if (page) came ??= now;
    stood = page && whole(page) ? stood + 1 : 0;  // in two frames one after the other: the first may not be laid out yet
    if (stood < 2 && now - (came ?? now) < LONGEST && now < GIVEN_UP) return requestAnimationFrame(look);
    delete root.dataset.opening;
  };
  requestAnimationFrame(look);
})();
