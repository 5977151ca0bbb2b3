import { extname } from 'node:path'
import { datatypeNamed, InferenceError, readJson, type JsonValue, type Tensor } from '@pelton/protocols/inference'
import { errors } from '../errors.ts'
import { readInput } from '../run/read-body.ts'
import type { Terminal } from '../terminal.ts'
import { convertElements, type Elements } from './convert-elements.ts'
import { fitShape } from './fit-shape.ts'
import type { GivenInput } from './given-inputs.ts'
import type { ImageWords } from './image-words.ts'
import { flattenJson, isJsonTensor } from './json-elements.ts'
import { isNpy } from './npy-header.ts'
import { readNpy } from './read-npy.ts'

/** What reading an input needs beside its words. */
export interface ReadContext {
  terminal: Pick<Terminal, 'cwd' | 'stdin'>
  images: ImageWords
}

/** Elements with the sizes of the lists they stood in. */
interface Found extends Elements {
  sizes: readonly number[]
}

type Refuse = (reason: string) => Error

const maxInputBytes = 1024 * 1024 * 1024
const imageEndings = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff'])

/** The tensor of an input. Throws `inference_input_invalid` with its name, `input_unreadable`, `input_too_large` or `image_library_missing`. */
export async function readTensor(input: GivenInput, { terminal, images }: ReadContext): Promise<Tensor> {
  const { name, value } = input
  const file = value.startsWith('@') ? value.slice(1) : undefined
  const from = file === '-' ? 'standard input' : file
  const refuse: Refuse = (reason) =>
    errors.inference_input_invalid({ input: from === undefined ? name : `${name} from ${from}`, reason })
  const bytes =
    file === undefined
      ? undefined
      : Buffer.from(await readInput(file, { what: 'input', ...terminal, maxBytes: maxInputBytes }))
  if (bytes !== undefined && file !== '-' && isImage(file ?? '') && input.datatype !== 'BYTES') {
    const { readImage } = await import('./read-image.ts')
    return { name, ...(await readImage(bytes, { input, words: images, cwd: terminal.cwd, refuse })) }
  }
  return finish(
    input,
    bytes === undefined ? readInline(input, refuse) : readBytes(input, bytes, file ?? '', refuse),
    refuse,
  )
}

/** Whether an input is a file with the ending of an image. */
export function isImage(file: string): boolean {
  return imageEndings.has(extname(file).toLowerCase())
}

function finish({ name, datatype: wanted, shape: sizes }: GivenInput, found: Found, refuse: Refuse): Tensor {
  const datatype = wanted ?? found.datatype
  if (datatype === undefined) throw refuse(`nobody says what its datatype is; add --datatype ${name}=FP32`)
  const shape = fitShape(found.sizes, sizes)
  if (typeof shape === 'string') throw refuse(shape)
  return { name, datatype, shape, data: convertElements(found, datatype, refuse) }
}

/** Text of BYTES is taken as it is, unless it is a list, a string or an object with data in JSON. */
function readInline({ value, datatype }: GivenInput, refuse: Refuse): Found {
  const bytes = Buffer.from(value)
  if (datatype !== 'BYTES') return readJsonFile(bytes, refuse)
  return /^\s*[[{"]/.test(value) ? (readTexts(bytes, refuse) ?? oneText(bytes)) : oneText(bytes)
}

function readBytes({ datatype }: GivenInput, bytes: Buffer, file: string, refuse: Refuse): Found {
  if (bytes.toString('latin1', 0, 2) === 'PK' && (file.endsWith('.npz') || datatype !== 'BYTES')) {
    throw refuse('an NPZ file holds several arrays; save the one that is meant with numpy.save')
  }
  if (isNpy(bytes) || file.endsWith('.npy')) {
    const array = readNpy(bytes, refuse)
    return { datatype: array.datatype, values: array.data, sizes: array.shape }
  }
  if (datatype !== 'BYTES' || file.endsWith('.json')) return readJsonFile(bytes, refuse)
  return (file === '-' ? readTexts(bytes, refuse) : undefined) ?? oneText(bytes)
}

function oneText(bytes: Buffer): Found {
  return { datatype: 'BYTES', values: [bytes], sizes: [] }
}

/** A list, a string or a tensor in JSON; undefined for all other bytes. */
function readTexts(bytes: Buffer, refuse: Refuse): Found | undefined {
  let value: JsonValue
  try {
    value = readJson(bytes)
  } catch (error) {
    if (error instanceof InferenceError) return undefined
    throw error
  }
  const isData = Array.isArray(value) || typeof value === 'string' || isJsonTensor(value)
  return isData ? readValue(value, refuse) : undefined
}

function readJsonFile(bytes: Buffer, refuse: Refuse): Found {
  try {
    return readValue(readJson(bytes), refuse)
  } catch (error) {
    if (error instanceof InferenceError) throw refuse(`it is neither NPY nor JSON: ${error.message}`)
    throw error
  }
}

function readValue(value: JsonValue, refuse: Refuse): Found {
  const { data, datatype: type, shape } = isJsonTensor(value) ? value : { data: value }
  const datatype = typeof type === 'string' ? datatypeNamed(type) : undefined
  if (type !== undefined && datatype === undefined) throw refuse(`its datatype ${JSON.stringify(type)} is unknown`)
  const found = flattenJson(data)
  if (typeof found === 'string') throw refuse(found)
  const sizes = shape === undefined ? found.sizes : fitShape(found.sizes, readSizes(shape, refuse))
  if (typeof sizes === 'string') throw refuse(sizes)
  // The values are of no datatype yet: they are held to the one that is named here.
  const values =
    datatype === undefined ? found.values : (convertElements(found, datatype, refuse) as Elements['values'])
  return { datatype, values, sizes }
}

function readSizes(shape: unknown, refuse: Refuse): number[] {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0)) return shape as number[]
  throw refuse('its shape must be a list of whole numbers from 0 on')
}
