// Whether there is room, as the window is now.

import { useEffect, useState } from "preact/hooks";

/** Whether the window is narrower than so many pixels. */
export function useNarrow(width: number): boolean {
  const [narrow, setNarrow] = useState(innerWidth < width);
  useEffect(() => {
    const turn = () => setNarrow(innerWidth < width);
    addEventListener("resize", turn);
    return () => removeEventListener("resize", turn);
  }, [width]);
  return narrow;
}
