// Something that is made only when it is asked for.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export function Disclosure({ summary, children }: { summary: string; children: ComponentChildren | (() => ComponentChildren) }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {open ? (typeof children === "function" ? children() : children) : null}
    </details>
  );
}
