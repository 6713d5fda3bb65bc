// For gr.HTML: a click on anything with data-pick is the event "select" with that value; the focus outlives a redrawing.
const SLIP = 8; // pixels that a hand may move within a click
const last = {};
function pick(what) {
  last.pick = what;
  trigger("select", { value: what });
}
element.addEventListener("click", (event) => {
  const what = event.target.closest("[data-pick]")?.dataset.pick;
  if (what && what !== last.picked) pick(what);
});
// What is drawn anew between press and release gets no click from the browser: then the release is one.
element.addEventListener("pointerdown", (event) => {
  last.press?.abort();
  const node = event.target.closest("[data-pick]");
  if (!node || event.button !== 0) return;
  const { pick: what } = node.dataset;
  const press = (last.press = new AbortController());
  const { signal } = press;
  window.addEventListener("pointercancel", () => press.abort(), { signal });
  window.addEventListener("pointerup", (release) => {
    press.abort();
    const moved = Math.hypot(release.clientX - event.clientX, release.clientY - event.clientY);
    if (node.isConnected || moved > SLIP) return;
    last.picked = what; // should a browser click on what is there now, that is no second one
    setTimeout(() => { last.picked = null; });
    pick(what);
  }, { signal });
});
new MutationObserver(() => {
  if (!last.pick || document.activeElement !== document.body) return;
  const again = [...element.querySelectorAll("[data-pick]")].find((each) => each.dataset.pick === last.pick);
  if (again) again.focus({ preventScroll: true });
}).observe(element, { childList: true, subtree: true });
