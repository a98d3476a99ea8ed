// Something that is made only when it is asked for.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** `of` says what it is of, where the summary is the same in several places. */
export function Disclosure({ summary, of, children }: { summary: string; of?: string; children: ComponentChildren | (() => ComponentChildren) }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary aria-label={of === undefined ? undefined : `${of} ${summary}`}>{summary}</summary>
      {open ? (typeof children === "function" ? children() : children) : null}
    </details>
  );
}
