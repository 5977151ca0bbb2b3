/** Six elements of a datatype with its extremes, in every form of the protocol. */
export interface DatatypeCase {
  datatype: string
  /** As they stand in JSON. */
  json: readonly string[]
  /** Little-endian; of BYTES with the length before each. */
  raw: readonly Buffer[]
  /** Their list of gRPC; the 16-bit floats have none. */
  typed?: { field: string; elements: readonly unknown[] }
  /** What two texts of one number have in common. */
  normal(token: string): string
}

type Write = (view: DataView, token: string) => void

const integers: [datatype: string, bytes: number, field: string, write: Write, json: string[]][] = [
  ['UINT8', 1, 'uint_contents', (view, token) => view.setUint8(0, Number(token)), ['0', '255', '128', '1', '2', '127']],
  [
    'UINT16',
    2,
    'uint_contents',
    (view, token) => view.setUint16(0, Number(token), true),
    ['0', '65535', '32768', '1', '256', '255'],
  ],
  [
    'UINT32',
    4,
    'uint_contents',
    (view, token) => view.setUint32(0, Number(token), true),
    ['0', '4294967295', '2147483648', '1', '65536', '16777217'],
  ],
  [
    'UINT64',
    8,
    'uint64_contents',
    (view, token) => view.setBigUint64(0, BigInt(token), true),
    ['0', '18446744073709551615', '9223372036854775808', '9007199254740993', '4294967296', '1'],
  ],
  ['INT8', 1, 'int_contents', (view, token) => view.setInt8(0, Number(token)), ['0', '-128', '127', '-1', '1', '64']],
  [
    'INT16',
    2,
    'int_contents',
    (view, token) => view.setInt16(0, Number(token), true),
    ['0', '-32768', '32767', '-1', '256', '-129'],
  ],
  [
    'INT32',
    4,
    'int_contents',
    (view, token) => view.setInt32(0, Number(token), true),
    ['0', '-2147483648', '2147483647', '-1', '16777217', '-32769'],
  ],
  [
    'INT64',
    8,
    'int64_contents',
    (view, token) => view.setBigInt64(0, BigInt(token), true),
    ['0', '-9223372036854775808', '9223372036854775807', '9007199254740993', '-9007199254740993', '-4294967297'],
  ],
]

/** Bits as they lie in memory; 16-bit floats are given by them. */
const floats: [datatype: string, json: string[], raw: Buffer[], field: string | undefined][] = [
  [
    'FP16',
    ['1.0', '-0.0', '65504.0', '5.960464477539063e-8', '0.333251953125', '-2'],
    ['003c', '0080', 'ff7b', '0100', '5535', '00c0'].map(hex),
    undefined,
  ],
  [
    'BF16',
    ['1.0', '-0.0', '3.3895313892515355e38', '9.183549615799121e-41', '3.140625', '-2'],
    ['803f', '0080', '7f7f', '0100', '4940', '00c0'].map(hex),
    undefined,
  ],
  [
    'FP32',
    ['0.1', '-0.0', '3.4028234663852886e38', '1.401298464324817e-45', '16777216', '-2.5E-1'],
    [0.1, -0, 3.402_823_466_385_288_6e38, 1.401_298_464_324_817e-45, 16_777_216, -0.25].map((value) =>
      written(4, (view) => view.setFloat32(0, value, true)),
    ),
    'fp32_contents',
  ],
  [
    'FP64',
    ['0.1', '-0.0', '1.7976931348623157e308', '5e-324', '9007199254740991', '0.3333333333333333'],
    [0.1, -0, Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 1 / 3].map((value) =>
      written(8, (view) => view.setFloat64(0, value, true)),
    ),
    'fp64_contents',
  ],
]

const byteStrings = [
  Buffer.from('plain'),
  Buffer.from('grüße 𝄞'),
  Buffer.alloc(0),
  Buffer.from([0xff, 0x00, 0xc3]),
  Buffer.from('"\\\n\u0001\u0000'),
  Buffer.from('{"b64":"AA=="}'),
]

/** All datatypes of the protocol, and BF16. */
export const datatypeCases: readonly DatatypeCase[] = [
  {
    datatype: 'BOOL',
    json: ['true', 'false', 'false', 'true', 'true', 'false'],
    raw: ['01', '00', '00', '01', '01', '00'].map(hex),
    typed: { field: 'bool_contents', elements: [true, false, false, true, true, false] },
    normal: (token) => token,
  },
  ...integers.map(([datatype, bytes, field, write, json]) => ({
    datatype,
    json,
    raw: json.map((token) => written(bytes, (view) => write(view, token))),
    typed: { field, elements: bytes === 8 ? json : json.map(Number) },
    normal: (token: string) => token,
  })),
  ...floats.map(([datatype, json, raw, field]) => ({
    datatype,
    json,
    raw,
    ...(field === undefined ? {} : { typed: { field, elements: json.map((token) => floatOf(datatype, token)) } }),
    normal: (token: string) => signed(floatOf(datatype, token)),
  })),
  {
    datatype: 'BYTES',
    json: byteStrings.map(jsonText),
    raw: byteStrings.map((bytes) =>
      Buffer.concat([written(4, (view) => view.setUint32(0, bytes.length, true)), bytes]),
    ),
    typed: { field: 'bytes_contents', elements: byteStrings },
    normal: (token) => token,
  },
]

/** A shape, and how many of the six elements it has. */
export const shapeCases: readonly [shape: readonly number[], count: number][] = [
  [[], 1],
  [[6], 6],
  [[2, 3], 6],
  [[1, 3, 1, 2], 6],
  [[0], 0],
  [[0, 3], 0],
]

/** Elements as JSON text in nested lists. */
export function nestedJson(shape: readonly number[], elements: readonly string[]): string {
  const [size = elements.length, ...inner] = shape
  if (inner.length === 0) return `[${elements.join(', ')}]`
  const step = elements.length / size
  const rows = Array.from({ length: size }, (_, row) => nestedJson(inner, elements.slice(row * step, (row + 1) * step)))
  return `[${rows.join(', ')}]`
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

function written(bytes: number, write: (view: DataView) => void): Buffer {
  const view = new DataView(new ArrayBuffer(bytes))
  write(view)
  return Buffer.from(view.buffer)
}

function floatOf(datatype: string, token: string): number {
  return datatype === 'FP64' ? Number(token) : Math.fround(Number(token))
}

function signed(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Not UTF-8: base64 in an object. */
function jsonText(bytes: Buffer): string {
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : JSON.stringify({ b64: bytes.toString('base64') })
}
