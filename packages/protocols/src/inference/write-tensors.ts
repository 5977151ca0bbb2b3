import { Buffer } from 'node:buffer'
import type { JsonWriter } from './json-writer.ts'
import type { Head } from './read-head.ts'
import { writeRaw } from './tensor-bytes.ts'
import type { Tensor } from './tensor.ts'
import { writeJsonData } from './write-data.ts'

/** A body of the REST protocol. */
export interface InferBody {
  body: Buffer
  /** The value for `Inference-Header-Content-Length`; absent when all of it is JSON. */
  headerLength?: number
}

/** How the tensors of a body are written. */
export interface TensorForm {
  isBinary(tensor: Tensor): boolean
  /** Of the error for numbers that JSON cannot carry. */
  status: number
}

/** Opens an object with the names and the id; the id is there even when it is empty, as the protocol demands of responses. */
export function writeHead(writer: JsonWriter, head: Head): void {
  writer.byte(0x7b)
  writeName(writer, 'model_name', head.modelName)
  writeName(writer, 'model_version', head.modelVersion)
  writer.key('id')
  writer.text(head.id)
}

/** Writes the list of tensors; gives the raw bytes of the binary ones, which follow the JSON. */
export function writeTensors(writer: JsonWriter, tensors: readonly Tensor[], form: TensorForm): Uint8Array[] {
  const binary: Uint8Array[] = []
  writer.byte(0x5b)
  for (const [index, tensor] of tensors.entries()) {
    if (index > 0) writer.byte(0x2c)
    const raw = form.isBinary(tensor) ? writeRaw(tensor) : undefined
    writeTensor(writer, tensor, raw?.length, form.status)
    if (raw !== undefined) binary.push(raw)
  }
  writer.byte(0x5d)
  return binary
}

/** A body in pieces: small ones are one already. */
export interface InferPieces {
  pieces: readonly Uint8Array[]
  headerLength?: number
}

/** Closes the object, which the binary tensors follow. These begin where arrays of any type may lie, so that they are read without a copy. */
export function finishPieces(writer: JsonWriter, binary: readonly Uint8Array[]): InferPieces {
  writer.byte(0x7d)
  if (binary.length === 0) return { pieces: [writer.finish()] }
  while (writer.at % 8 !== 0) writer.byte(0x20)
  const headerLength = writer.at
  if (binary.every((raw) => writer.takesBytes(raw))) return { pieces: [writer.finish()], headerLength }
  return { pieces: [writer.finish().subarray(0, headerLength), ...binary], headerLength }
}

/** The same, joined. */
export function finishBody(writer: JsonWriter, binary: readonly Uint8Array[]): InferBody {
  const { pieces, ...rest } = finishPieces(writer, binary)
  return { ...rest, body: joinPieces(pieces) }
}

/** Pieces as one. */
export function joinPieces(pieces: readonly Uint8Array[]): Buffer {
  const [only, ...others] = pieces
  if (!only || others.length > 0) return Buffer.concat(pieces)
  return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
}

function writeTensor(writer: JsonWriter, tensor: Tensor, rawBytes: number | undefined, status: number): void {
  const { name, datatype, shape, parameters } = tensor
  writer.byte(0x7b)
  writer.key('name')
  writer.text(name)
  writer.key('datatype')
  writer.text(datatype)
  writer.key('shape')
  writer.ascii(`[${shape.join(',')}]`)
  if (parameters !== undefined || rawBytes !== undefined) {
    writer.key('parameters')
    writer.parameters(rawBytes === undefined ? parameters! : { ...parameters, binary_data_size: rawBytes }, status)
  }
  if (rawBytes === undefined) {
    writer.key('data')
    writeJsonData(writer, tensor, status)
  }
  writer.byte(0x7d)
}

function writeName(writer: JsonWriter, key: string, name: string): void {
  if (name === '') return
  writer.key(key)
  writer.text(name)
}
