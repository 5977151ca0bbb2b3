import { countOf, showShape } from './datatypes.js'
import { element, paint } from './element.js'
import { pictureLayout, toPixels } from './pictures.js'

const mostListed = 1000
const columns = 10
const digits = { FP16: 4, BF16: 3, FP32: 7 }

/** An output with its facts, a picture or the best classes where it looks like such, and a table. */
export function outputView({ name, datatype, shape, values }) {
  const show = (value) => showValue(value, datatype)
  const facts = factsOf(datatype, values)
  const view = element(
    'article',
    {},
    element('h3', {}, name),
    element('p', { className: 'soft' }, `${datatype} ${showShape(shape)}${facts ? describe(facts, show) : ''}`),
  )
  if (facts && shape.length === 2 && shape[0] === 1 && shape[1] > 1) view.append(best(values, show))
  const layout = facts && pictureLayout(shape)
  if (layout) {
    const canvas = element('canvas', { role: 'img', 'aria-label': `${name} as a picture` })
    paint(canvas, toPixels(values, layout, facts), layout)
    view.append(canvas)
  }
  if (values.length > 0) view.append(table(values, shape, show, name))
  if (values.length > mostListed) {
    view.append(element('p', { className: 'soft' }, `… ${(values.length - mostListed).toLocaleString('en')} more`))
  }
  return view
}

/** Undefined for what has no numbers. */
function factsOf(datatype, values) {
  if (datatype === 'BYTES' || datatype === 'BOOL' || values.length === 0) return undefined
  let [min, max, sum] = [values[0], values[0], 0]
  for (const value of values) {
    if (!(min <= value)) min = value
    if (!(max >= value)) max = value
    sum += Number(value)
  }
  return { min: Number(min), max: Number(max), mean: sum / values.length }
}

function describe({ min, max, mean }, show) {
  return `, min ${show(min)}, max ${show(max)}, mean ${showValue(mean, 'FP32')}`
}

function best(values, show) {
  const order = Array.from(values.keys()).sort((a, b) => Number(values[b]) - Number(values[a]) || a - b)
  const top = order.slice(0, 5)
  const [max, min] = [Number(values[top[0]]), Math.min(0, Number(values[order.at(-1)]))]
  const rows = top.map((index) => {
    const meter = element('meter', {
      min,
      max: Math.max(max, min + 1e-9),
      value: Number(values[index]),
      'aria-hidden': 'true',
    })
    return element('tr', {}, heading(index, 'row'), cell(show(values[index])), element('td', {}, meter))
  })
  const head = element('tr', {}, heading('class', 'col'), heading('score', 'col'), element('td'))
  return element('table', { 'aria-label': 'Best classes' }, element('thead', {}, head), element('tbody', {}, ...rows))
}

function table(values, shape, show, name) {
  const last = shape.at(-1) ?? 1
  const width = Math.min(last, columns)
  const rows = []
  const shown = Math.min(values.length, mostListed)
  for (let start = 0; start < shown;) {
    // A line ends where the last dimension does.
    const end = Math.min(start + width, start + last - (start % last), shown)
    const cells = Array.from(values.slice(start, end), (value) => cell(show(value)))
    rows.push(element('tr', {}, heading(showShape(indexOf(start, shape)), 'row'), ...cells))
    start = end
  }
  const numbers = Array.from({ length: width }, (_, index) => heading(last > columns ? `+${index}` : index, 'col'))
  return element(
    'div',
    { className: 'table', tabIndex: 0, role: 'group', 'aria-label': `Values of ${name}` },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, element('td'), ...numbers)),
      element('tbody', {}, ...rows),
    ),
  )
}

/** The place of the first element of a line. */
function indexOf(start, shape) {
  return shape.map((size, axis) => Math.floor(start / countOf(shape.slice(axis + 1))) % size)
}

const heading = (text, scope) => element('th', { scope }, String(text))
const cell = (text) => element('td', {}, text)

function showValue(value, datatype) {
  if (datatype === 'BOOL') return String(Boolean(value))
  if (typeof value === 'string') return JSON.stringify(value)
  if (datatype === 'BYTES') return showBytes(value)
  return String(digits[datatype] && !Number.isInteger(value) ? Number(value.toPrecision(digits[datatype])) : value)
}

function showBytes(bytes) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, 1000))
    return JSON.stringify(text) + (bytes.length > 1000 ? '…' : '')
  } catch {
    // No text: the first bytes have to do.
    return `${bytes.length} bytes: ${Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`
  }
}
