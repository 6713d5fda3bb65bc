// Runs once for each "copy link, copy command, repeat" (see ood_studio/ui/share.py). Gradio gives: element, trigger,
// props, watch. The value is JSON: {query, command}, empty before there is anything to share.
const said = element.querySelector(".studio-share-said");
let timer = null;

function held() {
  try { return JSON.parse(props.value || "{}"); } catch { return {}; }
}

function draw() {
  const { query, command } = held();
  for (const [name, there] of [["link", query], ["command", command], ["repeat", query || command]]) {
    element.querySelector(`[data-do=${name}]`).disabled = !there;
  }
}

function say(text, title = "") {
  said.textContent = text;
  said.title = title;
  clearTimeout(timer);
  timer = setTimeout(() => { said.textContent = ""; }, 4000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.", text);
  } catch { // only pages of this machine or of https may
    window.prompt("Copy this:", text);
  }
}

element.addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  const { query, command } = held();
  if (what === "link") {
    history.replaceState(history.state, "", query);
    copy(window.location.origin + window.location.pathname + query);
  } else if (what === "command") copy(command);
  else if (what === "repeat") trigger("click", {});
});
watch("value", draw);
draw();
