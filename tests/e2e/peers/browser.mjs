// Chromium, driven line by line: {"op": ..., ...} on stdin, one JSON answer a line on stdout.
//   open {url, width, height, scheme, motion}   eval {js}   wait {js, seconds}   press {key}
//   click {selector}   shot {path}   axe {}   heap {}   log {}   close {}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let context, page, cdp, log;

const ops = {
  async open({ url, width = 1440, height = 900, scheme = "light", motion = "no-preference" }) {
    await ops.close();
    log = { console: [], requests: [], failures: [] };
    context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, ignoreHTTPSErrors: true,
                                         reducedMotion: motion });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (m) => log.console.push(`${m.type()}: ${m.text()}`));
    page.on("pageerror", (error) => log.console.push(`error: ${error}`));
    page.on("request", (r) => log.requests.push(r.url()));
    page.on("websocket", (ws) => log.requests.push(ws.url()));
    page.on("response", (r) => { if (r.status() >= 400) log.failures.push(`${r.status()} ${r.url()}`); });
    cdp = await context.newCDPSession(page);
    await page.goto(url);
  },
  eval: ({ js }) => page.evaluate(js),
  // Not page.waitForFunction(): it makes functions of text in the page, which the policy forbids.
  async wait({ js, seconds = 20 }) {
    for (const end = Date.now() + seconds * 1000; !await page.evaluate(js);) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${js}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  },
  press: ({ key }) => page.keyboard.press(key),
  click: ({ selector }) => page.click(selector),
  shot: ({ path }) => page.screenshot({ path }),
  async axe() {
    await page.evaluate(AXE);
    const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] })`);
    return found.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.html + " " + n.failureSummary) }));
  },
  async heap() {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize;
  },
  log: () => log,
  async close() {
    await context?.close();
    context = undefined;
  },
};

console.log(JSON.stringify({ value: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...args } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ value: (await ops[op](args)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();
