// Talks to the server: questions, columns of metrics, and the stream of news.

const RETRY_AFTER = 2000; // milliseconds

export const runPath = (name, verb) => `/api/run/${encodeURIComponent(name)}/${verb}`;
export const filePath = (name, file) => `/files/${encodeURIComponent(name)}/${file}`;

// Throws an Error with the server's sentence.
async function ask(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(await response.text());
  return response;
}

export const askJson = async (path) => (await ask(path)).json();
export const askBlob = async (path) => (await ask(path)).blob();

// Columns over a range: {x0, dx, count, last, rows, unreadable, columns: {name: {mean, min, max}}}, each a
// Float32Array of `count`, NaN where there is nothing.
export async function askColumns(name, { axis, from, to, width }) {
  const query = `metrics?axis=${axis}&from=${from}&to=${to}&width=${width}`;
  const data = await (await ask(runPath(name, query))).arrayBuffer();
  const headerSize = new Uint8Array(data).indexOf(10) + 1;
  const answer = JSON.parse(new TextDecoder().decode(data.slice(0, headerSize)));
  const columns = {};
  answer.columns.forEach((column, index) => {
    const part = (which) => new Float32Array(data, headerSize + 4 * answer.count * (3 * index + which), answer.count);
    columns[column] = { mean: part(0), min: part(1), max: part(2) };
  });
  return { ...answer, columns };
}

// Calls onRuns(list) whenever a run came or went, onRun(run) when one changed, onConnection(text, good).
// A server that has gone is tried again until it is back.
export function listen({ onRuns, onRun, onConnection }) {
  const source = new EventSource("/api/stream");
  source.addEventListener("open", () => onConnection("live", true));
  source.addEventListener("runs", (event) => onRuns(JSON.parse(event.data)));
  source.addEventListener("run", (event) => onRun(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    source.close();
    onConnection("server gone, trying again", false);
    setTimeout(() => listen({ onRuns, onRun, onConnection }), RETRY_AFTER);
  });
}
