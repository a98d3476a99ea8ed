// What leads through a model, step by step; and what is to be achieved in a challenge.

import { useState } from "preact/hooks";
import type { Design, Edit, Step } from "../engine/protocol";
import { words } from "../format";
import type { Sandbox } from "../sandbox";
import { isCalm } from "./drawing";

/** Seconds of `50s`, `2min`, `1h`. */
function seconds(text: string | undefined): number {
  const found = /^([\d.]+)\s*(ms|s|min|h|d)$/.exec(text ?? "");
  const units: Record<string, number> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };
  return found === null ? 0 : Number(found[1]) * units[found[2]!]!;
}

/** A design as a story names it. */
const designOf = (name: string): Design => (name === "as written" ? null : name);

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Brings the sandbox to where a step of a story wants it. */
export async function tell(sandbox: Sandbox, story: Step[], at: number): Promise<void> {
  const step = story[at]!;
  if (step.speed !== undefined) sandbox.setSpeed(step.speed);
  if (step.design !== undefined) sandbox.design = designOf(step.design);
  if (step.design !== undefined || step.beside !== undefined) sandbox.beside = step.beside === undefined ? undefined : designOf(step.beside);
  sandbox.selected = step.look;
  const kept = step.fresh === true || at === 0 ? [] : sandbox.model.edits;
  const set = Object.entries(step.set ?? {}).map(([path, value]): Edit => [path, text(value)]);
  const edits = [...kept.filter(([path]) => !set.some(([other]) => other === path)), ...set];
  await sandbox.apply({ ...sandbox.model, edits }, seconds(step.seek) * 1e9);
}

export function Story({ sandbox, story }: { sandbox: Sandbox; story: Step[] }) {
  const [step, setStep] = useState(0);
  const go = (next: number) => {
    setStep(next);
    void tell(sandbox, story, next).then(() => {
      if (!isCalm()) sandbox.play(true);
    });
  };
  const isLast = step + 1 === story.length;
  return (
    <section class="story" aria-label="Story">
      <ol class="steps" aria-label="Steps">
        {story.map((_, at) => (
          <li key={at}>
            <button class={at === step ? "step current" : "step"} aria-current={at === step ? "step" : undefined} aria-label={`step ${at + 1}`} onClick={() => go(at)}>
              {at + 1}
            </button>
          </li>
        ))}
      </ol>
      <p aria-live="polite">{story[step]!.says}</p>
      {!isLast && (
        <button class="primary" onClick={() => go(step + 1)}>
          Next
        </button>
      )}
      {isLast && <span class="hint">Now it is yours.</span>}
    </section>
  );
}

const MARKS: Record<string, string> = { met: "✓", missed: "✗", undecided: "?" };

/** How far the goals of a challenge are met, as whole runs say. */
export function Challenge({ sandbox, task }: { sandbox: Sandbox; task: string }) {
  const { summary, isFirstLook, progress } = sandbox;
  const design = summary?.designs[0];
  const objectives = design?.objectives ?? [];
  const met = objectives.filter((objective) => objective.verdict === "met").length;
  const isDone = objectives.length > 0 && met === objectives.length && !isFirstLook && progress === undefined;
  return (
    <section class={isDone ? "story challenge done" : "story challenge"} aria-label="Challenge">
      <p>
        <strong>{isDone ? "Done." : "Challenge."}</strong> {task}
      </p>
      <ul class="goals" aria-live="polite">
        {objectives.map((objective) => (
          <li key={objective.says} class={isFirstLook ? "undecided" : objective.verdict}>
            <span aria-hidden="true">{isFirstLook ? "?" : MARKS[objective.verdict] ?? "?"}</span> {objective.says}: {isFirstLook ? "…" : words(objective.verdict)}
          </li>
        ))}
      </ul>
      <span class="hint">
        {objectives.length === 0 || isFirstLook ? "The simulator is judging…" : `${met} of ${objectives.length} goals met.`}
      </span>
    </section>
  );
}
