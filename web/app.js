// The page: which runs there are, which is open, which are drawn; hands each part what it shows.

import { runColour, showCurves, startCurves } from "./charts.js";
import { byId } from "./dom.js";
import { showExplorer, startExplorer } from "./explorer.js";
import { showOverview, showRemarks } from "./overview.js";
import { MOST_SHOWN, showRuns } from "./runs.js";
import { showSamples, startSamples } from "./samples.js";
import { showSettings, startSettings } from "./settings.js";
import { askJson, filePath, listen, runPath } from "./server.js";

const runs = new Map(); // name -> summary
let shown = []; // by slot: the names that are drawn, null where a slot is free
let focus = null;
const known = { events: "", configs: "" }; // versions of what was asked for last

// ---- What is chosen ---------------------------------------------------------------------------------------

// The address keeps the choice: #open,drawn,drawn
function adoptAddress() {
  const names = location.hash.slice(1).split(",").map(decodeURIComponent).filter((name) => runs.has(name));
  if (names.length === 0) return;
  shown = [];
  focus = names[0];
  names.forEach(draw);
}

function writeAddress() {
  const names = [focus, ...shown.filter((name) => name && name !== focus)].filter(Boolean);
  history.replaceState(null, "", `#${names.map(encodeURIComponent).join(",")}`);
}

function draw(name) {
  if (shown.includes(name)) return;
  const free = shown.indexOf(null);
  if (free >= 0) shown[free] = name;
  else if (shown.length < MOST_SHOWN) shown.push(name);
}

function undraw(name) {
  shown = shown.map((each) => (each === name ? null : each));
  while (shown.length && shown.at(-1) === null) shown.pop();
}

// A run that alone was drawn makes place for the one that is opened.
function open(name) {
  const drawn = shown.filter(Boolean);
  if (drawn.length === 1 && drawn[0] === focus) shown = [];
  focus = name;
  draw(name);
  show();
}

function toggle(name, on) {
  if (on) draw(name);
  else if (shown.filter(Boolean).length > 1) undraw(name);
  if (!shown.includes(focus)) focus = shown.find(Boolean);
  show();
}

// Runs may have gone; the newest stands in where nothing is left.
function settle() {
  shown = shown.map((name) => (runs.has(name) ? name : null));
  if (!runs.has(focus)) focus = shown.find(Boolean) ?? null;
  if (focus) return;
  const candidates = [...runs.values()];
  const running = candidates.find((run) => run.state === "running");
  focus = (running ?? candidates.at(-1))?.name ?? null;
  if (focus) draw(focus);
}

// ---- What is shown ----------------------------------------------------------------------------------------

async function showEvents(run) {
  const version = `${run.name} ${run.events_version} ${run.generator_version}`;
  if (version === known.events) return;
  known.events = version;
  const events = await askJson(runPath(run.name, "events"));
  if (known.events !== version) return;
  showRemarks(events.remarks);
  showSamples(run.name, { epochs: events.epochs, pairs: events.pairs }, run.config_version);
  showExplorer(run.name, run.generator_version, events.checkpoints);
}

async function showConfigs(drawn) {
  const version = drawn.map((run) => `${run.name} ${run.config_version}`).join("/");
  if (version === known.configs) return;
  known.configs = version;
  const configs = await Promise.all(drawn.map((run) => askJson(filePath(run.name, `config.json?v=${run.config_version}`)).catch(() => ({}))));
  if (known.configs === version) showSettings(drawn.map((run) => run.name), configs);
}

function showEmpty() {
  byId("empty").hidden = false;
  byId("empty").textContent = "There is no run here (any more). Start one with `dcgan train`: it appears by itself.";
  byId("content").hidden = true;
  document.title = "dcgan";
  byId("run-name").textContent = "dcgan";
  byId("run-state").textContent = "";
  byId("run-device").textContent = "";
}

function show() {
  settle();
  const list = [...runs.values()];
  showRuns(list, focus, shown, { focus: open, toggle });
  for (const item of byId("run-list").children)
    item.style.setProperty("--chip", item.dataset.slot < 0 ? "transparent" : runColour(Number(item.dataset.slot)));
  const run = runs.get(focus);
  if (!run) return showEmpty();
  byId("empty").hidden = true;
  byId("content").hidden = false;
  writeAddress();
  showOverview(run);
  const drawn = shown.map((name, slot) => name && { ...runs.get(name), slot }).filter(Boolean);
  showCurves(drawn);
  showEvents(run).catch(report);
  showConfigs(drawn).catch(report);
}

// The stream tells when things are right again.
function report(error) {
  console.warn(error.message);
  known.events = known.configs = "";
}

// ---- Start ------------------------------------------------------------------------------------------------

function readOptions() {
  try {
    return { axis: "step", smoothing: 35, ...JSON.parse(localStorage.getItem("dcgan") ?? "{}") };
  } catch {
    return { axis: "step", smoothing: 35 };
  }
}

startCurves((options) => localStorage.setItem("dcgan", JSON.stringify(options)), readOptions());
startSamples();
startExplorer();
startSettings();

let adopted = false;
window.addEventListener("hashchange", () => {
  adoptAddress();
  show();
});
listen({
  onRuns(list) {
    runs.clear();
    for (const run of list) runs.set(run.name, run);
    if (!adopted) adoptAddress();
    adopted = true;
    show();
  },
  onRun(run) {
    runs.set(run.name, run);
    show();
  },
  onConnection(text, good) {
    const mark = byId("connection");
    mark.textContent = text;
    mark.classList.toggle("lost", !good);
  },
});
