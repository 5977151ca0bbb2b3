import { arrays, showShape } from './datatypes.js'
import { choice, element, field } from './element.js'
import { layoutsOf } from './pictures.js'

/**
 * What an input is, as its model declares it; free sizes are fields. `wanted` is the shape with its -1, `shape` that of the form,
 * `adopt` takes a datatype and a shape over as far as they are free.
 */
export function declaredFacts({ name, datatype, shape }) {
  const isPicture = layoutsOf(shape).length > 0
  const sizes = shape.map((size, axis) => (size < 0 ? sizeField(axis, isPicture) : { value: size }))
  return {
    title: [`${name} `, element('small', {}, `${datatype} ${showShape(shape)}`)],
    fields: sizes.flatMap((size, axis) => (shape[axis] < 0 ? field(`Size ${axis}`, size) : [])),
    name: () => name,
    datatype: () => datatype,
    wanted: () => shape,
    shape: () => sizes.map(({ value }) => Number(value)),
    adopt: (_, found) => sizes.forEach((size, axis) => (size.value = found[axis])),
  }
}

function sizeField(axis, isPicture) {
  const value = axis === 0 ? 1 : isPicture ? 32 : 4
  return element('input', { type: 'number', min: 0, max: 2 ** 31 - 1, required: true, value })
}

/** What an input is, when all of it is to be typed; without a shape `wanted` is undefined. */
export function typedFacts(title) {
  const name = element('input', { value: 'input', required: true, spellcheck: false })
  const datatype = choice([...Object.keys(arrays), 'BYTES'])
  const shape = element('input', { placeholder: 'of the data', size: 12, pattern: String.raw`[\d,\s]*` })
  const sizes = () => shape.value.split(/[\s,]+/).flatMap((size) => (size === '' ? [] : Number(size)))
  const wanted = () => (shape.value.trim() === '' ? undefined : sizes())
  return {
    title: [title],
    fields: [field('Name', name), field('Datatype', datatype), field('Shape', shape)],
    name: () => name.value,
    datatype: () => datatype.value,
    wanted,
    shape: () => wanted() ?? [1, 3],
    adopt: (type, found) => {
      datatype.value = type
      shape.value = found.join(', ')
    },
  }
}
