// The curves: four charts with one view of the horizontal axis, zoomed together.

import { byId, count, duration, make, newestOnly, number, setPressed } from "./dom.js";
import { chartData, chartKinds } from "./series.js";
import { askColumns } from "./server.js";

const DASHES = [[], [7, 4], [2, 3]];
const MARGIN = 0.2; // of the view, fetched on either side: panning and smoothing find something there
const NEAREST = { step: 4, time: 0.25 }; // the narrowest view
const WHEEL_PAUSE = 400; // milliseconds: a page that is being scrolled goes on scrolling over a chart

const state = {
  runs: [], // summaries of those that are drawn
  axis: "step",
  smoothing: 35,
  view: null, // {from, to}, or null: all there is, following it as it grows
  answers: [],
  charts: [],
  signature: "",
};

const styles = () => getComputedStyle(document.documentElement);
export const runColour = (slot) => styles().getPropertyValue(`--run-${slot % 8}`).trim();
const columnColour = (index) => styles().getPropertyValue(`--column-${index}`).trim();

// ---- The view ---------------------------------------------------------------------------------------------

function wholeView() {
  const last = state.runs.map((run) => (state.axis === "step" ? run.step : (run.last.time ?? 0)));
  const first = state.axis === "step" ? 1 : 0;
  return { from: first, to: Math.max(first + NEAREST[state.axis], ...last) };
}

const currentView = () => state.view ?? wholeView();

function setView(from, to) {
  const whole = wholeView();
  const width = Math.max(NEAREST[state.axis], to - from);
  const centre = (from + to) / 2;
  from = Math.max(whole.from, centre - width / 2);
  to = Math.min(whole.to, centre + width / 2);
  state.view = to - from > 0.995 * (whole.to - whole.from) ? null : { from, to };
  draw();
  refresh();
}

function resetView() {
  state.view = null;
  draw();
  refresh();
}

function zoomAround(x, factor) {
  const { from, to } = currentView();
  setView(x - (x - from) * factor, x + (to - x) * factor);
}

function pan(share) {
  const { from, to } = currentView();
  const whole = wholeView();
  const shift = Math.max(whole.from - from, Math.min(whole.to - to, share * (to - from)));
  setView(from + shift, to + shift);
}

// ---- Input ------------------------------------------------------------------------------------------------

let lastScroll = -Infinity;

function listenToWheel(chart) {
  chart.over.addEventListener(
    "wheel",
    (event) => {
      const scrolling = event.timeStamp - lastScroll < WHEEL_PAUSE;
      if (scrolling || (event.deltaY > 0 && !state.view)) return; // bubbles on: the page scrolls
      event.preventDefault();
      event.stopPropagation();
      const x = chart.posToVal(event.clientX - chart.over.getBoundingClientRect().left, "x");
      zoomAround(x, Math.exp(Math.sign(event.deltaY) * Math.min(0.5, Math.abs(event.deltaY) / 300)));
    },
    { passive: false },
  );
}

