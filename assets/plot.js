// Runs once for each figure of the app (see ood_studio/ui/plot.py). Gradio gives: element, trigger, props, watch.
const area = element.querySelector(".studio-plot-area");
const note = element.querySelector(".studio-plot-note");
const summary = element.querySelector("figcaption");
const NARROW = 600;
let figure = null; // as it came: {data, layout}
let asked = 0; // how often it was to be drawn: the last time counts
let drawn = false;
let fitted = ""; // the look that it was drawn with, or fitted to since
let buttons = null; // made once: with new ones plotly would start afresh and lose the zoom
let spot = null; // the point that the keyboard is on: {curve, point}

const plotly = () => (window.studioPlotly ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = props.script;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => reject(Error("plotly.js could not be loaded from this server"));
  document.head.append(script);
}));

function say(text) {
  note.textContent = text;
  note.hidden = !text;
}

// The page's colours and sizes, as the flat keys that Plotly.relayout takes.
function look() {
  const style = getComputedStyle(element);
  const colour = (name, other) => style.getPropertyValue(name).trim() || other;
  const text = colour("--body-text-color", "#1f2937");
  const ground = colour("--background-fill-primary", "#ffffff");
  const grid = colour("--border-color-primary", "#d1d5db");
  const layout = figure.layout;
  const width = area.clientWidth;
  const narrow = width < NARROW;
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 * (narrow ? 0.76 : 1);
  const size = (value) => Math.round(value * scale);
  const flat = {
    width,
    height: layout.height || props.height,
    "font.color": text,
    "font.size": size(layout.font?.size ?? 16),
    "hoverlabel.bgcolor": ground,
    "hoverlabel.bordercolor": grid,
    "hoverlabel.font.color": text,
    "hoverlabel.font.size": size(layout.hoverlabel?.font?.size ?? 15),
    "legend.font.size": size(layout.legend?.font?.size ?? 16),
    "legend.title.font.size": size(layout.legend?.font?.size ?? 16),
    "modebar.bgcolor": "rgba(0,0,0,0)",
    "modebar.color": colour("--body-text-color-subdued", "#6b7280"),
    "modebar.activecolor": text,
  };
  for (const key of Object.keys(layout)) {
    if (!/^[xy]axis\d*$/.test(key)) continue;
    flat[`${key}.gridcolor`] = grid;
    flat[`${key}.title.font.size`] = size(1.06 * (layout.font?.size ?? 16));
  }
  (layout.annotations ?? []).forEach((_, place) => {
    flat[`annotations[${place}].font.size`] = size(layout.font?.size ?? 16);
  });
  const legend = layout.legend ?? {};
  const entries = figure.data.filter((trace) => trace.showlegend !== false && trace.name).length;
  if (entries && layout.showlegend !== false && !(legend.orientation === "h" && entries < 3)) {
    const inside = legend.orientation !== "h";
    const crowded = narrow || entries > (inside ? 9 : 12);
    const below = { orientation: "v", x: 0, xanchor: "left", y: 0, yanchor: "bottom", yref: "container", xref: "paper" };
    const beside = { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top", yref: "paper", xref: "paper" };
    const own = { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "auto", yref: "paper", xref: "paper", ...legend };
    const placed = crowded ? (narrow ? below : beside) : own;
    for (const key of Object.keys(below)) flat[`legend.${key}`] = placed[key];
    const tall = Math.round(size(legend.font?.size ?? 16) * 1.6 * (entries + 1));
    flat["legend.maxheight"] = 1;
    if (narrow) flat.height += tall;
    else if (crowded) flat.height = Math.max(flat.height, tall + 110);
  }
  return flat;
}

function put(layout, flat) {
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split(/[.[\]]+/);
    const last = keys.pop();
    keys.reduce((at, key) => (at[key] ??= {}), layout)[last] = value;
  }
  return layout;
}

// As JSON can say it: typed arrays become lists, infinite and missing numbers null.
function clean(value) {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(value, clean);
  if (typeof value === "number" && !Number.isFinite(value)) return null;
  return value ?? null;
}

