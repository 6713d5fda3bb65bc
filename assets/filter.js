// For gr.HTML, behind pick.js: what is typed into [data-filter] hides the items of the list whose data-text lacks it.
const sought = { text: "" };
function sift() {
  for (const item of element.querySelectorAll("[data-text]")) {
    item.hidden = !item.dataset.text.toLowerCase().includes(sought.text.toLowerCase().trim());
  }
}
element.addEventListener("input", (event) => {
  if (!event.target.matches("[data-filter]")) return;
  sought.text = event.target.value;
  sift();
});
new MutationObserver(() => {
  const box = element.querySelector("[data-filter]");
  if (!box || box.value === sought.text) return;
  box.value = sought.text; // the list was drawn anew
  sift();
}).observe(element, { childList: true, subtree: true });
