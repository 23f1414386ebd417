/**
 * Takes pictures of the page at work, in a browser whose camera plays a file:
 *
 *     node shoot.mjs PAGE VIDEO.y4m OUT
 */

import { join } from "node:path";

import { en } from "../../src/texts/en.js";
import { browse, serve } from "../serving.js";

const [folder, video, out] = process.argv.slice(2) as [string, string, string];
const served = await serve(folder);
const browser = await browse(video);
try {
  for (const [name, width, height, colorScheme] of [
    ["wide", 1280, 760, "light"],
    ["narrow", 390, 844, "light"],
    ["narrow-dark", 390, 844, "dark"],
  ] as const) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      deviceScaleFactor: 1.5,
    });
    const page = await context.newPage();
    await page.goto(`${served.address}/`);
    await page.locator("sspd-scan").evaluate((scan) => scan.setAttribute("seconds", "14"));
    await page.screenshot({ path: join(out, `page-${name}-idle.png`), fullPage: true });
    await page.getByRole("button", { name: en.start }).click();
    await page.locator(".live .rate").filter({ hasText: /^\d+$/ }).waitFor();
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(out, `page-${name}-measuring.png`), fullPage: true });
    await page.getByText(en.result.measured).waitFor();
    await page.screenshot({ path: join(out, `page-${name}-result.png`), fullPage: true });
    await context.close();
  }
} finally {
  await browser.close();
  await served.close();
}
