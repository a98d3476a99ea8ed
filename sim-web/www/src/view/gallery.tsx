// The way in: questions.

import { presets, type Preset } from "../stories";

const slug = (preset: Preset): string => preset.path.replace(/^models\//, "").replace(/\.ron$/, "");

export function Gallery() {
  const told = presets.filter((preset) => preset.story.length > 0);
  const others = presets.filter((preset) => preset.story.length === 0);
  return (
    <main class="gallery">
      <header class="lead">
        <h1>What happens to your architecture under load?</h1>
        <p>
          Choose a question. You will see the system, the requests that flow through it, and the numbers: from the same simulator as on the command line, running in this page.
        </p>
      </header>
      <ul class="cards">
        {told.map((preset) => (
          <li key={preset.path}>
            <a href={`#preset=${slug(preset)}`}>
              <span class="topic">{preset.topic}</span>
              <strong>{preset.question}</strong>
              <span class="hint">
                {preset.story.length} steps
              </span>
            </a>
          </li>
        ))}
      </ul>
      <h2>More questions</h2>
      <ul class="more">
        {others.map((preset) => (
          <li key={preset.path}>
            <a href={`#preset=${slug(preset)}`}>{preset.question || preset.path}</a> <span class="topic">{preset.topic}</span>
          </li>
        ))}
      </ul>
    </main>
  );
}
