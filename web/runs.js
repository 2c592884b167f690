// The list of runs: one is open, up to eight are drawn over each other.

import { byId, count, make } from "./dom.js";

export const MOST_SHOWN = 8;

export const stateWords = {
  running: "training",
  done: "done",
  stopped: "stopped",
  diverged: "diverged",
  interrupted: "interrupted",
  waiting: "no step yet",
};

function progressText(run) {
  if (run.epochs) return `epoch ${Math.min(run.epochs_done + 1, run.epochs)} of ${run.epochs}`;
  return run.step ? `step ${count(run.step)}` : "";
}

function makeItem(run, slot, isFocus, actions) {
  const tick = make("input", { type: "checkbox", checked: slot >= 0 });
  tick.setAttribute("aria-label", `Draw the curves of ${run.name}`);
  tick.addEventListener("change", () => actions.toggle(run.name, tick.checked));
  const name = make("button", { type: "button", className: "run-open", title: run.name }, run.name);
  if (isFocus) name.setAttribute("aria-current", "true");
  name.addEventListener("click", () => actions.focus(run.name));
  const state = make("span", { className: `state state-${run.state}` }, stateWords[run.state]);
  const item = make(
    "li",
    { className: isFocus ? "run focus" : "run" },
    tick,
    name,
    make("span", { className: "run-line" }, state, make("span", { className: "quiet" }, progressText(run))),
  );
  item.dataset.slot = slot;
  return item;
}

// Keeps the keyboard's place while the list is written anew.
export function showRuns(runs, focus, shown, actions) {
  const list = byId("run-list");
  const active = document.activeElement;
  const held = list.contains(active) ? [...list.querySelectorAll("input, button")].indexOf(active) : -1;
  list.replaceChildren(...runs.map((run) => makeItem(run, shown.indexOf(run.name), run.name === focus, actions)));
  if (held >= 0) list.querySelectorAll("input, button")[held]?.focus();
  byId("runs-shown").textContent = shown.length > 1 ? `${shown.length} drawn` : "";
  document.body.classList.toggle("one-run", runs.length <= 1);
}
