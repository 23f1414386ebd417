/**
 * A jsPsych plugin: a trial in which the heart rate is measured on the participant's device.
 *
 * Its data say what was measured, or why nothing was; no image is kept.
 */

import { type JsPsych, type JsPsychPlugin, ParameterType, type TrialType } from "jspsych";

import { make } from "./dom.js";
import type { ScanResult } from "./scan.js";
import type { Trouble } from "./texts/index.js";

const info = {
  name: "sspd-scan",
  version: "0.1.0",
  parameters: {
    /** Text above the measurement, HTML. */
    prompt: { type: ParameterType.HTML_STRING, default: null },
    /** Seconds that are measured, 10 to 30. */
    seconds: { type: ParameterType.INT, default: 30 },
    /** Address of the folder with the package's other files; null: that of `scan.js`. */
    base: { type: ParameterType.STRING, default: null },
    /** Whether the waveform is in the data: its values, and their number per second. */
    save_waveform: { type: ParameterType.BOOL, default: false },
    /** Button that ends the trial after a result. */
    button_label: { type: ParameterType.STRING, default: "Continue" },
    /** Button that ends the trial without one; null: participants cannot. */
    skip_label: { type: ParameterType.STRING, default: "Continue without measuring" },
  },
  data: {
    /** Beats per minute; null: no reliable pulse, or not measured. */
    hr_bpm: { type: ParameterType.FLOAT },
    confidence: { type: ParameterType.FLOAT },
    accepted: { type: ParameterType.BOOL },
    /** Why nothing was accepted. */
    reasons: { type: ParameterType.STRING, array: true },
    /** What was wrong with camera or page the last time; null: nothing. */
    trouble: { type: ParameterType.STRING },
    breaths_per_minute: { type: ParameterType.FLOAT },
    duration_s: { type: ParameterType.FLOAT },
    fps: { type: ParameterType.FLOAT },
    /** Null unless `save_waveform`. */
    waveform: { type: ParameterType.FLOAT, array: true },
    waveform_fs: { type: ParameterType.FLOAT },
    /** Milliseconds from the beginning of the trial to its end. */
    rt: { type: ParameterType.INT },
  },
} as const;

type Info = typeof info;

class SspdScanPlugin implements JsPsychPlugin<Info> {
  static info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  trial(display: HTMLElement, trial: TrialType<Info>): void {
    const began = performance.now();
    let found: ScanResult | null = null;
    let trouble: Trouble | null = null;
    const scan = document.createElement("sspd-scan");
    scan.setAttribute("seconds", String(trial.seconds));
    if (trial.base !== null) scan.setAttribute("base", trial.base!);
    const end = (): void => {
      display.replaceChildren();
      this.jsPsych.finishTrial(
        dataOf(found, trouble, trial.save_waveform === true, performance.now() - began),
      );
    };
    const button = make("button", { type: "button", class: "jspsych-btn", onclick: end });
    const label = (): void => {
      const text = found === null ? trial.skip_label : trial.button_label;
      button.hidden = text === null;
      button.textContent = text ?? "";
    };
    scan.addEventListener("sspd-result", (event) => {
      found = (event as CustomEvent<ScanResult>).detail;
      trouble = null;
      label();
    });
    scan.addEventListener(
      "sspd-trouble",
      (event) => (trouble = (event as CustomEvent<Trouble>).detail),
    );
    label();
    if (trial.prompt !== null) display.insertAdjacentHTML("beforeend", trial.prompt!);
    display.append(scan, make("p", {}, button));
  }
}

function dataOf(
  found: ScanResult | null,
  trouble: Trouble | null,
  withWave: boolean,
  rt: number,
): object {
  const result = found?.result ?? null;
  const hz = result?.rhythm.respiration.hz ?? null;
  return {
    hr_bpm: found?.hrBpm ?? null,
    confidence: found?.confidence ?? null,
    accepted: found !== null && found.hrBpm !== null,
    reasons: found?.reasons ?? [],
    trouble,
    breaths_per_minute: hz === null ? null : 60 * hz,
    duration_s: result === null ? null : result.endS - result.startS,
    fps: result?.fps ?? null,
    waveform: withWave ? Array.from(result?.signal?.values ?? []) : null,
    waveform_fs: withWave ? (result?.signal?.fs ?? null) : null,
    rt: Math.round(rt),
  };
}

export default SspdScanPlugin;
