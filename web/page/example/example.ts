/**
 * An experiment with jsPsych: the heart rate at rest, after mental arithmetic, and all data at the
 * end.
 */

import { initJsPsych, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";

import SspdScanPlugin from "../src/jspsych.js";
import "../src/scan.js";

const seconds = Number(new URLSearchParams(location.search).get("seconds") ?? 30);

/** Shows a text until a button is pressed. */
const info = { name: "text", version: "1.0.0", parameters: {}, data: {} } as const;
class Text implements JsPsychPlugin<typeof info> {
  static info = info;
  constructor(private readonly jsPsych: JsPsych) {}
  trial(display: HTMLElement, trial: TrialType<typeof info> & { text?: string }): void {
    display.innerHTML = `<p>${trial.text}</p><button type="button" class="jspsych-btn">Continue</button>`;
    const button = display.querySelector("button")!;
    button.addEventListener("click", () => this.jsPsych.finishTrial({}));
    button.focus();
  }
}

const jsPsych = initJsPsych({
  on_finish: () => {
    const rows = jsPsych.data.get().filter({ trial_type: "sspd-scan" });
    const data = document.createElement("pre");
    data.id = "data";
    data.textContent = rows.json(true);
    document.body.replaceChildren(data);
  },
});

await jsPsych.run([
  { type: SspdScanPlugin, seconds, base: "./", prompt: "<p>Sit still, and rest.</p>" },
  { type: Text, text: "Count down from 300 in steps of 7, aloud, for half a minute." },
  {
    type: SspdScanPlugin,
    seconds,
    base: "./",
    prompt: "<p>And once more.</p>",
    save_waveform: true,
  },
]);
