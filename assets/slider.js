// Runs once for each logarithmic slider of the app (see ood_studio/ui/log_slider.py). Gradio gives: element, trigger,
// props, watch. The value is a number as text; positions run from 0 to 200.
const range = element.querySelector("input[type=range]");
const box = element.querySelector("input[type=number]");
const said = element.querySelector(".studio-log-said");
const POSITIONS = 200;
const low = Number(props.low), high = Number(props.high), whole = props.whole, zero = props.zero;
const first = zero ? 1 : 0; // position 0 is the number 0 where that is allowed

const tidy = (number) => (whole ? Math.round(number) : Number(number.toPrecision(2)));
const clamp = (number) => Math.min(high, Math.max(zero && number < low / 2 ? 0 : low, number));
const toNumber = (position) => (zero && position <= 0 ? 0
  : clamp(tidy(low * (high / low) ** ((position - first) / (POSITIONS - first)))));
const toPosition = (number) => (number <= 0 ? 0
  : first + (POSITIONS - first) * Math.log(Math.max(number, low) / low) / Math.log(high / low));
const shown = (number) => number.toLocaleString("en", { maximumSignificantDigits: 4 });

// What the number means elsewhere, as "408 at the model's 64 pixels": props.notes is a list of [text, factor].
function draw(number) {
  range.value = toPosition(number);
  if (document.activeElement !== box) box.value = number;
  const notes = (props.notes ?? []).map(([text, factor]) => text.replace("{}", shown(number * factor)));
  said.textContent = notes.join(" · ");
  range.setAttribute("aria-valuetext", [shown(number), ...notes].join(", "));
}

function take(number, event) {
  if (!Number.isFinite(number)) number = Number(props.value);
  draw(number);
  if (String(number) !== props.value) props.value = String(number);
  trigger(event, { value: String(number) });
}

range.addEventListener("input", () => take(toNumber(Number(range.value)), "input"));
range.addEventListener("change", () => take(toNumber(Number(range.value)), "release"));
// Typed numbers are kept as typed, also beyond the scale, but for the bounds.
const typed = () => (box.value === "" ? NaN : Math.min(Number(props.top), Math.max(Number(props.bottom), Number(box.value))));
box.addEventListener("change", () => {
  const number = typed();
  take(whole && Number.isFinite(number) ? Math.round(number) : number, "release");
  box.value = props.value;
});
watch(["value", "notes"], () => draw(Number(props.value)));
draw(Number(props.value));
