// Looks at the page as it stands and returns what is wrong with it, one sentence each.
// Criteria are those of WCAG 2.2; `own` is false for Django's admin, whose markup is not ours.
// Where only the theme differs from an earlier look, `colors` alone are looked at.
async ({ own, colors }) => {
  const COLORS = ["color-contrast", "link-in-text-block"];
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

  // No button and no link lies over a heading.
  for (const heading of document.querySelectorAll("h1, h2")) {
    // That of a closed menu is laid out, and not drawn.
    if (!heading.checkVisibility()) continue;
    heading.scrollIntoView({ block: "center" });
    const words = document.createRange();
    words.selectNodeContents(heading);
    const { left, right, top, bottom } = words.getBoundingClientRect();
    const over = [...document.querySelectorAll("a, button")].find((node) => {
      const box = node.getBoundingClientRect();
      const x = (Math.max(left, box.left) + Math.min(right, box.right)) / 2;
      const y = (Math.max(top, box.top) + Math.min(bottom, box.bottom)) / 2;
      const meets = box.left < right && box.right > left && box.top < bottom && box.bottom > top;
      // An open menu does, and goes away.
      return meets && !node.closest("h1, h2, .panel") && node.contains(document.elementFromPoint(x, y));
    });
    if (over) problems.push(`over "${heading.innerText}": ${name(over)}`);
  }
  scrollTo(0, 0);

  // 2.5.5: our own buttons and fields are 44 px high, links within a sentence apart.
  const inSentence = (node) =>
    getComputedStyle(node).display === "inline" &&
    node.parentElement.innerText.trim() !== node.innerText.trim();
  const area = (node) => {
    const label = node.matches("[type=radio], [type=checkbox]") && node.labels[0];
    return (label || node).getBoundingClientRect();
  };
  const targets = own ? "a[href], button, input, select, summary, textarea" : ".none";
  for (const node of document.querySelectorAll(targets)) {
    if (node.type === "hidden" || !drawn(node) || node.closest(".skip-link") || inSentence(node)) continue;
    const { width, height } = area(node);
    if (width > 0 && height < 43.5) problems.push(`lower than 44 px: ${name(node)} ${height}`);
  }

  // 1.4.11: the contrast of a field's border, as the canvas mixes the colors
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
  for (const input of document.querySelectorAll(own ? "main input, main select" : ".none")) {
    if (!drawn(input) || ["hidden", "radio", "checkbox"].includes(input.type)) continue;
    const ratio = contrast(grounds(input.parentElement), getComputedStyle(input).borderTopColor);
    if (ratio < 3) problems.push(`border contrast ${ratio.toFixed(2)}: ${name(input)}`);
  }

  // 1.3.1: structure that axe lets pass
  const first = [...document.querySelectorAll("h1")].filter((node) => node.checkVisibility());
  if (first.length !== 1) problems.push(`first headings: ${first.length}`);
  for (const fieldset of document.querySelectorAll(own ? "fieldset" : ".none")) {
    if (fieldset.firstElementChild?.localName !== "legend") problems.push("a bare fieldset");
  }
  for (const table of document.querySelectorAll(own ? "table" : ".none")) {
    if (!table.caption || !table.querySelector("th[scope]")) problems.push("a bare table");
  }
  for (const time of document.querySelectorAll(own ? "time" : ".none")) {
    if (Number.isNaN(Date.parse(time.dateTime))) problems.push(`no moment: ${name(time)}`);
  }
  for (const attribute of ["for", "aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const node of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of node.getAttribute(attribute).split(/\s+/)) {
        if (!document.getElementById(id)) problems.push(`${attribute} of nothing: ${id}`);
      }
    }
  }

  // All rules of axe, best practice too, and two that are off by default: target size (2.5.8)
  // and label in name (2.5.3).
  const rules = {
    "target-size": { enabled: true },
    "label-content-name-mismatch": { enabled: true },
  };
  const options = { resultTypes: ["violations"], preload: false, ...(colors ? { runOnly: COLORS } : { rules }) };
  const { violations } = await axe.run(document, options);
  for (const { id, nodes } of violations) {
    for (const { target, failureSummary } of nodes) {
      problems.push(`axe ${id}: ${target} ${failureSummary.replace(/\s+/g, " ")}`);
    }
  }
  return problems;
}
