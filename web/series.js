// From the server's columns to what a chart draws: one common x, smoothed lines, ranges. No page in here.

export const chartKinds = [
  {
    id: "losses",
    title: "Losses",
    help: "Cross-entropy in nats. A discriminator near 0 has won, and the generator learns nothing more.",
    columns: [
      { key: "loss_d", label: "D" },
      { key: "loss_g", label: "G" },
    ],
  },
  {
    id: "scores",
    title: "Scores",
    help: "How real D finds pictures, 0 to 1. Both near 0.5: it cannot tell them apart.",
    columns: [
      { key: "d_real", label: "D(x) real" },
      { key: "d_fake", label: "D(G(z)) made" },
      { key: "d_fake_after", label: "after its update" },
    ],
    limits: [0, 1],
  },
  {
    id: "sign",
    title: "Sureness on real pictures",
    help: "Mean sign of D on real pictures. Rising to 1: it knows them by heart (overfitting).",
    columns: [{ key: "sign_real", label: "mean sign" }],
    limits: [-1, 1],
  },
  {
    id: "speed",
    title: "Images per second",
    help: "Real pictures, over the last seconds.",
    columns: [{ key: "images_per_second", label: "images/s" }],
  },
];

// Exponential moving average without the pull of its start; `reach` is in points. Gaps stay gaps.
export function smooth(values, reach) {
  if (reach <= 0) return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  const keep = Math.exp(-1 / reach);
  let sum = 0;
  let weight = 0;
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return null;
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

const plain = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));

// Points the smoothing reaches over: a share of what is seen, so that zooming in shows more.
export const reachOf = (smoothing, points) => 0.15 * points * (smoothing / 100) ** 2;

function addExtent(extent, x, values, view) {
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null || x[i] < view.from || x[i] > view.to) continue;
    extent[0] = Math.min(extent[0], values[i]);
    extent[1] = Math.max(extent[1], values[i]);
  }
}

function padded([low, high], limits) {
  if (low > high) return limits ?? [0, 1];
  const margin = (high - low || Math.abs(high) || 1) * 0.08;
  const range = [low - margin, high + margin];
  if (low >= 0 && range[0] < 0) range[0] = 0;
  return limits ? [Math.max(limits[0], range[0]), Math.min(limits[1], range[1])] : range;
}

// answers: of askColumns, one per run, over the same bins. Gives uPlot's data: x, then per run and column the
// smoothed line, and with `bands` also the bins' maxima and minima.
export function chartData(kind, answers, { smoothing, view, bands }) {
  const { x0, dx, count } = answers[0];
  const x = Array.from({ length: count }, (_, i) => x0 + i * dx);
  const reach = reachOf(smoothing, (view.to - view.from) / dx);
  const data = [x];
  const extent = [Infinity, -Infinity];
  for (const answer of answers) {
    for (const column of kind.columns) {
      const { mean, min, max } = answer.columns[column.key];
      const line = smooth(mean, reach);
      addExtent(extent, x, line, view);
      data.push(line);
      if (bands) data.push(plain(max), plain(min));
    }
  }
  return { data, range: padded(extent, kind.limits) };
}
