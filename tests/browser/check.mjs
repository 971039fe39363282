// node check.mjs MODULES CHROMIUM SHOTS FILE...: opens each page at two widths, light and dark, and prints findings as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, executablePath, shots, ...files] = process.argv.slice(2);
const require = createRequire(path.join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const scroll = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
// Labels of one picture that lie over each other, or leave its frame.
const labels = () => {
  const bad = [];
  for (const svg of document.querySelectorAll("figure > svg")) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
    texts.forEach(([one, a], at) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.bottom > frame.bottom + 1) bad.push(`outside: ${one}`);
      for (const [other, b] of texts.slice(at + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > Math.min(a.height, b.height) * 0.4) bad.push(`over: ${one} / ${other}`);
      }
    });
  }
  return bad;
};

const browser = await chromium.launch({ executablePath, args, timeout: 120_000 });
const found = [];
for (const file of files) {
  for (const width of [390, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      const one = { file: path.basename(file), width, colorScheme, messages: [], requests: [] };
      const plain = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      const page = await plain.newPage();
      page.setDefaultTimeout(120_000);
      page.on("console", (m) => ["error", "warning"].includes(m.type()) && one.messages.push(m.text()));
      page.on("pageerror", (e) => one.messages.push(String(e)));
      page.on("dialog", (d) => { one.messages.push(`dialog ${d.message()}`); d.dismiss(); });
      page.on("request", (r) => /^(file|data):/.test(r.url()) || one.requests.push(r.url()));
      await page.goto(pathToFileURL(file).href);
      one.scroll = await page.evaluate(scroll);
      one.labels = await page.evaluate(labels);
      if (shots !== "-") {
        const name = `${path.basename(file, ".html")}-${width}-${colorScheme}.png`;
        await page.screenshot({ path: path.join(shots, name), fullPage: true });
      }
      await plain.close();
      // axe is a script, which the page's policy forbids: it runs in a second context that ignores the policy.
      const open = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      const second = await open.newPage();
      second.setDefaultTimeout(120_000);
      await second.goto(pathToFileURL(file).href);
      await second.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
      one.scrollOpen = await second.evaluate(scroll);
      await second.evaluate(axe);
      one.violations = await second.evaluate(async () =>
        (await window.axe.run(document)).violations.map((v) => `${v.impact} ${v.id}: ${v.nodes[0].html.slice(0, 160)}`));
      await open.close();
      found.push(one);
    }
  }
}
await browser.close();
console.log(JSON.stringify(found));
