import { isUtf8 } from 'node:buffer'
import { toFloat32, type Tensor } from '@pelton/protocols/inference'
import { formatFloat, formatFloats } from './format-floats.ts'

/** Longest text of BYTES that is shown; of the rest the number of bytes is. */
const longestText = 65_536

/** The texts of the elements at these places: aligned as NumPy aligns them, BYTES in quotes. */
export function formatElements(
  tensor: Pick<Tensor, 'datatype' | 'data' | 'shape'>,
  places: readonly number[],
): string[] {
  const { datatype, data, shape } = tensor
  if (datatype === 'BYTES') return places.map((place) => showText((data as readonly Uint8Array[])[place]!))
  const isScalar = shape.length === 0
  if (datatype === 'BOOL') {
    return places.map((place) => ((data as Uint8Array)[place] === 0 ? 'False' : isScalar ? 'True' : ' True'))
  }
  if (datatype === 'FP16' || datatype === 'BF16' || datatype === 'FP32' || datatype === 'FP64') {
    const values = floatsAt(tensor, places)
    return isScalar ? values.map((value) => formatFloat(value, datatype)) : formatFloats(values, datatype)
  }
  const texts = places.map((place) => String((data as ArrayLike<number | bigint>)[place]))
  const width = texts.reduce((most, text) => Math.max(most, text.length), 0)
  return texts.map((text) => text.padStart(width))
}

function floatsAt({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>, places: readonly number[]): number[] {
  if (datatype !== 'FP16' && datatype !== 'BF16') return places.map((place) => (data as Float32Array)[place]!)
  const bits = Uint16Array.from(places, (place) => (data as Uint16Array)[place]!)
  return [...toFloat32(datatype, bits)]
}

/** Text in quotes with its control characters escaped, other bytes as in the protocol's JSON. */
function showText(element: Uint8Array): string {
  const bytes = Buffer.from(element.buffer, element.byteOffset, element.byteLength)
  const shown = bytes.subarray(0, longestText)
  const rest = bytes.length > shown.length ? `… (${bytes.length} bytes)` : ''
  if (!isUtf8(bytes)) return JSON.stringify({ b64: shown.toString('base64') }) + rest
  const quoted = JSON.stringify(shown.toString())
  return quoted.replace(/[\u007f-\u009f\p{Bidi_Control}]/gu, escape) + rest
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
