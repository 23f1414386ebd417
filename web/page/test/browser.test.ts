import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";

import type { Browser, BrowserContextOptions, Page } from "playwright-core";

import { en } from "../src/texts/en.js";
import { browse, FIXTURES, serve, type Served, skipped } from "./serving.js";

const skip = skipped();
const options = { skip: skip ?? false, timeout: 180_000 };
const fixture = (name: string): string => join(FIXTURES ?? "", name);
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let served: Served;
before(async () => {
  const address = process.env["SSPD_PAGE_ADDRESS"];
  if (skip !== undefined) return;
  served =
    address === undefined ? await serve(fixture("page")) : { address, close: async () => {} };
});
after(async () => served?.close());

/** Open the page in a browser, and close both afterwards. */
async function within(
  browser: Promise<Browser>,
  look: (page: Page, requests: string[]) => Promise<void>,
  {
    context = {},
    address = served.address,
  }: { context?: BrowserContextOptions; address?: string } = {},
): Promise<void> {
  const opened = await browser;
  try {
    const page = await (await opened.newContext({ acceptDownloads: true, ...context })).newPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => assert.fail(String(error)));
    await page.goto(`${address}/`);
    await look(page, requests);
  } finally {
    await opened.close();
  }
}

async function begin(page: Page, seconds = 10): Promise<void> {
  await page
    .locator("sspd-scan")
    .evaluate((scan, n) => scan.setAttribute("seconds", String(n)), seconds);
  await page.getByRole("button", { name: en.start }).click();
}

async function says(page: Page, text: string, timeout = 15_000): Promise<void> {
  await page.getByText(text).first().waitFor({ state: "visible", timeout });
}

async function checkAccess(page: Page, where: string): Promise<void> {
  await page
    .addScriptTag({ path: axe })
    .catch(async () => page.evaluate(readFileSync(axe, "utf-8")));
  const found = await page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
  });
  assert.deepEqual(found, [], where);
}

const one = (): Promise<Browser> => browse(fixture("one.y4m"));

test("a denied camera", options, async () => {
  const denied = browse(null, ["--use-fake-device-for-media-stream"]);
  await within(denied, async (page) => {
    await begin(page);
    await says(page, en.troubles.denied);
    await checkAccess(page, "denied");
  });
});

test("no camera", options, async () => {
  await within(browse(null, ["--use-fake-ui-for-media-stream"]), async (page) => {
    await begin(page);
    await says(page, en.troubles.missing);
  });
});

test("an insecure origin", options, async () => {
  const named = browse(fixture("one.y4m"), ["--host-resolver-rules=MAP page.test 127.0.0.1"]);
  const address = served.address.replace("localhost", "page.test");
  await within(
    named,
    async (page) => {
      await begin(page);
      await says(page, en.troubles.insecure);
    },
    { address },
  );
});

test("a camera without a face, and one that is unplugged", options, async () => {
  await within(browse(fixture("wall.y4m")), async (page) => {
    await begin(page);
    await says(page, en.hints.face_the_camera);
    await says(page, en.phases.searching);
    await page.evaluate(() => {
      const video = document.querySelector("sspd-scan")!.shadowRoot!.querySelector("video")!;
      (video.srcObject as MediaStream).getVideoTracks()[0]!.dispatchEvent(new Event("ended"));
    });
    await says(page, en.troubles.unplugged);
    assert.equal(await page.getByRole("button", { name: en.start }).isVisible(), true);
  });
});

