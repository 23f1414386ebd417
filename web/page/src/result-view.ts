/** The result in words and numbers, with its files. */

import { make } from "./dom.js";
import { type Origin, toCsv, toJson, waveformCsv } from "./report.js";
import type { Final } from "./session/session.js";
import type { Texts } from "./texts/index.js";

/** Return what is shown of a result. */
export function resultView(final: Final, origin: Origin, texts: Texts): HTMLElement {
  const words = texts.result;
  const isAccepted = final.hrBpm !== null;
  const heading = make("h2", { tabindex: "-1" }, isAccepted ? words.accepted : words.rejected);
  const root = make("div", {}, heading);
  if (final.hrBpm !== null) {
    const number = make("span", { class: "rate" }, final.hrBpm.toFixed(0));
    root.append(
      make(
        "p",
        { class: "numbers" },
        make("span", {}, number, " ", make("span", { class: "unit" }, texts.bpm)),
      ),
    );
  } else root.append(make("h3", {}, words.why), reasonList(final.reasons, texts));
  root.append(
    make("h3", {}, words.measured),
    numbers(final, origin, texts),
    downloads(final, origin, texts),
  );
  return root;
}

function reasonList(reasons: readonly string[], texts: Texts): HTMLElement {
  const rows = reasons.map((reason) => {
    const [meaning, help] = texts.reasons[reason] ?? [reason, ""];
    return make("li", {}, make("b", {}, meaning), ` ${help}`);
  });
  return make("ul", {}, ...rows);
}

function numbers(final: Final, { weights }: Origin, texts: Texts): HTMLElement {
  const { result, confidence } = final;
  const words = texts.result;
  const breath = result?.rhythm.respiration;
  const rmssd = result?.rhythm.hrv.rmssd_ms;
  const row = (name: string, value: string): HTMLElement =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value));
  const perMinute = breath?.hz == null ? null : `${(60 * breath.hz).toFixed(1)} ${words.perMinute}`;
  return make(
    "table",
    {},
    make(
      "tbody",
      {},
      row(texts.confidence, confidence === null ? words.noValue : confidence.toFixed(2)),
      row(words.breathing, perMinute ?? breath?.reason ?? words.noValue),
      row(
        words.variability,
        rmssd?.value == null ? words.variabilityShort : `${rmssd.value.toFixed(0)} ms (RMSSD)`,
      ),
      row(
        words.duration,
        result === null ? words.noValue : `${(result.endS - result.startS).toFixed(1)} s`,
      ),
      row(words.frameRate, result?.fps == null ? words.noValue : result.fps.toFixed(1)),
      row(words.weights, weights),
    ),
  );
}

function downloads(final: Final, origin: Origin, texts: Texts): HTMLElement {
  const words = texts.result;
  const button = (label: string, name: string, kind: string, text: () => string): HTMLElement =>
    make("button", { type: "button", onclick: () => save(name, kind, text()) }, label);
  return make(
    "div",
    { class: "controls" },
    button(words.json, "sspd.json", "application/json", () => toJson(final, origin)),
    button(words.csv, "sspd.csv", "text/csv", () => toCsv(final, origin)),
    button(words.waveformCsv, "sspd-waveform.csv", "text/csv", () => waveformCsv(final)),
  );
}

function save(name: string, kind: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: kind }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
