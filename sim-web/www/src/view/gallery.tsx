// The way in: questions.

import { presets, type Preset } from "../gallery";

const slug = (preset: Preset): string => preset.path.replace(/^models\//, "").replace(/\.ron$/, "");

export function Gallery() {
  const told = presets.filter((preset) => preset.steps > 0 && preset.challenge === null);
  const challenges = presets.filter((preset) => preset.challenge !== null);
  const others = presets.filter((preset) => preset.steps === 0 && preset.challenge === null);
  return (
    <main class="gallery">
      <header class="lead">
        <h1 tabindex={-1}>What happens to your architecture under load?</h1>
        <p>
          Choose a question. You see the system, the requests that flow through it, latency, errors and the bill. Drag a slider, break something, and watch what follows.
        </p>
      </header>
      <ul class="cards">
        {told.map((preset) => (
          <Card key={preset.path} preset={preset} says={`${preset.steps} steps`} />
        ))}
      </ul>
      {challenges.length > 0 && (
        <>
          <h2>Challenges</h2>
          <ul class="cards">
            {challenges.map((preset) => (
              <Card key={preset.path} preset={preset} says={preset.challenge!} />
            ))}
          </ul>
        </>
      )}
      <h2>More questions</h2>
      <ul class="more">
        {others.map((preset) => (
          <li key={preset.path}>
            <a href={`#preset=${slug(preset)}`}>{preset.question}</a>
          </li>
        ))}
      </ul>
    </main>
  );
}

function Card({ preset, says }: { preset: Preset; says: string }) {
  return (
    <li>
      <a href={`#preset=${slug(preset)}`}>
        <span class="topic">{preset.topic}</span>
        <strong>{preset.question}</strong>
        <span class="hint">{says}</span>
      </a>
    </li>
  );
}
