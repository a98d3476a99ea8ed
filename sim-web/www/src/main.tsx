// Where the address leads: the gallery, a preset, or what a link carries.

import "uplot/dist/uPlot.min.css";
import "./style.css";
import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Stopped } from "./engine/engine";
import { presets, type Preset } from "./gallery";
import { models } from "./models";
import { Sandbox } from "./sandbox";
import { unpack } from "./share";
import { Gallery } from "./view/gallery";
import { SandboxPage } from "./view/page";

// Who asked has gone elsewhere, and nobody waits for the answer.
addEventListener("unhandledrejection", (event) => event.reason instanceof Stopped && event.preventDefault());

type Place = { sandbox: Sandbox; preset?: Preset } | { wrong: string } | undefined;

function open(fragment: string): Place {
  if (fragment.startsWith("#preset=")) {
    const path = `models/${decodeURIComponent(fragment.slice("#preset=".length))}.ron`;
    const text = models[path];
    if (text === undefined) return { wrong: "There is no question of this name." };
    return { sandbox: new Sandbox({ name: path, text, edits: [] }, null, undefined), preset: presets.find((it) => it.path === path) };
  }
  if (fragment === "" || fragment === "#") return undefined;
  try {
    const { name, text = models[name], edits, design, beside } = unpack(fragment);
    if (text === undefined) return { wrong: "This link is of a question that this page does not have." };
    return { sandbox: new Sandbox({ name, text, edits }, design, beside) };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : "This link cannot be read." };
  }
}

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function kept(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem("theme")) ?? "auto";
  } catch {
    return "auto";
  }
}

function Page() {
  const [fragment, setFragment] = useState(location.hash);
  const [theme, setTheme] = useState<Theme>(kept);
  useEffect(() => {
    const move = () => setFragment(location.hash);
    addEventListener("hashchange", move);
    // It may have changed before anybody listened.
    move();
    return () => removeEventListener("hashchange", move);
  }, []);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // A browser that keeps nothing has the theme of its system next time.
    }
  }, [theme]);
  const place = useMemo(() => open(fragment), [fragment]);
  const isFirst = useRef(true);
  useEffect(() => {
    scrollTo(0, 0);
    // Who has followed a link goes on reading at the head of what it leads to.
    if (!isFirst.current) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    isFirst.current = false;
    const title = place !== undefined && "preset" in place ? place.preset?.question : undefined;
    document.title = title === undefined ? "archsim playground" : `${title} – archsim`;
    return () => {
      if (place !== undefined && "sandbox" in place) place.sandbox.close();
    };
  }, [place]);
  return (
    <>
      <header class="top">
        <a href="#" class="brand">
          archsim
        </a>
        <span class="hint">playground</span>
        <label class="theme">
          Theme{" "}
          <select value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
            {THEMES.map((it) => (
              <option key={it} value={it}>
                {it}
              </option>
            ))}
          </select>
        </label>
      </header>
      {place === undefined ? (
        <Gallery />
      ) : "wrong" in place ? (
        <main class="gallery">
          <h1 tabindex={-1}>This cannot be opened</h1>
          <p class="wrong" role="alert">
            {place.wrong}
          </p>
          <p>
            <a href="#">To all questions</a>
          </p>
        </main>
      ) : (
        <SandboxPage key={fragment} sandbox={place.sandbox} preset={place.preset} />
      )}
    </>
  );
}

render(<Page />, document.getElementById("page")!);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("./sw.js").catch(() => undefined);
}
