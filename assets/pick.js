// For gr.HTML: a click on anything with data-pick is the event "select" with that value; the focus outlives a redrawing.
const last = {};
element.addEventListener("click", (event) => {
  const picked = event.target.closest("[data-pick]");
  if (picked) { last.pick = picked.dataset.pick; trigger("select", { value: picked.dataset.pick }); }
});
new MutationObserver(() => {
  if (!last.pick || document.activeElement !== document.body) return;
  const again = [...element.querySelectorAll("[data-pick]")].find((each) => each.dataset.pick === last.pick);
  if (again) again.focus({ preventScroll: true });
}).observe(element, { childList: true, subtree: true });
