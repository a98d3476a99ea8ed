// The way in: questions.

import { presets, type Preset, type Sketch } from "../gallery";

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
        {preset.sketch !== null && <Picture sketch={preset.sketch} />}
      </a>
    </li>
  );
}

/** Of a place on the grid of a sketch, and of a box. */
const [ACROSS, DOWN, WIDTH, HEIGHT] = [30, 8, 18, 9];

/** How much a box is rounded: clients are persons, and what keeps things has round edges. */
const ROUND: Record<string, number> = { client: 4.5, store: 3, cache: 3 };

/** What runs where, as boxes and ways: to tell the cards apart at a glance. */
function Picture({ sketch: { columns, rows, boxes, ways } }: { sketch: Sketch }) {
  const x = (column: number) => column * ACROSS + 1;
  const y = (row: number) => row * DOWN + 1;
  const middle = (row: number) => y(row) + HEIGHT / 2;
  const path = (way: Sketch["ways"][number]) => {
    const [from, to] = [way[0]!, way.at(-1)!];
    const isForth = from[0] <= to[0];
    const points = way.map(([column, row], at) => `${x(column) + (at === 0 === isForth ? WIDTH : 0)} ${middle(row)}`);
    return `M${points.join("L")}`;
  };
  const [width, height] = [(columns - 1) * ACROSS + WIDTH + 2, (rows - 2) * DOWN + HEIGHT + 2];
  return (
    <svg class="sketch" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      {ways.map((way, at) => way.length > 1 && <path key={at} d={path(way)} />)}
      {boxes.map(([column, row, kind], at) => (
        <rect key={at} class={kind} x={x(column)} y={y(row)} width={WIDTH} height={HEIGHT} rx={ROUND[kind] ?? 1.5} />
      ))}
    </svg>
  );
}
