/**
 * Measures with the page in a browser whose camera plays a file, and writes what it saw and found:
 *
 *     node try-page.mjs PAGE VIDEO.y4m OUT
 */

import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { browse, keepFrames, serve } from "../serving.js";

const [folder, video, out] = process.argv.slice(2) as [string, string, string];
const served = await serve(folder);
const browser = await browse(video);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await keepFrames(page);
  await page.goto(`${served.address}/`);
  await page.evaluate(() => {
    const updates: unknown[] = [];
    Object.assign(globalThis, { updates, final: null });
    document.addEventListener("sspd-update", (event) => {
      const { wave, ...update } = (event as CustomEvent).detail;
      updates.push({ ...update, atMs: performance.now(), wave: wave?.length ?? 0 });
    });
    document.addEventListener("sspd-trouble", (event) => {
      Object.assign(globalThis, { final: { trouble: (event as CustomEvent).detail } });
    });
    document.addEventListener("sspd-result", (event) => {
      const { result, ...final } = (event as CustomEvent).detail;
      const signal = Array.from(result?.signal?.values ?? []);
      Object.assign(globalThis, {
        final: {
          ...final,
          csv: final.csv.split("\r\n")[0],
          box: result?.box,
          windows: result?.windows,
          signal,
        },
      });
    });
  });
  const seconds = process.env["SSPD_PAGE_SECONDS"] ?? "12";
  await page.locator("sspd-scan").evaluate((scan, n) => scan.setAttribute("seconds", n), seconds);
  await page.getByRole("button", { name: "Start the camera" }).click();
  await page.waitForTimeout(11_000);
  await page.screenshot({ path: join(out, "measuring.png") });
  await page.waitForFunction(
    () => (globalThis as unknown as { final: unknown }).final !== null,
    null,
    {
      timeout: 120_000,
    },
  );
  await page.screenshot({ path: join(out, "result.png"), fullPage: true });
  const final = await page.evaluate(() => (globalThis as unknown as { final: unknown }).final);
  const updates = await page.evaluate(
    () => (globalThis as unknown as { updates: unknown }).updates,
  );
  const shots = await page.evaluate(() => {
    const { kept } = globalThis as unknown as {
      kept: { t: number; width: number; height: number }[];
    };
    return kept.map(({ t, width, height }) => ({ t, width, height }));
  });
  const file = join(out, "frames.rgba");
  writeFileSync(file, "");
  for (let k = 0; k < shots.length; k += 20) {
    const part = await page.evaluate((first) => {
      const { kept } = globalThis as unknown as { kept: { pixels: ArrayBuffer }[] };
      let text = "";
      for (const { pixels } of kept.slice(first, first + 20)) {
        const bytes = new Uint8Array(pixels);
        for (let i = 0; i < bytes.length; i += 8192)
          text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      }
      return btoa(text);
    }, k);
    appendFileSync(file, Buffer.from(part, "base64"));
  }
  writeFileSync(join(out, "page.json"), JSON.stringify({ final, updates, shots, said }));
} finally {
  await browser.close();
  await served.close();
}
