import { toFloat32, writeRaw, type Tensor, type TensorData } from '@pelton/protocols/inference'
import { npyDescr } from './npy-type.ts'

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
/** The data begins at a multiple of it. */
const alignment = 64
/** Texts are filled up to the longest one: a file may be that much larger than they are. */
const maxTextBytes = 2 ** 30

/** Bytes of an NPY file, version 1.0: BF16 as float32, BYTES as byte strings. A text says why there is none. */
export function writeNpy({ datatype, shape, data }: Pick<Tensor, 'datatype' | 'shape' | 'data'>): Buffer | string {
  if (datatype === 'BYTES') return writeTexts(shape, data as readonly Uint8Array[])
  if (datatype === 'BF16') return join('<f4', shape, bytesOf(toFloat32('BF16', data as Uint16Array)))
  return join(npyDescr(datatype)!, shape, bytesOf(data))
}

function writeTexts(shape: readonly number[], texts: readonly Uint8Array[]): Buffer | string {
  const width = texts.reduce((most, text) => Math.max(most, text.length), 1)
  if (width * texts.length > maxTextBytes) {
    return `its longest text has ${width} bytes, and NPY gives as much to each of the ${texts.length}; use --json`
  }
  const padded = Buffer.alloc(width * texts.length)
  for (const [index, text] of texts.entries()) {
    if (text.at(-1) === 0) return `its element ${index} ends with a zero byte, which NPY drops; use --json`
    padded.set(text, index * width)
  }
  return join(`|S${width}`, shape, padded)
}

function bytesOf(data: TensorData): Uint8Array {
  return writeRaw({ data })
}

function join(descr: string, shape: readonly number[], raw: Uint8Array): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const members = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  const bare = magic.length + 2 + members.length + 1
  const header = Buffer.from(`${members}${' '.repeat((alignment - (bare % alignment)) % alignment)}\n`, 'latin1')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([magic, length, header, raw])
}
