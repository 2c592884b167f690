// Samples from fixed latents: one epoch or two side by side, moved by sliders, or played.

import { byId, make, newestOnly, setPressed } from "./dom.js";
import { filePath } from "./server.js";

const PLAY_EVERY = 250; // milliseconds
const kinds = {
  grid: { numbers: "epochs", prefix: "samples/epoch_" },
  pair: { numbers: "pairs", prefix: "samples/two_generated_epoch_" },
};

const state = { run: null, version: "", kind: "grid", lists: { epochs: [], pairs: [] }, views: [], timer: 0 };

const numbers = () => state.lists[kinds[state.kind].numbers];

function address(epoch) {
  const file = `${kinds[state.kind].prefix}${String(epoch).padStart(4, "0")}.png`;
  return `${filePath(state.run, file)}?v=${state.version}`;
}

// The picture changes when it is there: no flicker while it loads.
async function load(image, source, label) {
  const next = new Image();
  next.src = source;
  await next.decode();
  image.src = source;
  image.alt = label;
}

function makeView() {
  const image = make("img", { className: "sample-picture", alt: "" });
  const slider = make("input", { type: "range", min: 0, step: 1 });
  const label = make("output", { className: "epoch-label" });
  const box = make("div", { className: "sample-view" }, image, make("label", { className: "epoch-row" }, label, slider));
  byId("sample-views").append(box);
  const view = { box, image, slider, label, follows: true };
  view.show = newestOnly(async () => {
    const epoch = numbers()[Number(slider.value)];
    if (epoch === undefined) return;
    const text = epoch === 0 ? "before training" : `epoch ${epoch}`;
    label.textContent = text;
    slider.setAttribute("aria-label", "Epoch");
    slider.setAttribute("aria-valuetext", text);
    await load(image, address(epoch), `Samples, ${text}`).catch(() => {
      image.alt = "This picture cannot be shown.";
    });
  });
  slider.addEventListener("input", () => {
    view.follows = Number(slider.value) === numbers().length - 1;
    stop();
    view.show();
  });
  return view;
}

function place(view, index) {
  const last = Math.max(0, numbers().length - 1);
  view.slider.max = last;
  view.slider.value = Math.min(index, last);
  view.show();
}

function stop() {
  clearInterval(state.timer);
  state.timer = 0;
  setPressed(byId("samples-play"), false);
  byId("samples-play").textContent = "Play";
}

function play() {
  const view = state.views.at(-1);
  let index = Number(view.slider.value);
  if (index >= numbers().length - 1) index = -1;
  setPressed(byId("samples-play"), true);
  byId("samples-play").textContent = "Pause";
  state.timer = setInterval(() => {
    index++;
    place(view, index);
    view.follows = index >= numbers().length - 1;
    if (view.follows) stop();
  }, PLAY_EVERY);
}

function compare(on) {
  setPressed(byId("samples-compare"), on);
  state.views[0].box.hidden = !on;
  if (on) place(state.views[0], Number(state.views[0].slider.value));
}

function setKind(kind) {
  state.kind = kind;
  for (const each of ["grid", "pair"]) setPressed(byId(`samples-${each}`), each === kind);
  byId("sample-views").dataset.kind = kind;
  for (const view of state.views) place(view, view.follows ? Infinity : Number(view.slider.value));
}

// lists: {epochs, pairs} of what is there; version changes when pictures may have.
export function showSamples(run, lists, version) {
  const other = run !== state.run;
  if (other) stop();
  Object.assign(state, { run, lists, version });
  byId("samples-kind").hidden = lists.pairs.length === 0;
  byId("samples-card").hidden = lists.epochs.length === 0 && lists.pairs.length === 0;
  if (other) {
    state.views[0].follows = false;
    state.views[1].follows = true;
    state.views[0].slider.value = 0;
  }
  setKind(numbers().length || !lists.pairs.length ? state.kind : "pair");
}

export function startSamples() {
  state.views = [makeView(), makeView()];
  state.views[0].follows = false;
  compare(false);
  byId("samples-play").addEventListener("click", () => (state.timer ? stop() : play()));
  byId("samples-compare").addEventListener("click", () => compare(state.views[0].box.hidden));
  byId("samples-grid").addEventListener("click", () => setKind("grid"));
  byId("samples-pair").addEventListener("click", () => setKind("pair"));
}
