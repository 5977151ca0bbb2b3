/** A new element: properties, `on…` listeners and `aria-…` attributes, then its content, which is never read as HTML. */
export function element(tag, properties = {}, ...content) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) made.setAttribute(name, value)
    else made[name] = value
  }
  made.append(...content)
  return made
}

/** A control with its label above it. */
export function field(label, control, ...more) {
  return element('label', { className: 'field' }, label, control, ...more)
}

/** A choice among texts. */
export function choice(texts, properties = {}) {
  return element('select', properties, ...texts.map((text) => element('option', {}, text)))
}

/** Shows pixels on a canvas, which takes their size. */
export function paint(canvas, rgba, { width, height }) {
  Object.assign(canvas, { width, height })
  canvas.getContext('2d').putImageData(new ImageData(rgba, width, height), 0, 0)
}
