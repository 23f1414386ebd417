/** Messages between the page and its worker. */

import type { Final, Update } from "./session/session.js";

/** From the page. */
export type Request =
  | { readonly kind: "load"; readonly base: string }
  | { readonly kind: "begin"; readonly seconds: number; readonly isFile: boolean }
  | {
      readonly kind: "frame";
      readonly t: number;
      readonly width: number;
      readonly height: number;
      /** RGBA, as a canvas gives it. */
      readonly pixels: ArrayBuffer;
    }
  | { readonly kind: "finish" };

/** From the worker. */
export type Answer =
  | { readonly kind: "ready"; readonly weights: string }
  /** A frame was taken in: another may be sent. */
  | { readonly kind: "taken"; readonly update: Update | null }
  | { readonly kind: "final"; readonly final: Final }
  | { readonly kind: "failed"; readonly what: string };
