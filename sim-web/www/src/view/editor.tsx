// The model as text: loaded when it is opened. Findings stand where they are written.

import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Design, Finding } from "../engine/protocol";
import type { Sandbox } from "../sandbox";
import { useAppearing } from "./appearing";
import { optionsAt } from "./complete";

const ron = StreamLanguage.define<{ depth: number }>({
  startState: () => ({ depth: 0 }),
  token(stream, state) {
    if (stream.eatSpace()) return null;
    if (stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (state.depth > 0 || stream.match("/*")) {
      if (state.depth === 0) state.depth = 1;
      while (!stream.eol()) {
        if (stream.match("*/")) {
          state.depth = 0;
          return "comment";
        }
        stream.next();
      }
      return "comment";
    }
    if (stream.match(/^"(?:[^"\\]|\\.)*"/)) return /^\s*:/.test(stream.string.slice(stream.pos)) ? "propertyName" : "string";
    if (stream.match(/^-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?/)) return "number";
    if (stream.match(/^(?:true|false|None|Some)\b/)) return "keyword";
    if (stream.match(/^[A-Za-z_]\w*/)) return /^\s*:/.test(stream.string.slice(stream.pos)) ? "propertyName" : /^\s*\(/.test(stream.string.slice(stream.pos)) ? "keyword" : "atom";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
});

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--text-string)" },
  { tag: tags.propertyName, color: "var(--text-key)" },
  { tag: tags.number, color: "var(--text-number)" },
  { tag: tags.keyword, color: "var(--accent)" },
  { tag: tags.atom, color: "var(--text-number)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--card)", color: "var(--ink)", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--page)", color: "var(--soft)", border: "none" },
  ".cm-activeLine": { backgroundColor: "var(--shade)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--line)" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--card)" },
});

/** The place in the text of a place in its UTF-8 bytes. */
function placeOf(text: string, bytes: number): number {
  let seen = 0;
  let at = 0;
  for (const character of text) {
    if (seen >= bytes) break;
    seen += new TextEncoder().encode(character).length;
    at += character.length;
  }
  return at;
}

/** What the editor can do; `complete` knows names, `changed` is called a little after the last change. */
function extensions(complete: (context: CompletionContext) => Promise<CompletionResult | null>, changed: (text: string) => void): Extension[] {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    ron,
    syntaxHighlighting(colours),
    lintGutter(),
    autocompletion({ override: [complete] }),
    keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
    EditorView.contentAttributes.of({ "aria-label": "The model as text", tabindex: "0" }),
    theme,
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      clearTimeout(timer);
      timer = setTimeout(() => changed(update.state.doc.toString()), 350);
    }),
  ];
}

/** Of which designs a finding is, where it is not of all: "in `no cache`: ". */
const within = (it: Finding, designs: Design[]): string =>
  it.designs.length === 0 || it.designs.length === designs.length ? "" : `in ${it.designs.map((design) => `\`${design ?? "as written"}\``).join(", ")}: `;

const diagnosticOf = (text: string, it: Finding, designs: Design[]): Diagnostic => {
  const from = Math.min(text.length, placeOf(text, it.start ?? 0));
  const to = Math.min(text.length, Math.max(from, placeOf(text, it.end ?? it.start ?? 0)));
  return { from, to, severity: it.severity, message: `${within(it, designs)}${it.hint === null ? it.message : `${it.message}. ${it.hint}`}` };
};

/** An editor in a place, what it found, and what became of the text. */
function useEditor(sandbox: Sandbox) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>();
  const [findings, setFindings] = useState<Finding[]>([]);
  const [says, setSays] = useState("");
  useEffect(() => {
    // A shadow root takes style sheets that are made by a script, which the page's policy does not allow elsewhere.
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: "open" });
    const schema = import("archsim-wasm/schema.json").then((it) => it.default as object);
    const complete = async (context: CompletionContext) => {
      const word = context.matchBefore(/\w+/);
      if (word === null && !context.explicit) return null;
      const from = word?.from ?? context.pos;
      return { from, options: optionsAt(await schema, context.state.doc.toString(), from), validFor: /^\w*$/ };
    };
    const check = async (text: string) => {
      const it = view.current;
      if (it === undefined) return;
      const model = { ...sandbox.model, text };
      const checked = await sandbox.tools.call("check", { model });
      if (it.state.doc.toString() !== text) return;
      setFindings(checked.findings);
      it.dispatch(setDiagnostics(it.state, checked.findings.map((finding) => diagnosticOf(text, finding, checked.designs))));
      const runs = sandbox.errors(checked).length === 0;
      if (runs && text !== sandbox.model.text) {
        await sandbox.apply(model);
        setSays("The system runs as the text says.");
      } else setSays(runs ? "" : "The system still runs as it did before: the text has errors.");
    };
    const checked = (text: string) => void check(text).catch((error: Error) => setSays(error.message));
    const state = EditorState.create({ doc: sandbox.model.text, extensions: extensions(complete, checked) });
    const it = new EditorView({ parent: root as unknown as HTMLElement, root, state });
    view.current = it;
    checked(sandbox.model.text);
    return () => {
      it.destroy();
      view.current = undefined;
    };
  }, [sandbox]);
  return { place, view, findings, says };
}

export function Editor({ sandbox }: { sandbox: Sandbox }) {
  const { place, view, findings, says } = useEditor(sandbox);
  const errors = findings.filter((finding) => finding.severity === "error");
  const others = sandbox.designs.length > 0 && errors.every((it) => it.designs.length > 0 && !it.designs.some((design) => sandbox.designs.includes(design)));
  const go = (finding: Finding) => {
    const it = view.current!;
    const at = Math.min(it.state.doc.length, placeOf(it.state.doc.toString(), finding.start ?? 0));
    it.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    it.focus();
  };
  const panel = useAppearing<HTMLElement>();
  return (
    <section class="panel editor" ref={panel} aria-labelledby="editor">
      <h2 id="editor">The model as text</h2>
      {sandbox.model.edits.length > 0 && (
        <p class="hint">
          {sandbox.model.edits.length === 1 ? "1 change is" : `${sandbox.model.edits.length} changes are`} kept beside the text.{" "}
          <button
            class="small"
            onClick={() =>
              void sandbox.tools.call("toRon", { model: sandbox.model }).then((text) => {
                view.current?.dispatch({ changes: { from: 0, to: view.current.state.doc.length, insert: text } });
                return sandbox.apply({ ...sandbox.model, text, edits: [] });
              })
            }
          >
            Write them into the text
          </button>
        </p>
      )}
      <div class="code" ref={place} />
      <p class="hint" aria-live="polite">
        {says} Tab indents; Escape, then Tab, leaves the editor.
      </p>
      <ul class="findings" aria-live="polite">
        {findings.map((finding, at) => (
          <li key={at} class={finding.severity}>
            <button class="small" onClick={() => go(finding)}>
              {finding.line === null ? "whole model" : `line ${finding.line}, column ${finding.column}`}
            </button>{" "}
            {finding.path !== "" && <code>{finding.path}</code>} {within(finding, sandbox.checked?.designs ?? [])}
            {finding.message}
            {finding.hint !== null && <span class="hint">: {finding.hint}</span>}
          </li>
        ))}
        {findings.length > 0 && others && <li class="hint">{errors.length === 0 ? "Warnings only: it runs." : "Errors of other designs only: it runs."}</li>}
      </ul>
    </section>
  );
}
