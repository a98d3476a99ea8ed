// What can be chosen in the drawing, by mouse and by keyboard.

import type { Sandbox } from "../sandbox";

/** The attributes of what shows the parameters at a path when it is chosen, and no more when it is chosen again. */
export function selects(sandbox: Sandbox, path: string) {
  const select = () => {
    sandbox.selected = sandbox.selected === path ? undefined : path;
    sandbox.changed();
  };
  return {
    role: "button" as const,
    tabindex: 0,
    "aria-pressed": sandbox.selected === path,
    onClick: select,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        select();
      }
    },
  };
}
