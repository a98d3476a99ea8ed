// The drawing as a file: with the colours that it has now, and what they mean below it.

/** What is copied of how things look. */
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor", "opacity", "display", "visibility"];
/** A system's own font is known by no other name elsewhere. */
const FONT = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif";
const ROW = 20;
const MARGIN = 14;
const LETTER = 6.6;

interface Picture {
  svg: string;
  width: number;
  height: number;
  /** How high the drawing is; below it is what it means. */
  drawn: number;
}

/** The first drawing of the page as a picture of its own. */
function picture(): Picture | undefined {
  const figure = document.querySelector<HTMLElement>("figure.drawing:not(.waiting)");
  const svg = figure?.querySelector<SVGSVGElement>(".sheet svg");
  if (figure === null || figure === undefined || svg === null || svg === undefined) return undefined;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, at) => {
    const style = getComputedStyle(element);
    for (const property of STYLES) to[at]!.setAttribute(property, style.getPropertyValue(property));
  });
  for (const text of copy.querySelectorAll("text, tspan")) text.setAttribute("font-family", FONT);
  // As large as it was laid out, however it is zoomed.
  const { width, height } = svg.viewBox.baseVal;
  const below = legend(figure, width, height);
  const whole = height + below.height;
  copy.append(below.group);
  for (const [name, value] of [["xmlns", "http://www.w3.org/2000/svg"], ["width", width], ["height", whole], ["viewBox", `0 0 ${width} ${whole}`]]) copy.setAttribute(String(name), String(value));
  return { svg: new XMLSerializer().serializeToString(copy), width, height: whole, drawn: height };
}

/** What stands below the drawing: colours of operations, and what the height of a box means. */
function legend(figure: HTMLElement, width: number, top: number): { group: SVGGElement; height: number } {
  const group = made("g", {});
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--soft").trim();
  let [x, y] = [MARGIN, top + ROW];
  const write = (says: string, room: number) => {
    const needs = says.length * LETTER + room + MARGIN;
    if (x > MARGIN && x + needs > width) [x, y] = [MARGIN, y + ROW];
    const text = made("text", { x: x + room, y, fill: ink, "font-size": 12, "font-family": FONT });
    text.textContent = says;
    group.append(text);
    const at = x;
    x += needs;
    return at;
  };
  for (const key of figure.querySelectorAll(".keys li")) {
    const [dot, cross] = [key.querySelector(".dot"), key.querySelector(".cross")];
    const says = (key.textContent ?? "").replace(cross?.textContent ?? "", "").trim();
    const at = write(says, 12);
    if (dot !== null) {
      const { backgroundColor, borderTopColor, borderTopWidth } = getComputedStyle(dot);
      group.append(made("circle", { cx: at + 4, cy: y - 4, r: 4, fill: backgroundColor, stroke: borderTopColor, "stroke-width": parseFloat(borderTopWidth) }));
    }
    if (cross === null) continue;
    const sign = made("text", { x: at, y, fill: getComputedStyle(cross).color, "font-size": 13, "font-weight": 700, "font-family": FONT });
    sign.textContent = cross.textContent;
    group.append(sign);
  }
  for (const hint of figure.querySelectorAll("figcaption > .hint")) {
    for (const sentence of (hint.textContent ?? "").split(/(?<=\.)\s/)) write(sentence, 0);
  }
  return { group, height: y - top + MARGIN };
}

function made<Name extends "g" | "text" | "circle">(name: Name, attributes: Record<string, string | number>): SVGElementTagNameMap[Name] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export const pictureAsSvg = (): string | undefined => picture()?.svg;

/** The drawing with its dots, twice as fine as it was laid out, as far as a browser can hold it. */
export async function pictureAsPng(): Promise<Blob | null> {
  const it = picture();
  const dots = document.querySelector<HTMLCanvasElement>(".sheet canvas");
  if (it === undefined || dots === null) return null;
  const image = new Image();
  const url = URL.createObjectURL(new Blob([it.svg], { type: "image/svg+xml" }));
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  const fine = Math.min(2, 8000 / Math.max(it.width, it.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(it.width * fine), Math.round(it.height * fine)];
  const context = canvas.getContext("2d")!;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--card");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  context.drawImage(dots, 0, 0, canvas.width, it.drawn * fine);
  return new Promise((resolve) => canvas.toBlob(resolve));
}
