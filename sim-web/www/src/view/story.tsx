// What leads through a model, step by step; and what is to be achieved in a challenge.

import { useRef, useState } from "preact/hooks";
import type { Design, Edit, Step } from "../engine/protocol";
import type { Objective } from "../engine/summary";
import { number, SAY, words } from "../format";
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

/** Brings the sandbox to where a step of a story wants it: what steps before it have set stays, what a visitor has turned meanwhile does not. */
export async function tell(sandbox: Sandbox, story: Step[], at: number): Promise<void> {
  const step = story[at]!;
  let edits: Edit[] = [];
  for (const { design, beside, speed, set = {}, fresh } of story.slice(0, at + 1)) {
    if (speed !== undefined) sandbox.setSpeed(speed);
    if (design !== undefined) sandbox.design = designOf(design);
    if (design !== undefined || beside !== undefined) sandbox.beside = beside === undefined ? undefined : designOf(beside);
    const own = Object.entries(set).map(([path, value]): Edit => [path, text(value)]);
    edits = [...(fresh === true ? [] : edits).filter(([path]) => !(path in set)), ...own];
  }
  sandbox.selected = step.look;
  await sandbox.apply({ ...sandbox.model, edits }, seconds(step.seek) * 1e9);
}

export function Story({ sandbox, story }: { sandbox: Sandbox; story: Step[] }) {
  const [step, setStep] = useState(0);
  const words = useRef<HTMLParagraphElement>(null);
  const go = (next: number) => {
    setStep(next);
    // The button that leads on is gone at the last step: whoever has pressed it goes on reading.
    if (next + 1 === story.length) words.current?.focus({ preventScroll: true });
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
      <p ref={words} tabindex={-1} aria-live="polite">
        {story[step]!.says}
      </p>
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

/** How far the goals of a challenge are met, as whole runs say. While they are judged anew, the goals stay and their verdicts go. */
export function Challenge({ sandbox, task }: { sandbox: Sandbox; task: string }) {
  const { summary, isFirstLook, progress } = sandbox;
  const last = useRef<Objective[]>([]);
  const found = summary?.designs[0]?.objectives;
  if (found !== undefined) last.current = found;
  const goals = last.current;
  const isJudged = found !== undefined && !isFirstLook && progress === undefined;
  const met = goals.filter((goal) => goal.verdict === "met").length;
  const isDone = isJudged && goals.length > 0 && met === goals.length;
  const says = isJudged ? `${met} of ${goals.length} goals met.` : progress !== undefined || found !== undefined ? "The simulator is judging…" : "Not judged.";
  return (
    <section class={isDone ? "story challenge done" : "story challenge"} aria-label="Challenge">
      <p>
        <strong>{isDone ? "Done." : "Challenge."}</strong> {task}
      </p>
      <ul class="goals" aria-label="Goals">
        {goals.map((goal) => (
          <Goal key={goal.says} goal={goal} isJudged={isJudged} />
        ))}
      </ul>
      <span class="hint" role="status">
        {isDone ? `All ${goals.length} goals met.` : says}
      </span>
    </section>
  );
}

/** A goal with its verdict, and what was found: so that it can be seen how far there is to go. */
function Goal({ goal: { says, verdict, value, unit }, isJudged }: { goal: Objective; isJudged: boolean }) {
  const found = value.mean === null ? "" : ` (${(SAY[unit] ?? number)(value.mean)})`;
  return (
    <li class={isJudged ? verdict : "undecided"}>
      <span aria-hidden="true">{(isJudged && MARKS[verdict]) || "?"}</span> {says}: {isJudged ? `${words(verdict)}${found}` : "…"}
    </li>
  );
}
