/** The page around `<sspd-scan>`: it keeps itself for use without a network. */

import "./scan.js";

if ("serviceWorker" in navigator && window.isSecureContext) {
  // without it the page works all the same, but not offline
  navigator.serviceWorker.register(new URL("service-worker.js", import.meta.url)).catch(() => {});
}
