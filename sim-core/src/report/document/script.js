// Pointing at a figure says what is there, dragging over it comes closer; a legend's entry hides and shows its series; a
// table is sorted by the head of a column. Without this the report is complete.
(() => {
  "use strict";
  const tip = document.getElementById("tip");
  const root = document.documentElement;

  document.getElementById("theme").addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  });

  const say = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 4)) + "px";
    tip.style.top = (y - box.height - 12 < 4 ? y + 18 : y - box.height - 12) + "px";
  };

  // What is under the pointer, or else the nearest point within reach.
  const near = (svg, event) => {
    const over = event.target.closest(".point");
    if (over) return over;
    let best = null;
    let least = 26;
    for (const point of svg.querySelectorAll(".series:not(.off) .point")) {
      const box = point.getBoundingClientRect();
      const dx = Math.max(box.left - event.clientX, 0, event.clientX - box.right);
      const dy = Math.max(box.top - event.clientY, 0, event.clientY - box.bottom);
      const distance = Math.hypot(dx, dy);
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  };

  // A part of a drawing in place of all of it: the largest of the drawing's shape around what was marked.
  const zoomable = (svg) => {
    const all = svg.viewBox.baseVal;
    const whole = { x: all.x, y: all.y, width: all.width, height: all.height };
    let part = { ...whole };
    const back = document.createElement("button");
    back.type = "button";
    back.className = "back";
    back.textContent = "show all";
    back.hidden = true;
    svg.parentNode.insertBefore(back, svg);
    const show = (x, y, width) => {
      const wide = Math.min(whole.width, Math.max(width, whole.width / 40));
      const high = wide * whole.height / whole.width;
      part = {
        x: Math.min(Math.max(x, whole.x), whole.x + whole.width - wide),
        y: Math.min(Math.max(y, whole.y), whole.y + whole.height - high),
        width: wide,
        height: high,
      };
      svg.setAttribute("viewBox", `${part.x} ${part.y} ${part.width} ${part.height}`);
      back.hidden = wide === whole.width;
      tip.hidden = true;
    };
    const around = (x, y, width) => show(x - width / 2, y - width * whole.height / whole.width / 2, width);
    const reset = () => show(whole.x, whole.y, whole.width);
    back.addEventListener("click", reset);

    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return {
        x: part.x + (event.clientX - box.left) / box.width * part.width,
        y: part.y + (event.clientY - box.top) / box.height * part.height,
      };
    };
    let from = null;
    let frame = null;
    const drop = () => {
      if (frame) frame.remove();
      from = frame = null;
    };
    svg.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page, and comes closer with a second one.
      if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest(".key")) return;
      event.preventDefault();
      from = place(event);
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const to = place(event);
      if (!frame) {
        frame = document.createElementNS(svg.namespaceURI, "rect");
        frame.setAttribute("class", "marked");
        svg.append(frame);
      }
      frame.setAttribute("x", Math.min(from.x, to.x));
      frame.setAttribute("y", Math.min(from.y, to.y));
      frame.setAttribute("width", Math.abs(to.x - from.x));
      frame.setAttribute("height", Math.abs(to.y - from.y));
    });
    svg.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [a, b] = [from, place(event)];
      drop();
      const [width, height] = [Math.abs(b.x - a.x), Math.abs(b.y - a.y)];
      if (Math.max(width, height) < part.width / 50) return;
      around((a.x + b.x) / 2, (a.y + b.y) / 2, Math.max(width, height * whole.width / whole.height));
    });
    svg.addEventListener("pointercancel", drop);
    svg.addEventListener("dblclick", reset);

    svg.setAttribute("tabindex", "0");
    svg.addEventListener("keydown", (event) => {
      if (event.target !== svg || event.ctrlKey || event.metaKey || event.altKey) return;
      const [x, y] = [part.x + part.width / 2, part.y + part.height / 2];
      const isClose = part.width < whole.width;
      const step = part.width / 8;
      const moves = {
        "+": () => around(x, y, part.width / 1.5),
        "-": () => around(x, y, part.width * 1.5),
        0: reset,
        Escape: reset,
      };
      if (isClose) {
        moves.ArrowLeft = () => around(x - step, y, part.width);
        moves.ArrowRight = () => around(x + step, y, part.width);
        moves.ArrowUp = () => around(x, y - step, part.width);
        moves.ArrowDown = () => around(x, y + step, part.width);
      }
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      move();
    });
  };

  // The rows of a table with what is part of each, which stays below it.
  const rowsOf = (body) => {
    const groups = [];
    for (const row of body.rows) {
      if (row.classList.contains("part") && groups.length) groups[groups.length - 1].push(row);
      else groups.push([row]);
    }
    return groups;
  };
  const order = new Intl.Collator("en", { numeric: true });
  // What a cell is sorted by: its own words, without its interval. A number is one with its sign, whatever minus it has.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const words = cell && cell.firstChild ? cell.firstChild.textContent.trim() : "";
    const plain = words.replace("\u2212", "-").replace("\u221e", "Infinity").replace(/[,\s$%]/g, "");
    return { words, number: plain === "" ? NaN : Number(plain) };
  };
  // Where there is no number among numbers, it comes last either way.
  const compare = (a, b, sign) => {
    const [no, other] = [Number.isNaN(a.number), Number.isNaN(b.number)];
    if (no && other) return sign * order.compare(a.words, b.words);
    if (no || other) return no - other;
    return a.number === b.number ? 0 : sign * (a.number < b.number ? -1 : 1);
  };
  const sortable = (table) => {
    const body = table.tBodies[0];
    if (!body || !table.tHead || body.rows.length < 3) return;
    const original = rowsOf(body);
    for (const head of table.tHead.querySelectorAll("th")) {
      if (head.textContent.trim() === "") continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const ways = { none: "ascending", ascending: "descending", descending: "none" };
        const way = ways[head.getAttribute("aria-sort") || "none"];
        for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
        const rows = [...original];
        if (way !== "none") {
          head.setAttribute("aria-sort", way);
          const sign = way === "ascending" ? 1 : -1;
          rows.sort((a, b) => compare(valueOf(a[0], head.cellIndex), valueOf(b[0], head.cellIndex), sign));
        }
        body.append(...rows.flat());
      });
    }
  };
  for (const table of document.querySelectorAll("table:not(.facts)")) sortable(table);

  for (const svg of document.querySelectorAll("svg.figure")) {
    // The words of points are taken out of their titles, or the browser would say them a second time.
    for (const title of svg.querySelectorAll(".point > title")) {
      title.parentNode.dataset.says = title.textContent;
      title.remove();
    }
    zoomable(svg);
    svg.addEventListener("pointermove", (event) => {
      const point = near(svg, event);
      if (point && point.dataset.says) say(point.dataset.says, event.clientX, event.clientY);
      else tip.hidden = true;
    });
    svg.addEventListener("pointerleave", () => { tip.hidden = true; });

    for (const key of svg.querySelectorAll(".key[data-key]")) {
      const same = `[data-key="${CSS.escape(key.dataset.key)}"]`;
      const toggle = () => {
        const off = !key.classList.contains("off");
        for (const part of svg.querySelectorAll(`.key${same}, .series${same}`)) part.classList.toggle("off", off);
        for (const other of svg.querySelectorAll(`.key${same}`)) other.setAttribute("aria-pressed", String(!off));
      };
      key.setAttribute("tabindex", "0");
      key.setAttribute("role", "button");
      key.setAttribute("aria-pressed", "true");
      key.addEventListener("click", toggle);
      key.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          toggle();
        }
      });
    }
  }
})();
