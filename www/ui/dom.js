/** Elements without markup in strings: whatever was received becomes text, never HTML. */
const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "tspan", "title", "polyline", "polygon", "ellipse", "defs", "marker", "use"]);

/**
 * An element. Attributes: `class`, `text`, `dataset` (an object), `on` (event → listener), a property that the element has,
 * or an attribute by its name; `null`, `undefined` and `false` leave an attribute out. Children: nodes, texts, lists, nothing.
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG, where everything is an attribute. */
export function s(tag, attributes = {}, ...children) {
  if (!SVG_TAGS.has(tag)) throw new TypeError(`${tag} is no SVG element that this page draws`);
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.setAttribute("class", value);
    else if (name === "text") element.textContent = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (!name.includes("-") && name in element && !(element instanceof SVGElement)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** Puts `children` in the place of all that `node` held. */
export function clear(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

/** The one element that must be there. */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (found === null) throw new Error(`the page lacks ${selector}`);
  return found;
}