test("a camera that stalls, and a hidden page", options, async () => {
  await within(one(), async (page) => {
    await begin(page, 30);
    await says(page, en.phases.warming_up);
    await page.evaluate(() => {
      // no browser here hides a page without a window, so the page is told that it is hidden
      Object.defineProperty(document, "hidden", { configurable: true, value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await says(page, en.troubles.hidden);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, value: false });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await page.getByText(en.troubles.hidden).waitFor({ state: "hidden" });
    await page.evaluate(() => {
      const video = document.querySelector("sspd-scan")!.shadowRoot!.querySelector("video")!;
      (video.srcObject as MediaStream).getVideoTracks()[0]!.stop();
    });
    const before = Date.now();
    await says(page, en.troubles.stalled);
    assert.ok(Date.now() - before < 4000);
  });
});

test("two faces", options, async () => {
  await within(browse(fixture("two.y4m")), async (page) => {
    await begin(page);
    await says(page, en.hints.one_person);
  });
});

test("a dark face", options, async () => {
  await within(browse(fixture("dark.y4m")), async (page) => {
    await begin(page);
    await says(page, en.hints.more_light);
  });
});

test(
  "keyboard alone, from start to files; nothing leaves the origin; offline afterwards",
  options,
  async () => {
    await within(one(), async (page, requests) => {
      await page.waitForFunction(
        async () => (await navigator.serviceWorker.ready).active?.state === "activated",
      );
      await checkAccess(page, "idle");
      await page.locator("sspd-scan").evaluate((scan) => scan.setAttribute("seconds", "10"));
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await says(page, en.phases.warming_up);
      await checkAccess(page, "measuring");
      const focused = (): Promise<string | undefined> =>
        page.evaluate(
          () => document.activeElement?.shadowRoot?.activeElement?.textContent ?? undefined,
        );
      assert.equal(await focused(), en.stop);
      await says(page, en.result.accepted, 60_000);
      assert.equal(await focused(), en.result.accepted);
      await checkAccess(page, "result");
      await page.keyboard.press("Tab");
      assert.equal(await focused(), en.result.json);
      const saved = page.waitForEvent("download");
      await page.keyboard.press("Enter");
      const [row] = JSON.parse(readFileSync(await (await saved).path(), "utf-8"));
      assert.equal(row.accepted, true);
      assert.ok(Math.abs(row.hr_bpm - 72) < 3, `${row.hr_bpm}`);
      const csv = page.waitForEvent("download");
      await page.getByRole("button", { name: en.result.waveformCsv }).click();
      const lines = readFileSync(await (await csv).path(), "utf-8")
        .trim()
        .split("\r\n");
      assert.ok(lines.length > 290 && lines.some((line) => line.endsWith(",1")));
      assert.ok(
        requests.every((url) => url.startsWith(served.address) || url.startsWith("blob:")),
        requests.join(),
      );
      await page.context().setOffline(true);
      requests.length = 0;
      await page.reload();
      await begin(page);
      await says(page, en.phases.warming_up, 30_000);
    });
  },
);

test("dark colours, a narrow screen and a rejection", options, async () => {
  const context = {
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
    reducedMotion: "reduce",
  } as const;
  await within(
    browse(fixture("dead.y4m")),
    async (page) => {
      await begin(page);
      await says(page, en.phases.warming_up);
      await checkAccess(page, "measuring, dark");
      await says(page, en.result.rejected, 60_000);
      await says(page, en.result.why);
      await checkAccess(page, "rejected, dark");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 390, `${wide} pixels wide`);
      const rate = await page.evaluate(() =>
        document.querySelector("sspd-scan")!.shadowRoot!.querySelector(".result .rate"),
      );
      assert.equal(rate, null);
    },
    { context },
  );
});

test("a video file, and a file that is none", options, async () => {
  await within(one(), async (page) => {
    await page.locator("sspd-scan").evaluate((scan) => scan.setAttribute("seconds", "10"));
    const choose = async (name: string): Promise<void> => {
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: en.choose }).click();
      await (await chooser).setFiles(name);
    };
    await choose(fixture("page/page.css"));
    await says(page, en.troubles.unreadable);
    await choose(fixture("one.webm"));
    await says(page, en.result.accepted, 60_000);
  });
});

test("an experiment with jsPsych has two measurements in its data", options, async () => {
  const example = await serve(fixture("example"));
  const look = async (page: Page): Promise<void> => {
    await page.goto(`${example.address}/?seconds=10`);
    const measured = async (): Promise<void> => {
      await page.getByRole("button", { name: en.start }).click();
      await says(page, en.result.accepted, 60_000);
      await page.getByRole("button", { name: "Continue", exact: true }).click();
    };
    await measured();
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await measured();
    const rows = JSON.parse((await page.locator("#data").textContent())!);
    assert.deepEqual(
      rows.map((row: { accepted: boolean }) => row.accepted),
      [true, true],
    );
    assert.ok(rows.every((row: { hr_bpm: number }) => Math.abs(row.hr_bpm - 72) < 3));
    assert.equal(rows[0].waveform, null);
    assert.ok(rows[1].waveform.length > 290 && rows[1].waveform_fs === 30);
    assert.equal(rows[1].trouble, null);
  };
  await within(one(), look, { address: example.address }).finally(() => example.close());
});

test("the page refuses what is not its own", options, async () => {
  await within(one(), async (page) => {
    const refused = await page.evaluate(() =>
      fetch("https://example.org/").then(
        () => false,
        () => true,
      ),
    );
    assert.equal(refused, true);
    const policy = await page.locator("meta[http-equiv]").getAttribute("content");
    assert.match(policy ?? "", /default-src 'none'.*connect-src 'self'/);
  });
});
