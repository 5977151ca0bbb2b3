import { arrays, countOf } from './datatypes.js'

const datatypesOfKinds = { b1: 'BOOL', f2: 'FP16', f4: 'FP32', f8: 'FP64' }

/** The array of a .npy file, versions 1 to 3: datatype, shape and raw bytes. Throws with what is wrong with it. */
export function readNpy(buffer) {
  const bytes = new Uint8Array(buffer)
  const view = new DataView(buffer)
  const text = (start, end) => String.fromCharCode(...bytes.subarray(start, end))
  if (bytes.length < 12 || text(0, 6) !== '\x93NUMPY') throw new Error('This is no .npy file')
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  const header = text(start, start + Math.min(length, 65_536))
  const kind = /'descr': *'([<>|=]?\w+)'/.exec(header)?.[1] ?? 'a record'
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]
  if (sizes === undefined) throw new Error('The header of the .npy file is broken')
  const datatype = datatypeOf(kind)
  if (/'fortran_order': *True/.test(header))
    throw new Error('The array is in Fortran order: save numpy.ascontiguousarray(array)')
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]))
  const data = bytes.subarray(start + length)
  if (data.length !== countOf(shape) * arrays[datatype].BYTES_PER_ELEMENT)
    throw new Error(`The .npy file holds ${data.length} bytes of data, which its shape (${sizes}) does not`)
  return { datatype, shape, bytes: data }
}

function datatypeOf(kind) {
  const [, order, letter, size] = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(kind) ?? []
  const integer = /[iu]/.test(letter) && `${letter === 'u' ? 'U' : ''}INT${size * 8}`
  const datatype = datatypesOfKinds[letter + size] ?? integer
  if (!arrays[datatype]) throw new Error(`The dtype ${kind} is no datatype of the protocol`)
  if (order === '>') throw new Error(`The dtype ${kind} is big-endian: save array.astype('<${letter}${size}')`)
  return datatype
}
