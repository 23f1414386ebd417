/** Results as files, in the layout of `sspd measure` (docs/measuring.md). */

import { HRV_NAMES, type Window } from "../../js/src/index.js";
import type { Final } from "./session/session.js";

/** Version of the JSON format of the Python package. */
const SCHEMA_VERSION = 2;
const AGREE_BPM = 5;

/** What a file says beside what was found. */
export interface Origin {
  readonly source: string;
  readonly weights: string;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

function rounded(value: number | null | undefined, digits = 3): number | null {
  if (value == null || !Number.isFinite(value)) return null;
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Return a result as the JSON of `sspd measure`: a list of one. */
export function toJson(final: Final, { source, weights }: Origin): string {
  const { result } = final;
  const windows = result?.windows ?? [];
  const accepted = windows.filter((window) => !window.reasons.length);
  const of = (accepted.length ? accepted : windows)[0];
  const breath = result?.rhythm.respiration;
  const { left, top, right, bottom } = result?.box ?? { left: 0, top: 0, right: 0, bottom: 0 };
  const row: Json = {
    schema_version: SCHEMA_VERSION,
    source,
    face_id: 0,
    method: "sspd",
    weights,
    duration_s: rounded(result === null ? 0 : result.endS - result.startS),
    fps: rounded(result?.fps),
    container_fps: null,
    stated_fps: null,
    hr_bpm: rounded(final.hrBpm),
    hr_peaks_bpm: rounded(accepted[0] === undefined ? null : peaksBpm(accepted[0])),
    accepted: accepted.length > 0,
    reasons: final.reasons,
    warnings: [],
    snr_db: rounded(of?.snrDb),
    confidence: rounded(final.confidence),
    hrv: Object.fromEntries(
      Object.entries(result?.rhythm.hrv ?? {}).map(([name, { value, nBeats, spanS, reason }]) => [
        name,
        { value: rounded(value), n_beats: nBeats, span_s: rounded(spanS), reason },
      ]),
    ),
    respiration: {
      hz: rounded(breath?.hz, 4),
      breaths_per_minute: rounded(breath?.hz == null ? null : 60 * breath.hz, 2),
      reason: breath?.reason ?? null,
    },
    windows: windows.map(windowJson),
    face_box: result === null ? null : [left, top, right, bottom],
    timing_s: {},
  };
  return `${JSON.stringify([row], null, 2)}\n`;
}

function peaksBpm({ spectralBpm, peaksBpm: peaks }: Window): number | null {
  return peaks !== null && Math.abs(peaks - spectralBpm!) <= AGREE_BPM ? peaks : null;
}

function windowJson(window: Window): Json {
  const accepted = !window.reasons.length;
  return {
    start_s: rounded(window.startS),
    end_s: rounded(window.endS),
    hr_bpm: accepted ? rounded(window.spectralBpm) : null,
    hr_peaks_bpm: accepted ? rounded(peaksBpm(window)) : null,
    snr_db: rounded(window.snrDb),
    confidence: rounded(window.confidence),
    accepted,
    reasons: window.reasons,
    track_bpm: window.trackBpm,
    candidate_bpm: accepted ? null : rounded(window.spectralBpm),
    smoothed: false,
  };
}

const COLUMNS = [
  ...["source", "face_id", "method", "weights", "duration_s", "fps", "hr_bpm", "hr_peaks_bpm"],
  ...["accepted", "reasons", "snr_db", "confidence", ...HRV_NAMES, "breaths_per_minute"],
  ...["windows_accepted", "windows", "warnings", "error"],
];

/** Return a result as the CSV table of `sspd measure`, of one row. */
export function toCsv(final: Final, origin: Origin): string {
  type Row = Record<string, Json> & {
    readonly hrv: Record<string, { readonly value: number | null }>;
    readonly respiration: { readonly breaths_per_minute: number | null };
    readonly windows: readonly { readonly accepted: boolean }[];
  };
  const [row] = JSON.parse(toJson(final, origin)) as [Row];
  const counted: Record<string, Json | undefined> = {
    ...row,
    ...Object.fromEntries(HRV_NAMES.map((name) => [name, row.hrv[name]?.value])),
    breaths_per_minute: row.respiration.breaths_per_minute,
    windows_accepted: row.windows.filter((window) => window.accepted).length,
    windows: row.windows.length,
  };
  const cells = COLUMNS.map((name) => {
    const value = counted[name];
    return cell(Array.isArray(value) ? value.join("; ") : value);
  });
  return `${COLUMNS.join(",")}\r\n${cells.join(",")}\r\n`;
}

/** Return the waveform as a CSV table, a row a sample; `beat` is 1 at the sample of a beat. */
export function waveformCsv(final: Final): string {
  const { signal, rhythm } = final.result ?? {};
  const rows = ["time_s,rppg,beat"];
  if (signal == null) return `${rows[0]}\r\n`;
  const beats = new Set(
    Array.from(rhythm?.beatsS ?? [], (t) => Math.round((t - signal.startS) * signal.fs)),
  );
  signal.values.forEach((v, i) => {
    const t = rounded(signal.startS + i / signal.fs, 4);
    rows.push(`${t},${rounded(v, 5)},${beats.has(i) ? 1 : 0}`);
  });
  return `${rows.join("\r\n")}\r\n`;
}

/** Return a cell that no spreadsheet executes as a formula (OWASP, "CSV injection"). */
function cell(value: Json | undefined): string {
  if (value == null) return "";
  if (typeof value === "boolean") return value ? "True" : "False"; // as Python writes them
  if (typeof value !== "string") return String(value);
  const text = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
