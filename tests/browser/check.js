// What a reader of any page can rely on. Returns sentences; none is good.
() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false });
  const short = (element) => element.outerHTML.slice(0, 90);

  // Structure: one h1, landmarks, a language, a title, no id twice.
  const h1 = all("h1").length;
  if (h1 !== 1) problems.push(`${h1} h1`);
  for (const landmark of ["header", "main", "footer", "nav[aria-label]"]) if (!document.querySelector(landmark)) problems.push(`no ${landmark}`);
  if (!document.documentElement.lang || !document.title.trim()) problems.push("no language or title");
  const ids = all("[id]").map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) problems.push(`id twice: ${id}`);
  for (const image of all("img:not([alt])")) problems.push(`no alt: ${short(image)}`);
  for (const element of all("[aria-labelledby], [aria-describedby]"))
    for (const id of `${element.getAttribute("aria-labelledby") ?? ""} ${element.getAttribute("aria-describedby") ?? ""}`.trim().split(/\s+/))
      if (!document.getElementById(id)) problems.push(`points nowhere: ${short(element)}`);

  // Names of everything that can be operated; the visible text is part of the name (WCAG 2.5.3).
  for (const element of all("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    const label = [...(element.labels ?? [])].map((one) => one.textContent).join(" ");
    const name = element.getAttribute("aria-label") || label || (element.matches("input") ? "" : element.textContent);
    if (!name.trim()) problems.push(`no name: ${element.localName}: ${short(element)}`);
  }
  for (const group of all("fieldset")) if (!group.querySelector("legend")) problems.push("a group without a legend");

  // Targets: 44 px where it is a control of its own; 24 px for links in a row of links. Links inside sentences are free (2.5.8).
  for (const element of all(".button, .day[href], .step[href], .slot, .tabs a, .menu a, .menu button, main button, select, input:not([type=hidden], [type=radio], [type=checkbox])")) {
    const box = element.getBoundingClientRect();
    if (shown(element) && box.width && (box.height < 43.5 || box.width < 24)) problems.push(`too small (${box.width} x ${box.height}): ${short(element)}`);
  }

  // Nothing scrolls sideways.
  if (document.documentElement.scrollWidth > innerWidth) problems.push(`wider than the window: ${document.documentElement.scrollWidth}`);

  // Contrast of every visible text against what is painted behind it.
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    pixel.globalAlpha = 1;
    pixel.clearRect(0, 0, 1, 1);
    for (const [colour, alpha] of colours) { pixel.globalAlpha = alpha; pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); }
    return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((part) => part / 255).map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !shown(element) || element.closest(".off, .hide, option, script")) continue;
    const behind = [];
    let alpha = 1;
    for (let up = element; up; up = up.parentElement) {
      const style = getComputedStyle(up);
      behind.unshift([style.backgroundColor, 1]);
      alpha *= Number(style.opacity);
    }
    const ground = paint([["#fff", 1], ...behind]);
    const ink = paint([[`rgb(${ground})`, 1], [getComputedStyle(element).color, alpha]]);
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.45) problems.push(`contrast ${ratio.toFixed(2)}: ${short(element)}`);
  }
  return problems;
}
