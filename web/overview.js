// The head of the page, the tiles with the newest numbers, and what the run had to say.

import { byId, count, duration, make, number } from "./dom.js";
import { stateWords } from "./runs.js";

const FEW_REMARKS = 3;
let allRemarks = false;

function tile(label, value, note = "", help = "") {
  const body = [make("span", { className: "tile-label" }, label), make("strong", {}, value)];
  if (note) body.push(make("span", { className: "quiet" }, note));
  return make("div", { className: "tile", title: help }, ...body);
}

function progressTile(run) {
  const share = run.steps ? Math.min(1, run.step / run.steps) : 0;
  const box = tile("Step", count(run.step), run.steps ? `of ${count(run.steps)}` : "");
  const bar = make("progress", { max: 1, value: share });
  bar.setAttribute("aria-label", "Progress");
  box.append(bar);
  box.classList.add("tile-wide");
  return box;
}

function timeTile(run) {
  const spent = run.last.time ?? 0;
  const running = run.state === "running" && run.steps > run.step && run.step > 0;
  if (!running) return tile("Trained for", duration(spent));
  const left = (spent * (run.steps - run.step)) / run.step;
  return tile("Time left", `${duration(left)}`, `after ${duration(spent)}`);
}

export function showOverview(run) {
  document.title = `${run.name} – dcgan`;
  byId("run-name").textContent = run.name;
  byId("run-device").textContent = run.device;
  const pill = byId("run-state");
  pill.textContent = stateWords[run.state];
  pill.className = `pill state-${run.state}`;
  const last = run.last;
  const epoch = run.epochs ? Math.min(run.epochs_done + 1, run.epochs) : last.epoch;
  byId("tiles").replaceChildren(
    progressTile(run),
    tile("Epoch", number(epoch).replace(/\.0+$/, ""), run.epochs ? `of ${count(run.epochs)}` : ""),
    timeTile(run),
    tile("Loss D", number(last.loss_d), "", "Cross-entropy of the discriminator, real and fake halves added"),
    tile("Loss G", number(last.loss_g), "", "Cross-entropy of the generator"),
    tile("D(x)", number(last.d_real), "", "How real the discriminator finds real pictures: 0 to 1"),
    tile("D(G(z))", number(last.d_fake), "", "How real it finds generated ones: 0 to 1"),
    tile("Images/s", number(last.images_per_second), "", "Real pictures per second, over the last seconds"),
  );
}

function remarkItem(remark) {
  const when = [];
  if (remark.epoch !== undefined) when.push(`epoch ${remark.epoch}`);
  if (remark.step !== undefined) when.push(`step ${count(remark.step)}`);
  if (remark.clock) when.push(new Date(remark.clock).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  return make(
    "li",
    { className: `remark remark-${remark.kind}` },
    make("span", { className: "remark-kind" }, remark.kind === "warning" ? "Warning" : "Note"),
    make("span", { className: "remark-text" }, remark.text ?? remark.cause ?? ""),
    make("span", { className: "quiet remark-when" }, when.join(" · ")),
  );
}

// Warnings first, then notes, the newest of each on top.
export function showRemarks(remarks) {
  const newest = [...remarks].reverse();
  const ordered = [
    ...newest.filter((remark) => remark.kind === "warning"),
    ...newest.filter((remark) => remark.kind !== "warning"),
  ];
  const visible = allRemarks ? ordered : ordered.slice(0, FEW_REMARKS);
  byId("remarks-card").hidden = ordered.length === 0;
  byId("remarks").replaceChildren(...visible.map(remarkItem));
  const more = byId("remarks-more");
  more.hidden = ordered.length <= FEW_REMARKS;
  more.textContent = allRemarks ? "Show fewer" : `Show all ${ordered.length}`;
  more.onclick = () => {
    allRemarks = !allRemarks;
    showRemarks(remarks);
  };
}
