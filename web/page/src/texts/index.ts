/** Texts by language: `<sspd-scan lang="…">`, else that of the document, else English. */

import { en, type Texts } from "./en.js";

export type { Texts, Trouble } from "./en.js";

const LANGUAGES: Readonly<Record<string, Texts>> = { en };

/** Return the texts of a language such as `en-GB`; English where there is none. */
export function textsOf(language: string | null): Texts {
  return LANGUAGES[(language ?? "").toLowerCase().split("-")[0]!] ?? en;
}