const told = (point) => ({
  curve: point.curveNumber,
  point: point.pointIndex ?? point.pointNumber,
  x: clean(point.x),
  y: clean(point.y),
  customdata: clean(point.customdata),
  meta: clean(point.data.meta),
});

// Of bars over one another the lowest that still reaches the pointer, else the tallest; of other points the nearest.
function chosen(event) {
  const points = event.points;
  if (points.length < 2 || points[0].data.type !== "bar" || !event.event) return points[0];
  const axis = points[0].yaxis;
  const height = axis.p2d(event.event.clientY - area.getBoundingClientRect().top - axis._offset);
  const rising = [...points].sort((a, b) => a.y - b.y);
  return rising.find((point) => point.y >= height) ?? rising.at(-1);
}

function clicked(event) {
  const point = chosen(event);
  trigger("click", { ...told(point), column: event.points.map(told) });
}

// A line that was dragged: its new place goes out, and it stays upright.
function dragged(change) {
  for (const key of Object.keys(change)) {
    const index = /^shapes\[(\d+)\]\.x0$/.exec(key)?.[1];
    const shape = index && figure.layout.shapes?.[index];
    if (!shape?.editable) continue;
    const x = (change[key] + (change[`shapes[${index}].x1`] ?? change[key])) / 2;
    const upright = ["y0", "y1"].every((end) => (change[`shapes[${index}].${end}`] ?? shape[end]) === shape[end]);
    if (x === shape.x0 && upright) continue; // the echo of putting it upright
    const flat = {};
    for (const end of ["x0", "x1"]) flat[`shapes[${index}].${end}`] = shape[end] = x;
    for (const end of ["y0", "y1"]) flat[`shapes[${index}].${end}`] = shape[end];
    (figure.layout.annotations ?? []).forEach((text, place) => {
      if (text.name && text.name === shape.name) flat[`annotations[${place}].x`] = text.x = x;
    });
    window.Plotly.relayout(area, flat);
    trigger("drag", { shape: shape.name ?? "", x });
  }
}

async function save(format) {
  const layout = put(structuredClone(figure.layout), {
    ...look(), width: 1200, height: Math.max(560, figure.layout.height || 0), "font.color": "#1f2937",
    paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff",
  });
  const options = { format, width: layout.width, height: layout.height, scale: format === "png" ? 2 : 1 };
  window.Plotly.downloadImage({ data: figure.data, layout }, { ...options, filename: props.file });
}

function button(title, format) {
  const icon = window.Plotly.Icons[format === "png" ? "camera" : "disk"];
  return { name: `save-${format}`, title, icon, click: () => save(format) };
}

// A tab that comes into sight is painted before its figures are drawn.
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

async function draw() {
  const turn = ++asked;
  figure = props.value ? JSON.parse(props.value) : null;
  spot = null;
  picture(null);
  summary.textContent = figure?.layout?.meta?.summary ?? "";
  const frame = element.querySelector("figure");
  frame.setAttribute("aria-label", props.label || "figure");
  frame.toggleAttribute("data-empty", !figure);
  if (!figure) {
    if (drawn) window.Plotly.purge(area);
    drawn = false;
    say(props.empty);
    return;
  }
  if (!area.clientWidth) return; // hidden: drawn when it gets a width
  let Plotly;
  try {
    Plotly = await plotly();
  } catch (error) {
    say(error.message);
    return;
  }
  if (!drawn) await painted();
  if (turn !== asked || !figure || !area.clientWidth) return;
  say("");
  const { data } = figure;
  const flat = look();
  fitted = JSON.stringify(flat);
  const layout = put(structuredClone(figure.layout), flat);
  buttons ??= [button("Save as PNG", "png"), button("Save as SVG", "svg")];
  await Plotly.react(area, data, layout, {
    displaylogo: false,
    displayModeBar: "hover",
    edits: { shapePosition: !!layout.shapes?.some((shape) => shape.editable) },
    modeBarButtonsToRemove: ["toImage", "select2d", "lasso2d", "autoScale2d", "sendDataToCloud"],
    modeBarButtonsToAdd: buttons,
  });
  const heard = [["click", clicked], ["relayout", dragged], ["hover", picture], ["unhover", () => picture(null)]];
  for (const [name, hear] of heard) {
    const event = `plotly_${name}`;
    area.removeAllListeners(event); // a changed config may or may not have dropped them
    area.on(event, hear);
  }
  drawn = true;
}

