// Numbers as people read them.

const digits = (value: number, count: number): string => {
  if (value === 0) return "0";
  const places = Math.max(0, count - 1 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(places, 9))));
};

/** Three significant digits, with thousands set apart. */
export function number(value: number | null | undefined, count = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-GB").replaceAll(",", "\u202f");
  return digits(value, count);
}

/** Seconds with the unit that fits. */
export function time(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${digits(seconds * 1e6, 3)} µs`;
  if (size < 1) return `${digits(seconds * 1e3, 3)} ms`;
  if (size < 120) return `${digits(seconds, 3)} s`;
  return `${digits(seconds / 60, 3)} min`;
}

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return `${digits(value * 100, value >= 0.1 ? 3 : 2)} %`;
}

export const rate = (value: number | null | undefined): string => `${number(value)}/s`;

export const dollars = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : `$${number(value)}`);

/** A clock: `1:23.4`, more digits the slower it goes. What has not happened yet is not counted: it is cut, not rounded. */
export function clock(nanos: number, places = 1): string {
  const unit = 10 ** (9 - places);
  const cut = Math.floor(Math.round(nanos) / unit) * unit;
  const minutes = Math.floor(cut / 60e9);
  const rest = ((cut - minutes * 60e9) / 1e9).toFixed(places);
  return `${minutes}:${rest.padStart(places > 0 ? places + 3 : 2, "0")}`;
}

/** A word as a shell takes it. */
export const quoted = (word: string): string => (/^[\w\-./=:,%+@]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** `hit_ratio` as words. */
export const words = (name: string): string => name.replaceAll("_", " ");

/** How a quantity is said, by its unit as summaries name it. */
export const SAY: Record<string, (value: number | null) => string> = {
  seconds: time,
  per_second: rate,
  bytes_per_second: (value) => `${number(value)} B/s`,
  share,
  dollars,
};
