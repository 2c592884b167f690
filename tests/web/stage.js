// What the browser tests stand on: run directories, a server, a browser that reports what it should not do.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const maker = path.join(path.dirname(fileURLToPath(import.meta.url)), "make_fake_run.py");
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Stage {
  constructor(program, browserPath) {
    this.program = program;
    this.browserPath = browserPath;
    this.folder = mkdtempSync(path.join(tmpdir(), "dcgan-web-"));
    this.children = [];
    this.complaints = []; // console errors and requests that leave the machine
  }

  spawn(command, options) {
    const child = spawn(command, options, { env: { ...process.env, XDG_STATE_HOME: path.join(this.folder, "state") } });
    child.stderr.on("data", (text) => process.stderr.write(text));
    this.children.push(child);
    return child;
  }

  path(name) {
    return path.join(this.folder, name);
  }

  // A finished run; resolves when it is written.
  async makeRun(name, ...options) {
    const child = this.spawn("python3", [maker, this.path(name), ...options]);
    const code = await new Promise((resolve) => child.on("close", resolve));
    if (code !== 0) throw new Error(`make_fake_run.py ${name} failed`);
  }

  // A run that goes on until the child is killed.
  startRun(name, seconds) {
    return this.spawn("python3", [maker, this.path(name), "--live", String(seconds)]);
  }

  // Resolves to {child, link, port}.
  async serve(folder, port = 0) {
    const child = this.spawn(this.program, ["serve", this.path(folder), "--port", String(port)]);
    let output = "";
    const link = await new Promise((resolve, reject) => {
      child.stdout.on("data", (text) => {
        output += text;
        const found = output.match(/http:\/\/\S+token=\w+/);
        if (found) resolve(found[0]);
      });
      child.on("close", (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
    });
    return { child, link, port: Number(new URL(link).port) };
  }

  async openBrowser() {
    this.browser = await chromium.launch({ executablePath: this.browserPath, args: flags });
  }

  async openPage(link, options = {}) {
    const page = await this.browser.newPage({ viewport: { width: 1400, height: 1000 }, ...options });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["127.0.0.1", "localhost"].includes(url.hostname) && !["data:", "blob:"].includes(url.protocol))
        this.complaints.push(`a request left the machine: ${request.url()}`);
    });
    page.on("console", (message) => {
      const expected = this.outage && /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/;
      if (message.type() === "error" && !(expected && expected.test(message.text())))
        this.complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.complaints.push(`error in the page: ${error.stack}`));
    await page.goto(link);
    return page;
  }

  async close() {
    await this.browser?.close();
    for (const child of this.children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
