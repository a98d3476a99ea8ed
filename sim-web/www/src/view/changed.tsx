// What was changed of the model, each with a button that takes it back.

import { useEffect, useState } from "preact/hooks";
import { designsOf, isNothing, shown, takenBack, turned } from "../changes";
import type { Design } from "../engine/protocol";
import type { Sandbox } from "../sandbox";
import { Whose } from "./whose";

/** Of which designs each edit is; it takes a moment to be found. */
function useWhose(sandbox: Sandbox): Design[][] {
  const [whose, setWhose] = useState<Design[][]>([]);
  const { model, designs } = sandbox;
  const key = JSON.stringify([model.edits, designs]);
  useEffect(() => {
    let isCurrent = true;
    const find = () => Promise.all(model.edits.map((_, place) => designsOf(model, place, designs, sandbox.pathIn)));
    if (designs.length < 2) setWhose([]);
    else
      find().then(
        (found) => isCurrent && setWhose(found),
        () => undefined,
      );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return whose;
}

/** A button that will be gone leaves the focus where it was: in its panel. */
function stay(button: HTMLElement): void {
  const panel = button.closest<HTMLElement>(".panel");
  if (panel === null) return;
  panel.tabIndex = -1;
  panel.focus({ preventScroll: true });
}

export function Changed({ sandbox }: { sandbox: Sandbox }) {
  const { edits } = sandbox.model;
  const whose = useWhose(sandbox);
  if (edits.length === 0) return null;
  const knobs = turned(sandbox.model);
  return (
    <div class="edits">
      <h3>Changed</h3>
      <ul>
        {edits.map((edit, at) => {
          if (isNothing(edit)) return null;
          const [path, value] = edit;
          const knob = knobs.find(({ place }) => place === at);
          return (
            <li key={path}>
              <span>
                {whose[at] !== undefined && <Whose sandbox={sandbox} designs={whose[at]} />}
                {knob !== undefined && <span class="hint">at {shown(knob)}: </span>}
                <code>{knob === undefined ? `${path} = ${value}` : `${knob.path} = ${knob.value}`}</code>
              </span>
              <button
                class="small"
                aria-label={`take back ${knob?.path ?? path}`}
                onClick={(event) => {
                  stay(event.currentTarget);
                  void sandbox.apply({ ...sandbox.model, edits: takenBack(sandbox.model, at) }, sandbox.now);
                }}
              >
                ×
              </button>
            </li>
          );
        })}
      </ul>
      <button
        onClick={(event) => {
          stay(event.currentTarget);
          void sandbox.withoutEdits();
        }}
      >
        Take all back
      </button>
    </div>
  );
}
