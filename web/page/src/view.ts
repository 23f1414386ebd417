/** What is seen of a measurement: stage with oval and ring, rate, light, waveform. */

import { Chart } from "./chart.js";
import { draw, make } from "./dom.js";
import type { Update } from "./session/session.js";
import type { Texts, Trouble } from "./texts/index.js";

/** Light that is shown at the right end of its bar, and where it is too dark and too bright. */
const BRIGHTEST = 255;
const DARK = 50;
const BRIGHT = 225;
/** The oval, in the stage's 400 by 300 units. */
const OVAL = { x: 200, y: 132, rx: 84, ry: 112 } as const;
/** Height of a face from chin to hair, in sides of its box. */
const FACE_HIGH = 0.95;

/** What a view tells of what people do. */
export interface Actions {
  readonly onCamera: () => void;
  readonly onFile: (file: File) => void;
  readonly onStop: () => void;
}

export class View {
  readonly root: HTMLElement;
  readonly video = make("video", { playsinline: true, "aria-hidden": "true", tabindex: "-1" });
  readonly #veil = draw("path", { class: "veil", "fill-rule": "evenodd" });
  readonly #rest = draw("path", { class: "rest" });
  readonly #ring = draw("path", { class: "ring", pathLength: "100", "stroke-dasharray": "100" });
  readonly #progress = make("div", {
    role: "progressbar",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
  });
  readonly #phase = make("p", { class: "phase" });
  readonly #hint = make("p", { class: "hint", role: "status", "aria-live": "polite" });
  readonly #said = make("div", { class: "said" }, this.#phase, this.#hint);
  readonly #rate = make("span", { class: "rate" });
  readonly #confidence = make("span", { class: "small" });
  readonly #light = make("i");
  readonly #lightText = make("span", { class: "small" });
  readonly #wave = make("div", { class: "wave", role: "img" });
  readonly #trouble = make("p", { class: "card trouble", role: "alert", tabindex: "-1" });
  readonly #result = make("div", { class: "card result" });
  readonly #chart = new Chart(this.#wave);
  readonly #start: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #welcome: HTMLElement;
  readonly #live: HTMLElement;
  readonly #tips: HTMLElement;

  constructor(
    private readonly texts: Texts,
    seconds: number,
    actions: Actions,
  ) {
    this.video.muted = true;
    this.#progress.setAttribute("aria-label", texts.progress);
    this.#wave.setAttribute("aria-label", texts.waveform);
    const button = (text: string, onclick: () => void, name = ""): HTMLButtonElement =>
      make("button", { type: "button", class: name, onclick }, text);
    this.#start = button(texts.start, actions.onCamera, "main");
    this.#stop = button(texts.stop, actions.onStop);
    this.#welcome = this.#welcomed(seconds, actions);
    this.#live = this.#liveCard();
    const tips = texts.tip.map((tip) => make("li", {}, tip));
    this.#tips = make(
      "div",
      { class: "card" },
      make("h2", {}, texts.tips),
      make("ul", {}, ...tips),
    );
    const oval = draw(
      "svg",
      { class: "oval", viewBox: "0 0 400 300", "aria-hidden": "true" },
      ...[this.#veil, this.#rest, this.#ring],
    );
    this.#progress.append(oval);
    const shown = [this.video, this.#progress, this.#said, this.#welcome];
    const stage = make("div", { class: "stage" }, ...shown);
    takeDropped(stage, actions.onFile);
    const controls = make("div", { class: "controls" }, this.#stop);
    const beside = [this.#trouble, this.#live, this.#result, this.#tips, controls];
    const side = make("div", { class: "side" }, ...beside);
    const notice = make("p", { class: "notice" }, texts.notice);
    this.root = make("section", { class: "scan", "aria-label": texts.scan }, stage, side, notice);
    this.#drawOval(OVAL.x, OVAL.y, 1);
    this.#ringTo(0);
    this.#only({ welcome: true });
  }

  /** Show what is said while nothing is measured: loading, opening. */
  wait(text: string): void {
    this.#only({ said: true, stop: true });
    this.#phase.textContent = text;
    this.#hint.textContent = "";
    this.#ringTo(0);
  }

  /** Show the measurement in progress. */
  measure(isMirrored: boolean): void {
    this.#drawOval(OVAL.x, OVAL.y, 1);
    this.#only({ said: true, stop: true, live: true });
    this.video.classList.toggle("mirrored", isMirrored);
    this.#stop.focus({ preventScroll: true });
  }

  /** Show an update of the measurement. */
  update(update: Update): void {
    const { texts } = this;
    const isMeasured = update.box !== null;
    const left = isMeasured ? `, ${texts.left(Math.ceil(update.leftS))}` : "";
    this.#phase.textContent = texts.phases[update.phase] + left;
    this.hint(update.hint === null ? "" : texts.hints[update.hint]);
    this.#rate.textContent = update.hrBpm === null ? "–" : update.hrBpm.toFixed(0);
    this.#confidence.textContent =
      update.confidence === null
        ? texts.noRate
        : `${texts.confidence} ${update.confidence.toFixed(2)}`;
    this.#follow(update);
    this.#ringTo(update.progress);
    const light = update.light ?? 0;
    this.#light.style.left = `${(100 * light) / BRIGHTEST}%`;
    const word = light < DARK ? texts.tooDark : light > BRIGHT ? texts.tooBright : texts.goodLight;
    this.#lightText.textContent = update.light === null ? "–" : word;
    this.#chart.show(update.wave, update.fs);
  }

  /** Show a hint, and have it read out. */
  hint(text: string): void {
    if (this.#hint.textContent !== text) this.#hint.textContent = text;
  }

  /** Show what is wrong, and what to do. */
  trouble(trouble: Trouble): void {
    this.#only({ welcome: true, trouble: true });
    this.#trouble.textContent = this.texts.troubles[trouble];
    this.#trouble.focus({ preventScroll: true });
  }

  /** Show a result. */
  result(content: HTMLElement, isRejected: boolean): void {
    this.#only({ welcome: true, result: true });
    this.#start.textContent = this.texts.again;
    this.#result.classList.toggle("rejected", isRejected);
    this.#result.replaceChildren(content);
    this.#result.querySelector("h2")?.focus({ preventScroll: true });
    this.#result.scrollIntoView({ block: "nearest" });
  }

  /** Show the beginning again. */
  idle(): void {
    this.#only({ welcome: true });
    this.#start.focus({ preventScroll: true });
  }

  #only(
    shown: Partial<Record<"said" | "stop" | "live" | "welcome" | "trouble" | "result", true>>,
  ): void {
    this.#said.hidden = !shown.said;
    this.#stop.hidden = !shown.stop;
    this.#live.hidden = !shown.live;
    this.#welcome.hidden = !shown.welcome;
    this.#tips.hidden = !shown.welcome || shown.result === true;
    this.#trouble.hidden = !shown.trouble;
    this.#result.hidden = !shown.result;
    this.#progress.hidden = shown.welcome === true;
    if (!shown.live) this.#chart.clear();
  }

  #ringTo(progress: number): void {
    this.#ring.setAttribute("stroke-dashoffset", String(100 - 100 * progress));
    this.#progress.setAttribute("aria-valuenow", String(Math.round(100 * progress)));
  }

  /** Draw the oval around a place of the stage, `scale` times its usual size. */
  #drawOval(x: number, y: number, scale: number): void {
    const [rx, ry] = [OVAL.rx * scale, OVAL.ry * scale];
    // from the top, clockwise
    const path = `M${x} ${y - ry}a${rx} ${ry} 0 1 1 0 ${2 * ry}a${rx} ${ry} 0 1 1 0 ${-2 * ry}z`;
    this.#veil.setAttribute("d", `M0 0h400v300H0z${path}`);
    this.#rest.setAttribute("d", path);
    this.#ring.setAttribute("d", path);
  }

  /** Put the oval around the face that is measured. */
  #follow({ box, frame }: Update): void {
    if (box === null) return this.#drawOval(OVAL.x, OVAL.y, 1);
    const scale = Math.min(400 / frame.width, 300 / frame.height);
    const x = scale * ((box.left + box.right) / 2 - frame.width / 2);
    const y = scale * ((box.top + box.bottom) / 2 - frame.height / 2);
    const isMirrored = this.video.classList.contains("mirrored");
    const high = scale * (box.bottom - box.top) * FACE_HIGH;
    this.#drawOval(200 + (isMirrored ? -x : x), 150 + y, high / (2 * OVAL.ry));
  }

  /** Make what is seen before a measurement, and after it. */
  #welcomed(seconds: number, { onFile }: Actions): HTMLElement {
    const { texts } = this;
    const hidden = { hidden: true, tabindex: "-1", "aria-hidden": "true" };
    const input = make("input", { type: "file", accept: "video/*", ...hidden });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file !== undefined) onFile(file);
    });
    const choose = make("button", { type: "button", onclick: () => input.click() }, texts.choose);
    return make(
      "div",
      { class: "welcome" },
      make("p", {}, texts.idle(seconds)),
      make("div", { class: "controls" }, this.#start, choose),
      make("p", { class: "small" }, texts.drop),
      input,
    );
  }

  /** Make what is seen beside the stage during a measurement. */
  #liveCard(): HTMLElement {
    const { texts } = this;
    const unit = make("span", { class: "unit" }, texts.bpm);
    const bar = make("div", { class: "bar", "aria-hidden": "true" }, this.#light);
    const light = make("span", { class: "small" }, texts.light);
    return make(
      "div",
      { class: "card live" },
      make("div", { class: "numbers" }, make("div", {}, this.#rate, " ", unit), this.#confidence),
      make("div", { class: "light" }, light, bar, this.#lightText),
      this.#wave,
    );
  }
}

/** Take a file that is dropped on a place. */
function takeDropped(place: HTMLElement, onFile: (file: File) => void): void {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) onFile(file);
  });
}
