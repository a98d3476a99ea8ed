// The files that models refer to, as the core takes them: prices, distances.

const texts = import.meta.glob("../../../models/{prices,regions}/*.ron", { query: "?raw", import: "default", eager: true }) as Record<string, string>;

const named = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path.replace(/^.*\/models\//, "models/"), text]));

const json = JSON.stringify(named);

/** A JSON object of files by path; recorded traffic is loaded only for who refers to some. */
export async function beside(text: string): Promise<string> {
  if (!/\.csv"/.test(text)) return json;
  const { recorded } = await import("./recorded");
  return JSON.stringify({ ...named, ...recorded });
}
