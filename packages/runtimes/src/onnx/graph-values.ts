import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { WireReader, wireType } from '@pelton/protocols/protobuf'

/** An input or output of a graph, as its file declares it. */
export interface GraphValue {
  name: string
  /** ONNX's number of a tensor's element type; undefined for what is no tensor. */
  elementType: number | undefined
  hasShape: boolean
}

const fields = { modelGraph: 7, graphInput: 11, graphOutput: 12 }

/** More than any declaration of an input takes. */
const maxValueBytes = 65_536

/**
 * What a model's file declares as inputs and outputs (`onnx.proto`, ModelProto.graph): ONNX Runtime does not tell a value of
 * unknown rank from a scalar, nor the name of one whose type it does not know. Weights are passed over, not read. Throws for a damaged file.
 */
export function readGraphValues(file: string): GraphValue[] {
  const fd = openSync(file, 'r')
  try {
    const walk = new FileWalk(fd)
    const values: GraphValue[] = []
    walk.each(0, fstatSync(fd).size, (field, from, to) => {
      if (field === fields.modelGraph)
        walk.each(from, to, (inner, start, end) => values.push(...valueAt(inner, start, end)))
    })
    return values

    function valueAt(field: number, from: number, to: number): GraphValue[] {
      const isValue = field === fields.graphInput || field === fields.graphOutput
      return isValue && to - from <= maxValueBytes ? [readValue(walk.bytes(from, to))] : []
    }
  } finally {
    closeSync(fd)
  }
}

function readValue(bytes: Buffer): GraphValue {
  const value: GraphValue = { name: '', elementType: undefined, hasShape: false }
  const reader = new WireReader(bytes)
  each(reader, (key) => {
    if (key >>> 3 === 1) value.name = reader.text(key)
    else if (key >>> 3 === 2) inside(reader, key, (type) => readType(reader, type, value))
    else reader.skip(key)
  })
  return value
}

/** TypeProto: only `tensor_type` is of interest. */
function readType(reader: WireReader, key: number, value: GraphValue): void {
  if (key >>> 3 !== 1) return reader.skip(key)
  value.elementType = 0
  inside(reader, key, (inner) => {
    if (inner >>> 3 === 1) value.elementType = reader.int(inner)
    else {
      value.hasShape ||= inner >>> 3 === 2
      reader.skip(inner)
    }
  })
}

function each(reader: WireReader, read: (key: number) => void): void {
  for (let key = reader.next(); key !== 0; key = reader.next()) read(key)
}

function inside(reader: WireReader, key: number, read: (key: number) => void): void {
  const outer = reader.enter(key)
  each(reader, read)
  reader.leave(outer)
}

/** Walks over the fields of messages in a file that may be larger than memory. */
class FileWalk {
  readonly #fd: number
  #window: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  #start = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /** Calls `see` for each field of the message from `from` to `to`; a value that has no length is passed over. */
  each(from: number, to: number, see: (field: number, from: number, to: number) => void): void {
    let at = from
    while (at < to) {
      const key = this.#varint(at)
      const type = key.value % 8
      const length = type === wireType.bytes ? this.#varint(key.end) : undefined
      const start = length?.end ?? key.end
      at = length ? start + length.value : this.#endOf(type, start)
      if (at > to) throw new Error('a field that is longer than its message')
      if (length) see(Math.floor(key.value / 8), start, at)
    }
  }

  bytes(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from)
    readSync(this.#fd, bytes, 0, bytes.length, from)
    return bytes
  }

  #endOf(type: number, at: number): number {
    if (type === wireType.varint) return this.#varint(at).end
    if (type === wireType.fixed64) return at + 8
    if (type === wireType.fixed32) return at + 4
    throw new Error(`the wire type ${type}`)
  }

  #varint(at: number): { value: number; end: number } {
    let value = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.#byte(at + index)
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return { value, end: at + index + 1 }
    }
    throw new Error('a number of more than ten bytes')
  }

  #byte(at: number): number {
    if (at < this.#start || at >= this.#start + this.#window.length) {
      const bytes = Buffer.alloc(4096)
      this.#window = bytes.subarray(0, readSync(this.#fd, bytes, 0, bytes.length, at))
      this.#start = at
    }
    const byte = this.#window[at - this.#start]
    if (byte === undefined) throw new Error('the file ends in the middle')
    return byte
  }
}
