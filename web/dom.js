// Small helpers: elements, and numbers and times as people write them.

export const byId = (id) => document.getElementById(id);

// make("button", {type: "button", onclick}, "Text", child)
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function setPressed(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (value) => whole.format(value);

// Three significant digits at least, thousands grouped.
export function number(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return whole.format(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(3);
  return size >= 0.0001 ? value.toFixed(5).replace(/0+$/, "") : value.toExponential(1);
}

// "2 h 05 min", "3 min 20 s", "12 s"
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  const pad = (value) => String(value).padStart(2, "0");
  if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} min`;
  if (s >= 60) return `${Math.floor(s / 60)} min ${pad(s % 60)} s`;
  return `${s} s`;
}

// Calls `work` with the newest arguments only, never twice at once: what comes while it works waits, and
// what comes later replaces what waits.
export function newestOnly(work) {
  let busy = false;
  let waiting = null;
  return async function run(...given) {
    waiting = given;
    if (busy) return;
    busy = true;
    while (waiting) {
      const next = waiting;
      waiting = null;
      try {
        await work(...next);
      } catch (error) {
        console.error(error);
      }
    }
    busy = false;
  };
}
