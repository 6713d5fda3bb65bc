// Runs once for the film of a stream (see ood_studio/ui/compare/stream.py). Gradio gives: element, trigger, props, watch.
// The value is JSON, see ood_studio/figures/film.py; empty before there is a film.
const find = (name) => element.querySelector(`[data-part=${name}]`);
const stage = find("stage"), play = find("play"), scrub = find("scrub"), speed = find("speed"), watched = find("method");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const SIDE = 92; // pixels of a picture in the strip, and its gap
let film = null;
let at = 0; // pictures that have come; between two while it plays
let running = false;
let last = 0;
let held = []; // of each method, the memory so far: {upto, sides: Map(place -> is OOD), labels}

const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");
const made = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);

function load() {
  pause();
  try { film = props.value ? JSON.parse(props.value) : null; } catch { film = null; }
  element.querySelector(".studio-stream").hidden = !film;
  if (!film) return;
  held = [];
  element.querySelector(".studio-stream").style.setProperty("--sheet", `url("${film.sheet.source}")`);
  film.cell = new Map(film.places.map((place, cell) => [place, cell]));
  for (const method of film.methods) method.counts = counted(method);
  watched.replaceChildren(...film.methods.map(({ name }, i) => made("option", name, { value: i })));
  const learning = film.methods.findIndex(({ memory }) => memory);
  watched.value = Math.max(0, learning);
  scrub.max = film.count;
  find("summary").textContent = film.summary;
  find("promise").textContent = film.promise;
  find("rows").replaceChildren(...film.methods.map(({ name, key, protocol, seen, colour }) => {
    const row = made("tr");
    const head = made("th", "", { scope: "row", title: `${key}, ${protocol}: it sees ${seen}` });
    const mark = made("i");
    mark.style.background = colour;
    head.append(mark, name);
    row.append(head, ...Array.from({ length: 4 }, () => made("td")));
    return row;
  }));
  find("strip").replaceChildren();
  tiles.clear();
  seek(0);
}

// False alarms and misses after every picture, and how many of each kind came.
function counted({ flagged }) {
  const rows = [[0, 0, 0, 0]];
  film.of.forEach((of, i) => {
    const [alarms, inside, misses, outside] = rows[i];
    const out = flagged[i] === "1";
    rows.push(of ? [alarms, inside, misses + !out, outside + 1] : [alarms + out, inside + 1, misses, outside]);
  });
  return rows;
}

function picture(place) {
  const tile = made("span", "", { className: "pic" });
  const cell = film.cell.get(place);
  if (cell === undefined) return tile;
  const { columns, rows } = film.sheet;
  const part = (which, count) => (count > 1 ? (100 * which) / (count - 1) : 0);
  tile.style.backgroundImage = "var(--sheet)";
  tile.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  tile.style.backgroundPosition = `${part(cell % columns, columns)}% ${part(Math.floor(cell / columns), rows)}%`;
  tile.title = `${film.captions[cell]} (${film.sets[film.of[place]]})`;
  return tile;
}

const tiles = new Map();
function strip(count, method) {
  const place = find("strip"), width = place.clientWidth;
  const seen = Math.ceil(width / SIDE) + 1;
  for (const [i, tile] of tiles) {
    if (i >= Math.floor(at) + 1 || i < at - seen || tile.dataset.of !== method.name) { tile.remove(); tiles.delete(i); }
  }
  for (let i = Math.max(0, Math.floor(at) - seen); i < Math.min(film.count, Math.floor(at) + 1); i += 1) {
    if (!tiles.has(i)) {
      const out = method.flagged[i] === "1", wrong = out !== film.of[i] > 0;
      const tile = made("figure", "", { className: `tile ${out ? "ood" : "id"}${wrong ? " wrong" : ""}` });
      const word = !wrong ? (out ? "OOD ✓" : "ID ✓") : out ? "false alarm" : "missed";
      tile.dataset.of = method.name;
      tile.append(picture(i), made("figcaption", word));
      place.append(tile);
      tiles.set(i, tile);
    }
    tiles.get(i).style.transform = `translateX(${Math.round(width - (at - i) * SIDE)}px)`;
  }
}

function table(count) {
  [...find("rows").rows].forEach((row, i) => {
    const method = film.methods[i];
    const [alarms, inside, misses, outside] = method.counts[count];
    const known = method.running.filter(([upto, area]) => upto <= count && area !== null).at(-1);
    const rang = method.alarm !== null && method.alarm <= count;
    const cells = [
      known ? (100 * known[1]).toFixed(1) : "–", percent(alarms, inside), percent(misses, outside),
      rang ? `at ${method.alarm}` : "–",
    ];
    cells.forEach((text, k) => { row.cells[k + 1].textContent = text; });
    row.classList.toggle("rang", rang);
    row.classList.toggle("watched", i === Number(watched.value));
  });
}

const SPACE = "http://www.w3.org/2000/svg";
function drawn(tag, given) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
  return node;
}

