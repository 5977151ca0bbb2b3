import { readElements, showShape, writeElements } from './datatypes.js'
import { choice, element, field } from './element.js'
import { readNpy } from './npy.js'
import { fromPixels, layoutsOf, scales, scalesOf, shapeOf } from './pictures.js'

const mostPixels = 2 ** 24

/** A file in the place of typed data: an array, or a picture and how it becomes numbers. */
export class FileBox {
  #canvas = element('canvas', { role: 'img', 'aria-label': 'The picture as it is sent' })
  #name = element('span')
  #layouts = choice([])
  #scales = choice([])
  #choices = element('div', { className: 'line' }, field('Layout', this.#layouts), field('Values', this.#scales))
  #array
  #picture

  constructor(facts, onRemove) {
    this.facts = facts
    const remove = element('button', { type: 'button', onclick: onRemove }, 'Remove')
    const line = element('div', { className: 'line' }, this.#name, remove)
    this.view = element('div', { hidden: true }, line, this.#choices, this.#canvas)
  }

  get isOpen() {
    return !this.view.hidden
  }

  close() {
    this.view.hidden = true
  }

  /** Rejects with what is wrong with the file, or why it does not go with the input. */
  async open(file) {
    if (this.facts.datatype() === 'BYTES') throw new Error('Texts are typed, not read from files')
    this.#array = /\.npy$/i.test(file.name) ? readNpy(await file.arrayBuffer()) : undefined
    this.#picture = this.#array ? undefined : await decode(file)
    const { datatype, shape } = this.#array ? this.#takeArray(this.#array) : this.#takePicture(this.#picture)
    this.facts.adopt(datatype, shape)
    const { width, height } = this.#picture ?? {}
    const size = this.#array ? `${this.#array.datatype} ${showShape(this.#array.shape)}` : `${width} × ${height}`
    this.#name.textContent = `${file.name}: ${size}`
    this.#choices.hidden = this.#canvas.hidden = !this.#picture
    this.view.hidden = false
  }

  #takeArray({ datatype, shape }) {
    return { datatype, shape: fit(shape, this.facts.wanted()) }
  }

  #takePicture({ width, height }) {
    const wanted = this.facts.wanted() ?? [1, 3, -1, -1]
    const layouts = layoutsOf(wanted)
    if (layouts.length === 0) throw new Error(`${showShape(wanted)} is not the shape of a picture`)
    const datatype = this.facts.datatype()
    offer(
      this.#layouts,
      layouts.map(({ name }) => name),
    )
    offer(this.#scales, scalesOf(datatype))
    const own = shapeOf({ ...layouts[0], width, height })
    return { datatype, shape: wanted.map((size, axis) => (size < 0 ? own[axis] : size)) }
  }

  /** Shape and raw bytes of the input. */
  read() {
    const to = this.facts.datatype()
    if (this.#array) {
      const { datatype, shape, bytes } = this.#array
      const sent = datatype === to ? bytes : writeElements(to, readElements(datatype, bytes))
      return { shape: fit(shape, this.facts.wanted()), bytes: sent }
    }
    const { layout, rgba } = this.draw()
    const levels = fromPixels(rgba, layout, scales[this.#scales.value])
    return { shape: shapeOf(layout), bytes: writeElements(to, /INT/.test(to) ? levels.map(Math.round) : levels) }
  }

  /** Shows a picture in the size that the input has; gives its pixels. */
  draw() {
    if (!this.#picture) return undefined
    const shape = this.facts.shape()
    const layout = layoutsOf(shape).find(({ name }) => name === this.#layouts.value)
    const { width, height } = layout ?? {}
    if (!(width * height >= 1 && width * height <= mostPixels))
      throw new Error(`${showShape(shape)} is not the shape of a picture`)
    Object.assign(this.#canvas, { width, height })
    const pen = this.#canvas.getContext('2d', { willReadFrequently: true })
    pen.drawImage(this.#picture, 0, 0, width, height)
    return { layout, rgba: pen.getImageData(0, 0, width, height).data }
  }
}

function decode(file) {
  return createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is neither a .npy file nor a picture that this browser reads`)
  })
}

/** The shape of an array as a model may take it: a missing first size of 1 is put there. */
function fit(shape, wanted) {
  const fits = (sizes) =>
    wanted.length === sizes.length && wanted.every((size, axis) => size < 0 || size === sizes[axis])
  if (!wanted || fits(shape)) return shape
  if (fits([1, ...shape])) return [1, ...shape]
  throw new Error(`The array has the shape ${showShape(shape)}, the input ${showShape(wanted)}`)
}

function offer(select, texts) {
  select.replaceChildren(...choice(texts).children)
  select.selectedIndex = 0
}
