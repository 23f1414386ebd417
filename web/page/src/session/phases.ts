/** Phases of a live measurement, as a pure function of what is seen (`sspd.live.phases`). */

export type PhaseName = "idle" | "searching" | "warming_up" | "tracking" | "recovering" | "done";

/** A face that is not seen for this long is lost, seconds. */
export const LOST_S = 1.5;
/** So long a lost pulse may be found again before it is begun anew, seconds. */
const RECOVER_S = 10;
/** Two rates of two updates agree if they differ by this much at most, bpm. */
const STEADY_BPM = 5;
/** No older rate is shown, seconds. */
const OLDEST_S = 3;

/** Facts of one moment. */
export interface Seen {
  readonly timeS: number;
  readonly face: boolean;
  /** The rate of a window that was read just now, null if it was rejected; undefined: none. */
  readonly rateBpm?: number | null;
}

/** A phase, with what the next one depends on. */
export interface Phase {
  readonly name: PhaseName;
  readonly sinceS: number;
  readonly faceS: number;
  readonly rateBpm: number | null;
  readonly rateS: number;
}

/** Return the phase before the first frame. */
export function firstPhase(): Phase {
  return { name: "idle", sinceS: 0, faceS: -LOST_S, rateBpm: null, rateS: -OLDEST_S };
}

/** Return the rate that may be shown now: only one that two updates agreed on. */
export function shownBpm(phase: Phase, timeS: number): number | null {
  return phase.name === "tracking" && timeS - phase.rateS < OLDEST_S ? phase.rateBpm : null;
}

/** Return the phase after one more moment. */
export function nextPhase(phase: Phase, seen: Seen): Phase {
  const { timeS, rateBpm } = seen;
  const isUpdate = rateBpm !== undefined;
  const before = phase.rateBpm;
  const steady =
    isUpdate && before !== null && rateBpm !== null && Math.abs(before - rateBpm) <= STEADY_BPM;
  const known: Phase = {
    ...phase,
    faceS: seen.face ? timeS : phase.faceS,
    ...(isUpdate ? { rateBpm, rateS: timeS } : {}),
  };
  const name = nameOf(known, timeS, isUpdate, steady);
  return name === phase.name ? known : { ...known, name, sinceS: timeS };
}

function nameOf(phase: Phase, timeS: number, isUpdate: boolean, steady: boolean): PhaseName {
  const face = timeS - phase.faceS < LOST_S;
  const waiting = face ? "warming_up" : "searching";
  switch (phase.name) {
    case "idle":
      return waiting;
    case "searching":
    case "warming_up":
      return face && steady ? "tracking" : waiting;
    case "tracking": {
      const old = timeS - phase.rateS >= OLDEST_S;
      return !face || (isUpdate && !steady) || old ? "recovering" : "tracking";
    }
    case "recovering":
      if (face && steady) return "tracking";
      return timeS - phase.sinceS < RECOVER_S ? "recovering" : waiting;
    case "done":
      return "done";
  }
}
