// Tells the values of a chart's lines where the pointer is; points tell theirs without it.
(() => {
  document.body.classList.add("hovered");
  const told = document.body.appendChild(Object.assign(document.createElement("div"), { id: "told", hidden: true }));
  let mark, last;
  const leave = () => { told.hidden = true; mark?.remove(); };
  const show = event => {
    last = event;
    const chart = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".chart"), plot = chart?.querySelector(".plot");
    const lines = plot ? [...plot.querySelectorAll("polyline[data-x]")] : [];
    if (!lines.length) return leave();
    const box = plot.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * 1000;
    if (at < -40 || at > 1040) return leave();
    const found = lines.map(line => {
      const places = line.getAttribute("points").split(" ").map(parseFloat);
      const index = places.reduce((best, x, i) => Math.abs(x - at) < Math.abs(places[best] - at) ? i : best, 0);
      return { line, index, x: places[index], far: Math.abs(places[index] - at) };
    });
    const nearest = found.reduce((a, b) => b.far < a.far ? b : a);
    const value = (one, key) => one.line.dataset[key].split("|")[one.index];
    told.replaceChildren();
    const row = (className, ...texts) => {
      const div = told.appendChild(document.createElement("div"));
      div.className = className;
      texts.forEach((text, i) => div.appendChild(document.createElement(i ? "b" : "span")).textContent = text);
    };
    row("soft", plot.querySelector(".name").textContent + " " + value(nearest, "x"));
    found.filter(one => Math.abs(one.x - nearest.x) < 25)
      .forEach(one => row(one.line.getAttribute("class"), one.line.dataset.name, value(one, "y")));
    mark ??= document.createElementNS("http://www.w3.org/2000/svg", "line");
    mark.id = "mark";
    const place = nearest.x / 10 + "%";
    Object.entries({ x1: place, x2: place, y1: "0", y2: "100%" }).forEach(([key, text]) => mark.setAttribute(key, text));
    plot.append(mark);
    told.hidden = false;
    const left = event.clientX + 16 + told.offsetWidth > innerWidth ? event.clientX - 16 - told.offsetWidth : event.clientX + 16;
    told.style.left = Math.max(4, left) + "px";
    told.style.top = Math.max(4, event.clientY - told.offsetHeight - 12) + "px";
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("pointerleave", leave);
  document.addEventListener("scroll", leave, { passive: true });
  // A chart that was drawn anew says what it now tells at the same place.
  document.addEventListener("drawn", () => told.hidden || show(last));
})();
