// The models of the repository, as they are written.

const texts = import.meta.glob("../../../models/{*.ron,{blocks,challenges}/*.ron}", { query: "?raw", import: "default", eager: true }) as Record<string, string>;

/** Models by path: `models/blocks/cache.ron`. */
export const models: Record<string, string> = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [path.replace(/^.*\/models\//, "models/"), text]),
);
