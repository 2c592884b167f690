// Browser tests of the dashboard: node run.js DCGAN CHROMIUM [--pictures FOLDER]
// Ends with `N passed, N failed`. With --pictures, screenshots stay there to be looked at.

import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import { pause, Stage } from "./stage.js";

const [program, browserPath, option, folder] = process.argv.slice(2);
const pictures = option === "--pictures" ? folder : undefined;
const stage = new Stage(program, browserPath);
const cases = [];
const test = (name, body) => cases.push({ name, body });

const text = (page, selector) => page.locator(selector).first().innerText();
const source = (page, selector) => page.locator(selector).getAttribute("src");

// Waits until `probe` gives something other than `before`.
async function changed(probe, before) {
  for (let i = 0; i < 150; i++) {
    const now = await probe();
    if (now !== before) return now;
    await pause(100);
  }
  return assert.fail(`nothing changed from ${before}`);
}

// The pixels of a chart as one text.
const drawing = (page, index) =>
  page.evaluate((i) => document.querySelectorAll(".plot canvas")[i]?.toDataURL() ?? "", index);

async function slide(page, selector, value) {
  await page.locator(selector).first().evaluate((slider, to) => {
    slider.value = to;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, value);
}

// Four equal charts and a picture: the page has all it shows.
async function settled(page) {
  await page.waitForFunction(() => document.querySelectorAll(".plot canvas").length === 4);
  await page.waitForFunction(() => [...document.querySelectorAll(".sample-picture")].at(-1).naturalWidth > 0);
  await page.waitForFunction(() => document.getElementById("explorer-strip").naturalWidth > 0);
  await page.waitForTimeout(300);
}

const measures = (page, name) =>
  page.evaluate((wanted) => performance.getEntriesByName(wanted).map((entry) => Math.round(entry.duration)), name);

test("without its key the server shows nothing", async () => {
  const response = await fetch(stage.runs.link.replace(/\?.*/, ""));
  assert.equal(response.status, 401);
});

test("the link leaves no key in the address bar", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  assert.ok(!page.url().includes("token"));
  await page.close();
});

test("the page of a live training updates by itself", async () => {
  const training = stage.startRun("live/now", 60);
  await pause(1500);
  const server = await stage.serve("live");
  const page = await stage.openPage(server.link);
  await page.waitForFunction(() => document.querySelectorAll(".plot canvas").length === 4);
  assert.equal(await text(page, "#run-state"), "training");
  const step = await text(page, ".tile strong");
  const curve = await drawing(page, 0);
  const picture = await source(page, ".sample-view:last-child .sample-picture");
  await changed(() => text(page, ".tile strong"), step);
  await changed(() => drawing(page, 0), curve);
  await changed(() => source(page, ".sample-view:last-child .sample-picture"), picture);
  training.kill("SIGKILL");
  await page.close();
  server.child.kill("SIGTERM");
});

test("the slider and the play button change the picture", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  const picture = ".sample-view:last-child .sample-picture";
  const newest = await source(page, picture);
  await slide(page, ".sample-view:last-child input", 0);
  const oldest = await changed(() => source(page, picture), newest);
  assert.match(oldest, /epoch_0000/);
  assert.equal(await text(page, ".sample-view:last-child output"), "before training");
  await page.click("#samples-play");
  await changed(() => source(page, picture), oldest);
  await page.close();
});

test("two epochs stand side by side", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  await page.click("#samples-compare");
  await page.waitForFunction(() => document.querySelectorAll(".sample-picture")[0].naturalWidth > 0);
  assert.notEqual(
    await source(page, ".sample-view:first-child .sample-picture"),
    await source(page, ".sample-view:last-child .sample-picture"),
  );
  await page.close();
});

test("two runs overlay", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  const curve = await drawing(page, 0);
  await page.check("#run-list li:nth-child(1) input");
  await changed(() => drawing(page, 0), curve);
  const legend = await text(page, ".legend");
  assert.ok(legend.includes("faces-a") && legend.includes("faces-c"), legend);
  assert.equal(await page.locator("#settings thead th").count(), 3);
  assert.ok((await page.locator("#settings .differs").count()) > 0);
  await page.close();
});

test("charts zoom together and come back", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  const whole = [await drawing(page, 0), await drawing(page, 3)];
  const box = await page.locator(".plot .u-over").first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await changed(() => drawing(page, 3), whole[1]);
  const near = await drawing(page, 0);
  await page.mouse.wheel(0, -240);
  await changed(() => drawing(page, 0), near);
  assert.ok(await page.locator("#zoom-reset").isEnabled());
  await page.locator(".plot .u-over").first().dblclick();
  assert.ok(!(await page.locator("#zoom-reset").isEnabled()));
  await page.locator(".plot").first().focus();
  await page.keyboard.press("+");
  assert.ok(await page.locator("#zoom-reset").isEnabled());
  await page.close();
});

