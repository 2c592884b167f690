// The configuration of the runs that are drawn, side by side, with what differs marked.

import { byId, make } from "./dom.js";

const state = { runs: [], configs: [] };

function text(value) {
  if (value === undefined) return "–";
  if (Array.isArray(value)) return value.map(text).join("\n");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function makeRow(key, index) {
  const values = state.configs.map((config) => text(config[key]));
  const differs = values.some((value) => value !== values[0]);
  const cells = values.map((value) => make("td", {}, value));
  const row = make("tr", { className: differs ? "differs" : "" }, make("th", { scope: "row" }, key), ...cells);
  row.dataset.index = index;
  return row;
}

function draw() {
  const keys = [...new Set(state.configs.flatMap((config) => Object.keys(config)))];
  let rows = keys.map(makeRow);
  const several = state.configs.length > 1;
  byId("settings-differences-label").hidden = !several;
  if (several && byId("settings-differences").checked) rows = rows.filter((row) => row.className === "differs");
  const heads = state.runs.map((name) => make("th", { scope: "col" }, name));
  const head = several ? [make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "setting"), ...heads))] : [];
  const table = byId("settings");
  table.classList.toggle("several", several);
  table.replaceChildren(...head, make("tbody", {}, ...rows));
}

// configs: the parsed config.json of each run.
export function showSettings(runs, configs) {
  Object.assign(state, { runs, configs });
  byId("settings-card").hidden = configs.length === 0;
  draw();
}

export function startSettings() {
  byId("settings-differences").addEventListener("change", draw);
}
