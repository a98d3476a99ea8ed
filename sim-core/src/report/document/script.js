// Pointing at a figure says what is there; a legend's entry hides and shows its series. Without this the report is complete.
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

  for (const svg of document.querySelectorAll("svg.figure")) {
    // The words of points are taken out of their titles, or the browser would say them a second time.
    for (const title of svg.querySelectorAll(".point > title")) {
      title.parentNode.dataset.says = title.textContent;
      title.remove();
    }
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
