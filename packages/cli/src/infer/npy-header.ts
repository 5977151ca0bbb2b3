/** What stands before the data of an NPY file (NEP 1). */
export interface NpyHeader {
  descr: string
  isFortran: boolean
  shape: readonly number[]
  /** Where the data begins. */
  dataAt: number
}

const magic = Buffer.from('\x93NUMPY', 'latin1')
const maxHeaderBytes = 65_536
const maxDimensions = 64
const member = /\s*['"](\w+)['"]\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d,\sL]*\))\s*(?:,|(?=\}))/y

/** Whether bytes begin as an NPY file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return magic.equals(bytes.subarray(0, magic.length))
}

/** Reads versions 1.0, 2.0 and 3.0; a text says what is wrong. */
export function readNpyHeader(bytes: Buffer): NpyHeader | string {
  if (!isNpy(bytes)) return 'it is no NPY file'
  const [major, minor] = [bytes[6], bytes[7]]
  if (major === undefined || minor === undefined) return 'the file breaks off in its header'
  if (major < 1 || major > 3 || minor !== 0)
    return `its NPY version ${major}.${minor} is unknown; there are 1.0, 2.0, 3.0`
  const headerAt = major === 1 ? 10 : 12
  if (bytes.length < headerAt) return 'the file breaks off in its header'
  const length = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8)
  if (length > maxHeaderBytes) return `its header says that it has ${length} bytes, more than ${maxHeaderBytes}`
  const dataAt = headerAt + length
  if (bytes.length < dataAt) return 'the file breaks off in its header'
  const members = readMembers(bytes.toString(major === 3 ? 'utf8' : 'latin1', headerAt, dataAt).trim())
  return typeof members === 'string' ? members : { ...members, dataAt }
}

/** The dictionary that Python would evaluate. */
function readMembers(text: string): Omit<NpyHeader, 'dataAt'> | string {
  if (/['"]descr['"]\s*:\s*\[/.test(text)) return 'its elements are records; save one field as an array of its own'
  const words = splitMembers(text)
  const [descr, order, sizes] = ['descr', 'fortran_order', 'shape'].map((key) => words?.get(key))
  if (words?.size !== 3 || !/^['"]/.test(descr ?? '') || !/^[TF]/.test(order ?? '') || !sizes?.startsWith('(')) {
    return 'its header is not that of an NPY file'
  }
  const shape = readSizes(sizes.slice(1, -1))
  if (shape.length > maxDimensions) return `it has ${shape.length} dimensions, more than ${maxDimensions}`
  return { descr: descr!.slice(1, -1), isFortran: order === 'True', shape }
}

/** Keys with their values as they are written; undefined when there is anything else. */
function splitMembers(text: string): Map<string, string> | undefined {
  const words = new Map<string, string>()
  member.lastIndex = 1
  let at = 1
  for (let match = member.exec(text); match; match = member.exec(text)) {
    at = member.lastIndex
    words.set(match[1]!, match[2]!)
  }
  return text.startsWith('{') && text.slice(at).trim() === '}' ? words : undefined
}

function readSizes(text: string): number[] {
  return text
    .split(',')
    .map((size) => size.trim().replace(/L$/, ''))
    .filter((size) => size !== '')
    .map(Number)
}
