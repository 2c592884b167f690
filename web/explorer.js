// The latent explorer: pictures made by the server from a checkpoint, as fast as the sliders move.

import { byId, count, make, newestOnly } from "./dom.js";
import { askBlob, runPath } from "./server.js";

const DIRECTIONS = 6;
const STRIP = 9; // pictures from one seed to the other

const state = { run: null, version: "", strip: "", sliders: [] };

const seed = (id) => Math.max(0, Math.floor(Number(byId(id).value) || 0));

function query(more) {
  const directions = state.sliders.map((slider) => slider.value).join(",");
  const parts = { a: seed("seed-a"), b: seed("seed-b"), d: directions, ...more };
  const checkpoint = byId("explorer-checkpoint").value;
  if (checkpoint) parts.checkpoint = checkpoint;
  return runPath(state.run, `generate?${new URLSearchParams(parts)}`);
}

function put(image, blob) {
  const old = image.src;
  image.src = URL.createObjectURL(blob);
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}

async function showStrip() {
  const wanted = query({ count: STRIP }) + state.version;
  if (wanted === state.strip) return;
  put(byId("explorer-strip"), await askBlob(query({ count: STRIP })));
  state.strip = wanted;
}

const refresh = newestOnly(async () => {
  if (!state.run || byId("explorer-card").hidden) return;
  const message = byId("explorer-message");
  try {
    const began = performance.now();
    const picture = await askBlob(query({ t: byId("explorer-t").value }));
    const spent = performance.now() - began;
    put(byId("explorer-picture"), picture);
    const link = byId("explorer-download");
    link.href = byId("explorer-picture").src;
    link.download = `${state.run}-${seed("seed-a")}-${seed("seed-b")}-${byId("explorer-t").value}.png`;
    await showStrip();
    message.textContent = `Made in ${Math.max(1, Math.round(spent))} ms.`;
  } catch (error) {
    message.textContent = error.message;
  }
});

function showCheckpoints(checkpoints) {
  const select = byId("explorer-checkpoint");
  const chosen = select.value;
  const options = [...checkpoints].reverse().map((step) => make("option", { value: String(step) }, `step ${count(step)}`));
  select.replaceChildren(make("option", { value: "" }, "newest"), ...options);
  select.value = checkpoints.includes(Number(chosen)) ? chosen : "";
}

// A version of "0" says that there is no generator yet.
export function showExplorer(run, version, checkpoints) {
  const changed = run !== state.run || version !== state.version;
  Object.assign(state, { run, version });
  byId("explorer-card").hidden = version === "0" && checkpoints.length === 0;
  showCheckpoints(checkpoints);
  if (changed) refresh();
}

function makeDirection(index) {
  const slider = make("input", { type: "range", min: -4, max: 4, step: 0.1, value: 0 });
  byId("directions").append(make("label", { className: "direction" }, `${index + 1}`, slider));
  slider.setAttribute("aria-label", `Direction ${index + 1}`);
  slider.addEventListener("input", refresh);
  return slider;
}

export function startExplorer() {
  state.sliders = Array.from({ length: DIRECTIONS }, (_, index) => makeDirection(index));
  for (const id of ["seed-a", "seed-b", "explorer-t", "explorer-checkpoint"]) byId(id).addEventListener("input", refresh);
  const random = () => Math.floor(Math.random() * 1e6);
  byId("explorer-random").addEventListener("click", () => {
    byId("seed-a").value = random();
    byId("seed-b").value = random();
    refresh();
  });
  byId("explorer-swap").addEventListener("click", () => {
    [byId("seed-a").value, byId("seed-b").value] = [byId("seed-b").value, byId("seed-a").value];
    byId("explorer-t").value = 1 - Number(byId("explorer-t").value);
    refresh();
  });
  byId("directions-reset").addEventListener("click", () => {
    for (const slider of state.sliders) slider.value = 0;
    refresh();
  });
}