function wealth(count) {
  const chart = find("wealth"), wide = Math.max(200, chart.clientWidth), tall = 150;
  const all = film.methods.flatMap(({ wealth }) => [Math.min(...wealth), Math.max(...wealth)]);
  const low = Math.min(-0.5, ...all), high = Math.max(film.line * 1.15, Math.min(Math.max(...all), film.line * 3));
  const x = (i) => (i / film.count) * wide;
  const y = (value) => tall - 6 - ((Math.min(value, high) - low) / (high - low)) * (tall - 12);
  const nodes = [
    drawn("line", { x1: 0, x2: wide, y1: y(film.line), y2: y(film.line), class: "limit" }),
    drawn("line", { x1: x(count), x2: x(count), y1: 0, y2: tall, class: "now" }),
  ];
  film.methods.forEach(({ wealth: values, colour, alarm }, k) => {
    const points = [`0,${y(0).toFixed(1)}`, ...values.slice(0, count).map((v, i) => `${x(i + 1).toFixed(1)},${y(v).toFixed(1)}`)];
    const dash = ["none", "9 5", "3 4", "12 4 3 4"][k % 4];
    nodes.push(drawn("polyline", { points: points.join(" "), stroke: colour, "stroke-dasharray": dash }));
    if (alarm !== null && alarm <= count) nodes.push(drawn("circle", { cx: x(alarm), cy: y(film.line), r: 6, fill: colour }));
  });
  const word = drawn("text", { x: 6, y: y(film.line) - 6 });
  word.textContent = "alarm";
  chart.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
  chart.replaceChildren(...nodes, word);
}

function memory(count, index) {
  const { memory: events } = film.methods[index], place = find("memory");
  if (!events) {
    place.replaceChildren(made("p", "This method holds nothing: it learns nothing from the stream.", { className: "quiet" }));
    return;
  }
  let mine = held[index];
  if (!mine || mine.upto > count) mine = held[index] = { upto: 0, next: 0, sides: new Map(), labels: [] };
  while (mine.next < events.length && events[mine.next].at <= count) {
    const { id = [], ood = [], gone = [], labels } = events[mine.next];
    id.forEach((each) => mine.sides.set(each, false));
    ood.forEach((each) => mine.sides.set(each, true));
    gone.forEach((each) => mine.sides.delete(each));
    if (labels) mine.labels = labels;
    mine.next += 1;
  }
  mine.upto = count;
  const side = (out) => [...mine.sides].filter(([, is]) => is === out).map(([each]) => each);
  const row = (title, places, isWrong) => {
    const wrong = places.filter(isWrong).length;
    const line = made("div", "", { className: "held" });
    line.append(made("p", `${title}: ${places.length}${places.length ? `, ${wrong} wrongly` : ""}`));
    const pictures = made("div", "", { className: "pics" });
    pictures.append(...places.slice(-14).map((each) => {
      const tile = picture(each);
      tile.classList.toggle("wrong", isWrong(each));
      return tile;
    }));
    line.append(pictures);
    return line;
  };
  const labels = made("p", "", { className: "labels" });
  labels.append("OOD pictures look to it like: ", ...(mine.labels.length ? mine.labels.map((word) => made("b", word)) : ["nothing yet"]));
  place.replaceChildren(
    row("Held as OOD", side(true), (each) => film.of[each] === 0), row("Held as ID", side(false), (each) => film.of[each] > 0), labels,
  );
}

function draw(all = true) {
  if (!film || !stage.clientWidth) return;
  const count = Math.min(film.count, Math.floor(at)), index = Number(watched.value);
  strip(count, film.methods[index]);
  if (!all) return;
  table(count);
  wealth(count);
  memory(count, index);
  scrub.value = count;
  scrub.setAttribute("aria-valuetext", `picture ${count} of ${film.count}`);
  find("where").textContent = `${count} / ${film.count}`;
}

function seek(place) {
  at = Math.min(film.count, Math.max(0, place));
  draw();
}

function pause() {
  running = false;
  play.textContent = "Play";
  if (film) find("said").textContent = at >= film.count ? `The end. ${film.summary}` : "";
}

function start() {
  if (!film) return;
  if (at >= film.count) at = 0;
  running = true;
  last = 0;
  play.textContent = "Pause";
  find("said").textContent = "";
  requestAnimationFrame(step);
}

// Eight pictures a second at speed 1. Those who want little motion get a still strip that turns over once a second.
function step(now) {
  if (!running || !element.isConnected) return;
  const before = Math.floor(at), passed = last ? (now - last) / 1000 : 0;
  const pace = 8 * Number(speed.value);
  if (!calm.matches) {
    at += Math.min(passed, 0.25) * pace;
    last = now;
  } else if (!last || passed >= 1) {
    if (last) at = Math.floor(at) + Math.round(pace);
    last = now;
  }
  if (at >= film.count) {
    at = film.count;
    draw();
    pause();
    return;
  }
  draw(Math.floor(at) !== before);
  requestAnimationFrame(step);
}

play.addEventListener("click", () => (running ? pause() : start()));
scrub.addEventListener("input", () => { pause(); seek(Number(scrub.value)); });
watched.addEventListener("change", () => draw());
stage.addEventListener("keydown", (event) => {
  const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -25, PageDown: 25, Home: -Infinity, End: Infinity }[event.key];
  if (event.target !== stage || !film || (move === undefined && event.key !== " ")) return;
  event.preventDefault();
  if (event.key === " ") { play.click(); return; }
  pause();
  seek(Math.floor(at) + move);
});
new ResizeObserver(() => draw()).observe(stage);
// A film that somebody has just asked for begins by itself, but for those who want little motion.
watch("value", () => {
  load();
  if (film && !calm.matches) start();
});
load();
