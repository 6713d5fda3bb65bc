// Runs once for the page's notices (see ood_studio/ui/notices.py). Gradio gives: element, props, watch. The value is a
// JSON list of {kind, title, text, seconds}, which are added to those in sight; texts are never read as HTML.
const region = element.querySelector(".studio-notices");
const MOST = 5;

function add({ kind, title, text, seconds }) {
  const note = document.createElement("div");
  note.className = `studio-notice ${kind}`;
  if (kind === "error") note.setAttribute("role", "alert");
  const words = document.createElement("p");
  const strong = document.createElement("b");
  strong.textContent = title;
  words.append(strong, " ", text);
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => note.remove());
  note.append(words, close);
  region.append(note);
  while (region.children.length > MOST) region.firstChild.remove();
  let left = null;
  const leave = () => { if (seconds) left = setTimeout(() => note.remove(), 1000 * seconds); };
  note.addEventListener("pointerenter", () => clearTimeout(left));
  note.addEventListener("pointerleave", leave);
  leave();
}

watch("value", () => {
  try { JSON.parse(props.value || "{}").notes?.forEach(add); } catch (error) { console.warn(error); }
});
