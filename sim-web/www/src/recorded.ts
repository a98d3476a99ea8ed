// Recorded traffic that models of the repository replay.

const texts = import.meta.glob("../../../models/**/*.csv", { query: "?raw", import: "default", eager: true }) as Record<string, string>;

export const recorded = Object.fromEntries(Object.entries(texts).map(([path, text]) => [path.replace(/^.*\/models\//, "models/"), text]));
