import { JsonWriter } from './json-writer.ts'
import type { InferRequest, RequestedOutput } from './tensor.ts'
import { finishBody, finishPieces, writeHead, writeTensors, type InferBody, type InferPieces } from './write-tensors.ts'

/** The caller sent what JSON cannot carry. */
const status = 400

/**
 * A request of the REST protocol, as clients send it and as handlers see it: flat lists that lose nothing; with `binary` all inputs are raw bytes behind the JSON.
 * InferenceError 400 for NaN and infinite numbers in JSON.
 */
export function writeInferRequest(request: InferRequest, options: { binary?: boolean } = {}): InferBody {
  const writer = new JsonWriter()
  return finishBody(writer, writeRequest(writer, request, options.binary === true))
}

/** The same with raw bytes for all inputs, in pieces of which large tensors are views. */
export function writeInferPieces(request: InferRequest): InferPieces {
  const writer = new JsonWriter()
  return finishPieces(writer, writeRequest(writer, request, true))
}

function writeRequest(writer: JsonWriter, request: InferRequest, isBinary: boolean): Uint8Array[] {
  writeHead(writer, request)
  writer.key('parameters')
  writer.parameters(request.parameters, status)
  writer.key('inputs')
  const binary = writeTensors(writer, request.inputs, { isBinary: () => isBinary, status })
  if (request.outputs !== undefined) {
    writer.key('outputs')
    writeOutputs(writer, request.outputs)
  }
  return binary
}

function writeOutputs(writer: JsonWriter, outputs: readonly RequestedOutput[]): void {
  writer.byte(0x5b)
  for (const [index, { name, parameters }] of outputs.entries()) {
    writer.json(index === 0 ? '{' : ',{')
    writer.key('name')
    writer.text(name)
    if (parameters !== undefined) {
      writer.key('parameters')
      writer.parameters(parameters, status)
    }
    writer.byte(0x7d)
  }
  writer.byte(0x5d)
}
