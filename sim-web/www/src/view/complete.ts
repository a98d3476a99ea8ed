// What can be written at a place of a model, from its schema.

export interface Option {
  label: string;
  type: string;
  info: string;
}

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema | boolean;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
}

const ITEM = "[]";

/** Words, brackets, colons and commas; strings and comments as a whole. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\]|\\.)*"?|[A-Za-z_]\w*|[()[\]{}:,]/g;

/** The way to a place: names of fields and of variants, `[]` for an item of a list; and the field whose value is written there. */
export function wayTo(text: string, place: number): { way: string[]; field: string | undefined } {
  const stack: string[][] = [];
  let field: string | undefined;
  let word: string | undefined;
  for (const [token] of text.slice(0, place).matchAll(TOKEN)) {
    if (token.startsWith("//") || token.startsWith("/*")) continue;
    if (token === ":") {
      [field, word] = [word, undefined];
    } else if (token === ",") {
      [field, word] = [undefined, undefined];
    } else if ("([{".includes(token)) {
      const own = [field, token === "(" ? word : undefined].filter((it): it is string => it !== undefined);
      stack.push(token === "[" ? [...own, ITEM] : own);
      [field, word] = [undefined, undefined];
    } else if (")]}".includes(token)) {
      stack.pop();
      [field, word] = [undefined, undefined];
    } else {
      word = token.startsWith('"') ? token.slice(1).replace(/"$/, "") : token;
    }
  }
  return { way: stack.flat(), field };
}

/** A schema and all that it may stand for. */
function meant(root: Schema, schema: Schema, depth = 0): Schema[] {
  if (depth > 12) return [];
  const target = schema.$ref === undefined ? undefined : root.$defs?.[schema.$ref.split("/").pop()!];
  const inside = [target, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].filter((it): it is Schema => it !== undefined);
  return [schema, ...inside.flatMap((it) => meant(root, it, depth + 1))];
}

function step(root: Schema, schemas: Schema[], name: string): Schema[] {
  const next = schemas.flatMap((schema): (Schema | boolean | undefined)[] => {
    if (name === ITEM) return [schema.items, ...(schema.prefixItems ?? [])];
    const own = schema.properties?.[name];
    return [own ?? schema.additionalProperties];
  });
  return next.filter((it): it is Schema => typeof it === "object").flatMap((it) => meant(root, it));
}

/** What fits at a place of a text. */
export function optionsAt(root: Schema, text: string, place: number): Option[] {
  const { way, field } = wayTo(text, place);
  let schemas = meant(root, root);
  for (const name of field === undefined ? way : [...way, field]) schemas = step(root, schemas, name);
  const found = new Map<string, Option>();
  const add = (label: string, type: string, info: string | undefined) => {
    if (!found.has(label)) found.set(label, { label, type, info: info ?? "" });
  };
  for (const schema of schemas) {
    for (const value of [...(schema.enum ?? []), schema.const]) if (typeof value === "string") add(value, "enum", schema.description);
    for (const [name, about] of Object.entries(schema.properties ?? {})) add(name, "property", about.description ?? schema.description);
  }
  return [...found.values()];
}