function listenToPinch(chart) {
  const touches = new Map();
  const at = (event) => event.clientX - chart.over.getBoundingClientRect().left;
  const spread = () => {
    const [a, b] = [...touches.values()];
    return { centre: (a + b) / 2, distance: Math.max(10, Math.abs(a - b)) };
  };
  chart.over.addEventListener("pointerdown", (event) => touches.set(event.pointerId, at(event)));
  chart.over.addEventListener("pointermove", (event) => {
    if (!touches.has(event.pointerId) || touches.size !== 2) return;
    const before = spread();
    touches.set(event.pointerId, at(event));
    const after = spread();
    zoomAround(chart.posToVal(after.centre, "x"), before.distance / after.distance);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    chart.over.addEventListener(end, (event) => touches.delete(event.pointerId));
}

function onKey(event) {
  const { from, to } = currentView();
  const actions = {
    ArrowLeft: () => pan(-0.2),
    ArrowRight: () => pan(0.2),
    "+": () => zoomAround((from + to) / 2, 0.7),
    "=": () => zoomAround((from + to) / 2, 0.7),
    "-": () => zoomAround((from + to) / 2, 1 / 0.7),
    0: resetView,
    Escape: resetView,
  };
  const action = actions[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
}

// ---- Charts -----------------------------------------------------------------------------------------------

const alone = () => state.runs.length === 1;

function lineStyle(kind, runIndex, columnIndex) {
  const colour = alone() ? columnColour(kind.id === "scores" || kind.id === "losses" ? columnIndex : kind.id) : null;
  return {
    stroke: colour ?? runColour(state.runs[runIndex].slot),
    dash: alone() ? (columnIndex === 2 ? DASHES[1] : []) : DASHES[columnIndex],
  };
}

function makeSeries(kind) {
  const series = [{}];
  const bands = [];
  state.runs.forEach((run, runIndex) => {
    kind.columns.forEach((column, columnIndex) => {
      const style = lineStyle(kind, runIndex, columnIndex);
      series.push({ ...style, width: 1.75, points: { show: false }, spanGaps: true });
      if (!alone()) return;
      const hidden = { stroke: "transparent", width: 0, points: { show: false }, spanGaps: true };
      series.push(hidden, hidden);
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${style.stroke}1f` });
    });
  });
  return { series, bands };
}

const axisNumber = (value) => (Math.abs(value) >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : `${value}`);

function chartOptions(kind, entry, width) {
  const style = styles();
  const axis = {
    stroke: style.getPropertyValue("--quiet").trim(),
    grid: { stroke: style.getPropertyValue("--grid").trim(), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  const { series, bands } = makeSeries(kind);
  return {
    width,
    height: entry.plot.clientHeight || 220,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    scales: {
      x: { time: false, range: () => [currentView().from, currentView().to] },
      y: { range: () => entry.range },
    },
    axes: [
      { ...axis, size: 24, values: (_, splits) => splits.map(state.axis === "step" ? axisNumber : duration) },
      { ...axis, size: 46, values: (_, splits) => splits.map((value) => axisNumber(+value.toPrecision(6))) },
    ],
    series,
    bands,
    cursor: {
      sync: { key: "dcgan", setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      bind: { dblclick: () => resetView },
    },
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          setView(from, to);
        },
      ],
      setCursor: [(chart) => showValues(entry, chart.cursor.idx)],
    },
  };
}

// ---- Legends ----------------------------------------------------------------------------------------------

function swatch(style) {
  const mark = make("i", { className: "swatch" });
  mark.style.borderTopColor = style.stroke ?? "currentColor";
  mark.style.borderTopStyle = style.dash.length === 0 ? "solid" : style.dash[0] < 4 ? "dotted" : "dashed";
  return mark;
}

// One run: an item per line. Several: an item per run with all its values, and the lines' patterns before.
function makeLegend(kind, entry) {
  entry.values = [];
  const items = [];
  if (!alone() && kind.columns.length > 1)
    kind.columns.forEach((column, index) =>
      items.push(make("span", { className: "legend-key quiet" }, swatch({ dash: DASHES[index] }), column.label)),
    );
  state.runs.forEach((run, runIndex) => {
    const values = kind.columns.map(() => make("b"));
    entry.values.push(...values);
    if (alone())
      kind.columns.forEach((column, index) =>
        items.push(make("span", {}, swatch(lineStyle(kind, 0, index)), column.label, values[index])),
      );
    else
      items.push(make("span", {}, swatch({ ...lineStyle(kind, runIndex, 0), dash: [] }), run.name, ...values));
  });
  entry.legend.replaceChildren(...items);
}

function newestIndex(line) {
  let index = line.length - 1;
  while (index > 0 && line[index] === null) index--;
  return index;
}

function showValues(entry, index) {
  if (!entry.chart) return;
  const stride = alone() ? 3 : 1;
  entry.values.forEach((element, i) => {
    const line = entry.chart.data[1 + i * stride] ?? [];
    element.textContent = number(line[index ?? newestIndex(line)]);
  });
  const x = index === null || index === undefined ? null : entry.chart.data[0][index];
  entry.where.textContent =
    x === null ? "" : state.axis === "step" ? `step ${count(Math.round(x))}` : duration(x);
}

// ---- Drawing ----------------------------------------------------------------------------------------------

function makeEntry(kind) {
  const plot = make("div", { className: "plot", tabIndex: 0 });
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-label", `${kind.title}. Plus and minus zoom, arrows move, 0 shows the whole run.`);
  plot.addEventListener("keydown", onKey);
  const legend = make("div", { className: "legend" });
  const where = make("span", { className: "quiet where" });
  const head = make("div", { className: "chart-head" }, make("h3", {}, kind.title), where);
  const card = make("article", { className: "card chart" }, head, make("p", { className: "quiet" }, kind.help), legend, plot);
  byId("charts").append(card);
  const entry = { kind, plot, legend, where, chart: null, range: [0, 1], values: [] };
  new ResizeObserver(() => {
    if (!entry.chart || !plot.clientWidth) return;
    entry.chart.setSize({ width: plot.clientWidth, height: plot.clientHeight });
    refresh();
  }).observe(plot);
  return entry;
}

function rebuild(entry, data) {
  entry.chart?.destroy();
  makeLegend(entry.kind, entry);
  entry.chart = new uPlot(chartOptions(entry.kind, entry, entry.plot.clientWidth), data, entry.plot);
  listenToWheel(entry.chart);
  listenToPinch(entry.chart);
}

// Draws what is held; what a new view lacks comes with the next answer.
function draw() {
  byId("zoom-reset").disabled = !state.view;
  if (state.answers.length !== state.runs.length || state.answers.length === 0) return;
  const began = performance.now();
  const signature = state.runs.map((run) => `${run.name}:${run.slot}`).join("/") + state.axis;
  for (const entry of state.charts) {
    const options = { smoothing: state.smoothing, view: currentView(), bands: alone() };
    const { data, range } = chartData(entry.kind, state.answers, options);
    entry.range = range;
    if (signature === state.signature && entry.chart) entry.chart.setData(data);
    else rebuild(entry, data);
    showValues(entry, entry.chart.cursor.idx);
  }
  state.signature = signature;
  performance.measure("dcgan-draw", { start: began, end: performance.now() });
}

const refresh = newestOnly(async () => {
  const runs = state.runs;
  const axis = state.axis;
  if (runs.length === 0) return;
  const began = performance.now();
  const view = currentView();
  const margin = state.view ? MARGIN * (view.to - view.from) : 0;
  const width = Math.min(2048, Math.round((state.charts[0].plot.clientWidth || 600) * (state.view ? 1 + 2 * MARGIN : 1)));
  const range = { axis, from: Math.max(0, view.from - margin), to: view.to + margin, width };
  const answers = await Promise.all(runs.map((run) => askColumns(run.name, range).catch(() => null)));
  if (runs !== state.runs || axis !== state.axis) return refresh();
  const usable = answers.map((answer) => answer !== null);
  if (!usable.every(Boolean)) state.runs = runs.filter((_, index) => usable[index]);
  state.answers = answers.filter((answer) => answer !== null);
  draw();
  showUnreadable();
  performance.measure("dcgan-refresh", { start: began, end: performance.now() });
});

function showUnreadable() {
  const lines = state.answers.reduce((sum, answer) => sum + answer.unreadable, 0);
  byId("unreadable").textContent = lines ? `${count(lines)} lines of metrics.jsonl could not be read.` : "";
}

// ---- From outside -----------------------------------------------------------------------------------------

// runs: summaries with their `slot`, which gives the colour.
export function showCurves(runs) {
  const drawn = runs.filter((run) => run.step > 0);
  const same = drawn.length === state.runs.length && drawn.every((run, i) => run.name === state.runs[i].name);
  state.runs = drawn;
  if (!same) state.answers = [];
  refresh();
}

export function startCurves(onOptions, { axis, smoothing }) {
  state.axis = axis;
  state.smoothing = smoothing;
  state.charts = chartKinds.map(makeEntry);
  const slider = byId("smoothing");
  slider.value = smoothing;
  slider.addEventListener("input", () => {
    state.smoothing = Number(slider.value);
    onOptions({ axis: state.axis, smoothing: state.smoothing });
    draw();
  });
  const showAxis = () => ["step", "time"].forEach((name) => setPressed(byId(`axis-${name}`), name === state.axis));
  for (const name of ["step", "time"])
    byId(`axis-${name}`).addEventListener("click", () => {
      state.axis = name;
      state.view = null;
      state.answers = [];
      showAxis();
      onOptions({ axis: state.axis, smoothing: state.smoothing });
      refresh();
    });
  showAxis();
  byId("zoom-reset").addEventListener("click", resetView);
  window.addEventListener("wheel", (event) => (lastScroll = event.timeStamp), { passive: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    state.signature = "";
    draw();
  });
}
