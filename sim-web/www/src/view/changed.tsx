// What was changed of the model, each with a button that takes it back.

import { shown, turned } from "../changes";
import type { Edit } from "../engine/protocol";
import type { Sandbox } from "../sandbox";

/** Without one edit; what was added to a list after it moves up. */
function takenBack(edits: Edit[], at: number): Edit[] {
  const [path] = edits[at]!;
  const item = /^(.*)\[(\d+)\]("?)$/.exec(path);
  const rest = edits.filter((_, place) => place !== at);
  if (item === null) return rest;
  return rest.map(([other, value]): Edit => {
    const found = /^(.*)\[(\d+)\]("?)$/.exec(other);
    const isLater = found !== null && found[1] === item[1] && Number(found[2]) > Number(item[2]);
    return [isLater ? `${found[1]}[${Number(found[2]) - 1}]${found[3]}` : other, value];
  });
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
  if (edits.length === 0) return null;
  const knobs = turned(sandbox.model);
  return (
    <div class="edits">
      <h3>Changed</h3>
      <ul>
        {edits.map(([path, value], at) => {
          const knob = knobs.find(({ place }) => place === at);
          return (
            <li key={path}>
              <span>
                {knob !== undefined && <span class="hint">at {shown(knob)}: </span>}
                <code>{knob === undefined ? `${path} = ${value}` : `${knob.path} = ${knob.value}`}</code>
              </span>
              <button
                class="small"
                aria-label={`take back ${knob?.path ?? path}`}
                onClick={(event) => {
                  stay(event.currentTarget);
                  void sandbox.apply({ ...sandbox.model, edits: takenBack(edits, at) }, sandbox.now);
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
