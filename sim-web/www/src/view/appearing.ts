// What appears below the screen's edge is brought to the eye.

import { useEffect, useRef } from "preact/hooks";
import { isCalm } from "./drawing";

/** A reference to an element, to which the page scrolls when it appears. */
export function useAppearing<E extends HTMLElement>() {
  const place = useRef<E>(null);
  useEffect(() => place.current?.scrollIntoView({ behavior: isCalm() ? "auto" : "smooth", block: "start" }), []);
  return place;
}