// The picture of the point that is pointed at, where the figure brings a sheet of them (layout.meta.sprite).
function picture(event) {
  const sheet = figure?.layout?.meta?.sprite;
  const shown = element.querySelector(".studio-plot-picture");
  const point = sheet && event?.points?.[0];
  const index = point?.customdata?.[0];
  shown.hidden = !Number.isInteger(index);
  if (shown.hidden) return;
  const { columns, rows } = sheet;
  const part = (place, count) => (count > 1 ? (100 * place) / (count - 1) : 0);
  shown.style.backgroundImage = `url("${sheet.source}")`;
  shown.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  shown.style.backgroundPosition = `${part(index % columns, columns)}% ${part(Math.floor(index / columns), rows)}%`;
  const x = point.xaxis._offset + point.xaxis.d2p(point.x), y = point.yaxis._offset + point.yaxis.d2p(point.y);
  const side = shown.offsetWidth, gap = 22;
  shown.style.left = `${Math.min(Math.max(0, x - side / 2), area.clientWidth - side)}px`;
  shown.style.top = `${y > side + gap ? y - side - gap : y + gap}px`;
}

let waiting = false;
function refit() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (!element.isConnected) return drawn ? stop() : undefined; // one that begins hidden is not there yet
    if (!area.clientWidth || !figure) return;
    if (!drawn) return draw();
    const flat = look();
    if (fitted === (fitted = JSON.stringify(flat))) return; // its tab was opened again, and nothing is different
    window.Plotly.relayout(area, flat);
  });
}

// Arrow keys walk along a curve and between curves, Enter clicks.
function walk(event) {
  if (!drawn || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter"].includes(event.key)) return;
  event.preventDefault();
  const curves = area.calcdata
    .map((points, curve) => ({ points, curve, trace: area._fullData[curve] }))
    .filter(({ trace }) => trace.visible === true && trace.hoverinfo !== "skip");
  if (!curves.length) return;
  let place = Math.max(0, curves.findIndex(({ curve }) => curve === spot?.curve));
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    place = (place + (event.key === "ArrowUp" ? 1 : curves.length - 1)) % curves.length;
  }
  const { curve, trace } = curves[place];
  const count = trace._length ?? trace.x.length;
  const step = spot && { ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0;
  spot = { curve, point: Math.min(count - 1, Math.max(0, (spot?.point ?? 0) + step)) };
  const point = { curveNumber: curve, pointIndex: spot.point, data: trace, x: trace.x[spot.point],
    y: trace.y[spot.point], customdata: trace.customdata?.[spot.point] };
  if (event.key === "Enter") return clicked({ points: [point] });
  window.Plotly.Fx.hover(area, [{ curveNumber: curve, pointNumber: spot.point }], trace.xaxis + trace.yaxis);
  const [xaxis, yaxis] = ["x", "y"].map((name) => area._fullLayout[`${name}axis${trace[`${name}axis`].slice(1)}`]);
  picture({ points: [{ ...point, xaxis, yaxis }] }); // plotly tells of hovering by pointer alone
}

const sizes = new ResizeObserver(refit);
sizes.observe(area);
const themes = new MutationObserver(refit);
themes.observe(document.body, { attributes: true, attributeFilter: ["class"] });
themes.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
function stop() {
  sizes.disconnect();
  themes.disconnect();
}
area.addEventListener("keydown", walk);
area.addEventListener("blur", () => picture(null));
watch(["value", "label"], draw);
draw();
