// How large the drawing is seen: by buttons, by keys, by wheel with Ctrl, by two fingers; and moved by dragging.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** A step of a button or key. */
const STEP = 1.25;
const LARGEST = 4;
const SMALLEST = 0.1;
/** How large what is small is made, at most. */
const FIT_MAX = 1.45;
/** How much larger it gets by a turn of the wheel. */
const WHEEL = 0.0022;

type Place = { current: HTMLElement | null };

export interface Zoom {
  scale: number;
  /** Zooms around a point of the screen; the middle of what is seen, if it is not said. */
  by: (factor: number, around?: { x: number; y: number }) => void;
  /** Shows the whole. */
  fit: () => void;
}

/** The largest height that the stage can have, as its style says. */
const tallest = (stage: HTMLElement): number => parseFloat(getComputedStyle(stage).maxHeight) || innerHeight;

/** `pleasant`: the scale at which it opens. */
export function useZoom(stage: Place, size: { width: number; height: number } | undefined, pleasant: number, again: unknown): Zoom {
  const [chosen, choose] = useState<number>();
  const kept = useRef<{ x: number; y: number; ofX: number; ofY: number }>();
  const scale = chosen ?? pleasant;
  const now = useRef(scale);
  now.current = scale;
  // Another layout is seen as it is pleasant.
  useEffect(() => choose(undefined), [again]);
  useLayoutEffect(() => {
    const [it, sheet] = [stage.current, stage.current?.firstElementChild];
    if (kept.current === undefined || it === null || sheet === null || sheet === undefined) return;
    const { x, y, ofX, ofY } = kept.current;
    const { left, top } = sheet.getBoundingClientRect();
    it.scrollBy(left + ofX * scale - x, top + ofY * scale - y);
    kept.current = undefined;
  }, [scale]);
  const by: Zoom["by"] = (factor, around) => {
    const it = stage.current;
    if (it === null || size === undefined) return;
    const seen = it.getBoundingClientRect();
    const { x, y } = around ?? { x: seen.left + seen.width / 2, y: seen.top + seen.height / 2 };
    const { left, top } = it.firstElementChild!.getBoundingClientRect();
    kept.current = { x, y, ofX: (x - left) / now.current, ofY: (y - top) / now.current };
    now.current = Math.min(LARGEST, Math.max(SMALLEST, now.current * factor));
    choose(now.current);
  };
  const fit = () => {
    const it = stage.current;
    if (it !== null && size !== undefined) choose(Math.min(FIT_MAX, it.clientWidth / size.width, tallest(it) / size.height));
  };
  const zoom = { scale, by, fit };
  useGestures(stage, zoom, again);
  return zoom;
}

/** Wheel, fingers and dragging; a wheel without Ctrl scrolls, as everywhere. */
function useGestures(stage: Place, zoom: Zoom, again: unknown): void {
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const it = stage.current;
    if (it === null) return;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current.by(Math.exp(-WHEEL * event.deltaY * (event.deltaMode === 0 ? 1 : 30)), { x: event.clientX, y: event.clientY });
    };
    let apart: number | undefined;
    const touch = (event: TouchEvent) => {
      const [a, b] = event.touches;
      if (a === undefined || b === undefined) {
        apart = undefined;
        return;
      }
      event.preventDefault();
      const far = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (apart !== undefined && far > 0) latest.current.by(far / apart, { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 });
      apart = far;
    };
    let dragged: number | undefined;
    const down = (event: PointerEvent) => {
      const isFree = (event.target as Element).closest("[role=button]") === null;
      if (event.pointerType === "mouse" && event.button === 0 && isFree) dragged = event.pointerId;
    };
    const move = (event: PointerEvent) => {
      if (event.pointerId !== dragged) return;
      if (event.buttons === 0) dragged = undefined;
      else it.scrollBy(-event.movementX, -event.movementY);
    };
    const stop = new AbortController();
    const { signal } = stop;
    it.addEventListener("wheel", wheel, { passive: false, signal });
    for (const name of ["touchstart", "touchmove", "touchend", "touchcancel"] as const) it.addEventListener(name, touch, { passive: false, signal });
    it.addEventListener("pointerdown", down, { signal });
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", () => (dragged = undefined), { signal });
    return () => stop.abort();
  }, [again]);
}

/** What keys do on the stage. */
export function zoomByKey(zoom: Zoom, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "+" || event.key === "=") zoom.by(STEP);
  else if (event.key === "-" || event.key === "_") zoom.by(1 / STEP);
  else if (event.key === "0") zoom.fit();
  else return;
  event.preventDefault();
}

export function ZoomButtons({ zoom }: { zoom: Zoom }) {
  return (
    <span class="zoom" role="group" aria-label="size of the drawing">
      <button class="small" aria-label="smaller" title="smaller (−)" onClick={() => zoom.by(1 / STEP)}>
        −
      </button>
      <span class="hint">{Math.round(100 * zoom.scale)} %</span>
      <button class="small" aria-label="larger" title="larger (+)" onClick={() => zoom.by(STEP)}>
        +
      </button>
      <button class="small" aria-label="fit: show the whole drawing" title="show the whole drawing (0)" onClick={zoom.fit}>
        fit
      </button>
    </span>
  );
}
