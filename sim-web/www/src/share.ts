// Links: model, edits, seed and design in the address's fragment, which no server sees.

import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import type { Design, Edit } from "./engine/protocol";

/** What a link carries. */
export interface Shared {
  name: string;
  /** Absent where the name is a preset's, and the text the preset's. */
  text?: string;
  edits: Edit[];
  design: Design;
  beside: Design | undefined;
  version: string;
}

/** A link may not be longer, nor what it unfolds to: whoever wrote it. */
const LINK_MAX = 200_000;
const TEXT_MAX = 500_000;

const toUrl = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};

const fromUrl = (text: string): Uint8Array => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

export function pack(shared: Shared): string {
  const { name, text, edits, design, beside, version } = shared;
  return `#v1=${toUrl(deflateSync(strToU8(JSON.stringify([version, name, text ?? null, edits, design, beside === undefined ? [] : [beside]])), { level: 9 }))}`;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isDesign = (value: unknown): value is Design => value === null || isText(value);
const isEdit = (value: unknown): value is Edit => Array.isArray(value) && value.length === 2 && value.every(isText);

/** What a link says.
 * @throws in a sentence, where it is torn or no link of this page. */
export function unpack(fragment: string): Shared {
  if (!fragment.startsWith("#v1=")) throw new Error("This link is of a version that this page does not know.");
  if (fragment.length > LINK_MAX) throw new Error("This link is too long to be opened.");
  let value: unknown;
  try {
    const folded = fromUrl(fragment.slice("#v1=".length));
    // No more room than a model may take: a link that unfolds to more is cut, and then cannot be read.
    const unfolded = inflateSync(folded, { out: new Uint8Array(TEXT_MAX) });
    value = JSON.parse(strFromU8(unfolded));
  } catch {
    throw new Error("This link is torn: a part of it is missing.");
  }
  if (!Array.isArray(value) || value.length !== 6) throw new Error("This link does not hold a model.");
  const [version, name, text, edits, design, beside] = value as unknown[];
  const fits =
    isText(version) && isText(name) && isDesign(text) && Array.isArray(edits) && edits.every(isEdit) && isDesign(design) && Array.isArray(beside) && beside.every(isDesign);
  if (!fits) throw new Error("This link does not hold a model.");
  return {
    version: version as string,
    name: (name as string).slice(0, 200),
    text: (text as string | null) ?? undefined,
    edits: edits as Edit[],
    design: design as Design,
    beside: (beside as Design[]).length > 0 ? (beside as Design[])[0] : undefined,
  };
}
