/** A static server for the built page, and a browser with a fake camera. */

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

import { type Browser, chromium, type Page } from "playwright-core";

const KINDS: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};
/** Where Debian's package and others have the browser. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Built page, videos and what Python expects; made by tests/web/test_page.py. */
export const FIXTURES = process.env["SSPD_PAGE_FIXTURES"];
export const CHROMIUM = process.env["SSPD_CHROMIUM"] ?? BROWSERS.find(existsSync);

/** Why no browser test can run here; undefined: they can. */
export function skipped(): string | undefined {
  if (FIXTURES === undefined)
    return "SSPD_PAGE_FIXTURES names no folder: pytest tests/web makes it";
  if (CHROMIUM === undefined)
    return "Chromium is not installed: the page is not tested in a browser";
  return undefined;
}

/** A server of one folder on a free port of this machine. */
export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

export async function serve(folder: string, host = "127.0.0.1"): Promise<Served> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, "http://x").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const kind = KINDS[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "Content-Type": kind }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { address: `http://localhost:${port}`, close };
}

/** Start a browser whose camera plays a file; null: it has none. */
export function browse(video: string | null, more: readonly string[] = []): Promise<Browser> {
  const camera =
    video === null
      ? []
      : [
          "--use-fake-device-for-media-stream",
          "--use-fake-ui-for-media-stream",
          `--use-file-for-fake-video-capture=${video}`,
        ];
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      ...camera,
      ...more,
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Keep all frames that a page gives to its worker, with their times; for `sspd.measure`. */
export async function keepFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: { t: number; width: number; height: number; pixels: ArrayBuffer }[] = [];
    (globalThis as unknown as { kept: typeof kept }).kept = kept;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, message: unknown, ...rest: unknown[]) {
      const { kind, ...shot } = message as { kind: string } & (typeof kept)[number];
      if (kind === "frame") kept.push({ ...shot, pixels: shot.pixels.slice(0) });
      return Reflect.apply(post, this, [message, ...rest]);
    } as typeof post;
  });
}