test("smoothing changes the curves and is remembered", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  const curve = await drawing(page, 0);
  await slide(page, "#smoothing", 80);
  await changed(() => drawing(page, 0), curve);
  await page.reload();
  await settled(page);
  assert.equal(await page.locator("#smoothing").inputValue(), "80");
  await page.close();
});

test("the latent explorer returns pictures", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  const times = [];
  let picture = await source(page, "#explorer-picture");
  for (const t of [0, 0.25, 0.75, 1]) {
    await slide(page, "#explorer-t", t);
    picture = await changed(() => source(page, "#explorer-picture"), picture);
    times.push(await text(page, "#explorer-message"));
  }
  await slide(page, ".direction input", 2);
  picture = await changed(() => source(page, "#explorer-picture"), picture);
  await page.click("#explorer-random");
  await changed(() => source(page, "#explorer-picture"), picture);
  assert.match(await page.getAttribute("#explorer-download", "href"), /^blob:/);
  console.log(`  ${times.join(" ")}`);
  await page.close();
});

test("warnings say what to do", async () => {
  const page = await stage.openPage(stage.runs.link);
  await settled(page);
  assert.match(await text(page, ".remark-warning .remark-text"), /Add pictures/);
  await page.close();
});

test("a killed server is started again and the page goes on", async () => {
  const first = await stage.serve("runs");
  const page = await stage.openPage(first.link);
  await settled(page);
  stage.outage = true;
  first.child.kill("SIGKILL");
  await page.waitForSelector("#connection.lost");
  const second = await stage.serve("runs", first.port);
  await page.waitForSelector("#connection:not(.lost)");
  await page.check("#run-list li:nth-child(1) input");
  await page.waitForFunction(() => document.querySelector(".legend").innerText.includes("faces-a"));
  stage.outage = false;
  await page.close();
  second.child.kill("SIGTERM");
});

test("a million steps", async () => {
  await stage.makeRun("big/million", "--steps", "1000000", "--epochs", "12");
  const server = await stage.serve("big");
  const page = await stage.openPage(server.link);
  await settled(page);
  await page.locator(".plot").first().focus();
  for (const key of ["+", "+", "+", "ArrowLeft", "+", "+", "+", "+", "ArrowRight", "+", "-", "0"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
  const first = (await measures(page, "dcgan-refresh"))[0];
  console.log(`  first answer and drawing ${first} ms; redrawing ${(await measures(page, "dcgan-draw")).join(" ")} ms;`);
  console.log(`  with new data ${(await measures(page, "dcgan-refresh")).slice(1).join(" ")} ms`);
  assert.ok((await measures(page, "dcgan-draw")).length > 10);
  await page.close();
  server.child.kill("SIGTERM");
});

test("it fits a wide screen and a phone, in light and in dark", async () => {
  const target = pictures ?? stage.path("pictures");
  mkdirSync(target, { recursive: true });
  for (const [width, height] of [[1400, 1000], [390, 844]]) {
    for (const colorScheme of ["light", "dark"]) {
      for (const drawn of ["#faces-b", "#faces-c,faces-a,faces-b"]) {
        const options = { viewport: { width, height }, colorScheme, deviceScaleFactor: width < 500 ? 2 : 1 };
        const page = await stage.openPage(stage.runs.link, options);
        await page.goto(`${new URL(stage.runs.link).origin}/${drawn}`);
        await settled(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${width} pixels: ${overflow} too wide`);
        const file = path.join(target, `${width}-${colorScheme}-${drawn.includes(",") ? "three" : "one"}.png`);
        await page.screenshot({ path: `${file}.part.png`, fullPage: true });
        renameSync(`${file}.part.png`, file);
        await page.close();
      }
    }
  }
});

test("no request left the machine, and the console is clean", async () => {
  assert.deepEqual(stage.complaints, []);
});

async function main() {
  const failed = [];
  try {
    await stage.makeRun("runs/faces-a", "--seed", "1", "--steps", "1500");
    await stage.makeRun("runs/faces-b", "--seed", "2", "--steps", "2400", "--state", "stopped");
    await stage.makeRun("runs/faces-c", "--seed", "3", "--steps", "3000");
    stage.runs = await stage.serve("runs");
    await stage.openBrowser();
    for (const { name, body } of cases) {
      try {
        await body();
        console.log(`ok      ${name}`);
      } catch (error) {
        failed.push(name);
        console.log(`FAILED  ${name}\n${error.stack}`);
      }
    }
  } finally {
    await stage.close();
  }
  console.log(`${cases.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length ? 1 : 0;
}

await main();
