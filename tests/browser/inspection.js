// Looks at the page as it stands and returns what is wrong with it, one sentence each.
// Criteria are those of WCAG 2.2; `own` is false for Django's admin, whose markup is not ours.
({ own }) => {
  const problems = [];
  // A color on its way from one theme to the other is neither.
  for (const animation of document.getAnimations()) animation.finish();
  for (const details of document.querySelectorAll("main details")) details.open = true;
  const name = (node) => {
    const words = (node.getAttribute("aria-label") || node.innerText || node.name || "").trim();
    return `<${node.localName}${node.id ? ` id=${node.id}` : ""}> "${words.slice(0, 40)}"`;
  };
  const drawn = (node) =>
    node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    getComputedStyle(node).clipPath === "none";

  // 1.4.10: no scrolling in two dimensions
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")]
      .filter((node) => drawn(node) && node.getBoundingClientRect().right > width + 1)
      .slice(0, 3);
    problems.push(`wider than ${width}: ${wide.map(name).join(", ")}`);
  }

  for (const card of document.querySelectorAll(own ? "main, .card, .notice" : ".none")) {
    const edge = card.getBoundingClientRect().right;
    const out = [...card.querySelectorAll("*")].find(
      (node) => drawn(node) && node.getBoundingClientRect().right > edge + 1);
    if (out) problems.push(`sticks out: ${name(out)}`);
  }

  // 2.5.8: 24 px, or so far apart that a circle of that size around each touches no other.
  // Links within a sentence are exempt. Our own buttons and fields are 44 px high (2.5.5).
  const inSentence = (node) =>
    getComputedStyle(node).display === "inline" &&
    node.parentElement.innerText.trim() !== node.innerText.trim();
  const area = (node) => {
    const label = node.matches("[type=radio], [type=checkbox]") && node.labels[0];
    return (label || node).getBoundingClientRect();
  };
  const targets = [...document.querySelectorAll("a[href], button, input, select, summary, textarea")]
    .filter((node) => node.type !== "hidden" && drawn(node) && !node.closest(".skip-link, .skip-to-content-link"))
    .filter((node) => !inSentence(node))
    .map((node) => ({ node, box: area(node) }))
    .filter(({ box }) => box.width > 0);
  const small = targets.filter(({ box }) => Math.min(box.width, box.height) < 24);
  for (const { node, box } of small) {
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    const crowded = targets.some((other) => {
      if (other.node === node || other.box === box) return false;
      const right = Math.max(other.box.left - x, 0, x - other.box.right);
      const down = Math.max(other.box.top - y, 0, y - other.box.bottom);
      return Math.hypot(right, down) < 12;
    });
    if (crowded) problems.push(`small and crowded: ${name(node)} ${box.width}x${box.height}`);
  }
  for (const { node, box } of own ? targets : []) {
    if (box.height < 43.5) problems.push(`lower than 44 px: ${name(node)} ${box.height}`);
  }

  // 1.4.3 and 1.4.11: contrast, as the canvas mixes the colors
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const mixed = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const grounds = (node) => {
    const colors = [];
    for (let at = node; at; at = at.parentElement) {
      colors.unshift(getComputedStyle(at).backgroundColor);
    }
    return ["Canvas", ...colors];
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (ground, color) => {
    const pair = [mixed(ground), mixed([...ground, color])].map(luminance).sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const writers = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (walker.currentNode.data.trim()) writers.add(walker.currentNode.parentElement);
  }
  for (const input of document.querySelectorAll("input, select, textarea")) {
    if (!["hidden", "radio", "checkbox"].includes(input.type)) writers.add(input);
  }
  for (const node of writers) {
    if (!drawn(node) || node.closest(":disabled, [aria-disabled=true], option, script")) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = contrast(grounds(node), style.color);
    if (ratio < (large ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)}: ${name(node)}`);
  }
  for (const input of document.querySelectorAll(own ? "main input, main select" : ".none")) {
    if (!drawn(input) || ["hidden", "radio", "checkbox"].includes(input.type)) continue;
    const ratio = contrast(grounds(input.parentElement), getComputedStyle(input).borderTopColor);
    if (ratio < 3) problems.push(`border contrast ${ratio.toFixed(2)}: ${name(input)}`);
  }

  // 1.3.1, 2.4.2, 2.4.6, 3.1.1, 4.1.2: structure
  if (!document.documentElement.lang) problems.push("no lang");
  if (!document.title.trim()) problems.push("no title");
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((node) => node.checkVisibility())
    .map((node) => Number(node.localName[1]));
  if (levels.filter((level) => level === 1).length !== 1) problems.push(`headings: ${levels}`);
  if (own) {
    levels.reduce((before, level) => {
      if (level > before + 1) problems.push(`a heading is skipped: ${levels}`);
      return level;
    }, 1);
    if (document.querySelectorAll("main").length !== 1) problems.push("not one main");
    for (const fieldset of document.querySelectorAll("fieldset")) {
      if (fieldset.firstElementChild?.localName !== "legend") problems.push("a bare fieldset");
    }
    for (const table of document.querySelectorAll("table")) {
      if (!table.caption || !table.querySelector("th[scope]")) problems.push("a bare table");
    }
    for (const time of document.querySelectorAll("time")) {
      if (Number.isNaN(Date.parse(time.dateTime))) problems.push(`no moment: ${name(time)}`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) problems.push(`ids used twice: ${twice}`);
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of node.getAttribute(attribute).split(/\s+/)) {
        if (!document.getElementById(id)) problems.push(`${attribute} of nothing: ${id}`);
      }
    }
  }
  for (const image of document.querySelectorAll("img:not([alt])")) {
    problems.push(`no alt: ${image.src}`);
  }
  return problems;
}
