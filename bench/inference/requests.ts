import { fileURLToPath } from 'node:url'
import { loadSync } from '@grpc/proto-loader'
import type { MethodDefinition } from '@grpc/grpc-js'

/** A request as it goes over the wire, and how one reads what a tensor of its answer holds. */
export interface InferMessage {
  path: string
  headers: Readonly<Record<string, string>>
  body: Buffer
  isGrpc: boolean
}

/** How requests are made, as the table names it. */
export type Form = 'REST, JSON' | 'REST, binary' | 'gRPC, raw'

const protos = fileURLToPath(new URL('../../packages/protocols/protos', import.meta.url))
const url = '/v2/models/model/infer'

/** A request with one FP32 input, `x`: the numbers 0, 0.25, 0.5, … below 256. */
export function inferMessage(form: Form, shape: readonly number[]): InferMessage {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => (at % 1024) / 4)
  const bytes = Buffer.from(data.buffer)
  if (form === 'gRPC, raw') return grpcMessage(shape, bytes)
  if (form === 'REST, JSON') {
    const inputs = [{ name: 'x', datatype: 'FP32', shape, data: [...data] }]
    const headers = { 'content-type': 'application/json' }
    return { path: url, headers, body: Buffer.from(JSON.stringify({ inputs })), isGrpc: false }
  }
  const inputs = [{ name: 'x', datatype: 'FP32', shape, parameters: { binary_data_size: bytes.length } }]
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }))
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  }
  return { path: url, headers, body: Buffer.concat([head, bytes]), isGrpc: false }
}

/** A gRPC message stands behind five bytes: not compressed, and its length. */
function grpcMessage(shape: readonly number[], bytes: Buffer): InferMessage {
  const { path, requestSerialize } = modelInfer()
  const inputs = [{ name: 'x', datatype: 'FP32', shape }]
  const message = requestSerialize({ model_name: 'model', inputs, raw_input_contents: [bytes] })
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(message.length, 1)
  const headers = { 'content-type': 'application/grpc', te: 'trailers' }
  return { path, headers, body: Buffer.concat([frame, message]), isGrpc: true }
}

/** The method of the protocol as grpc-js knows it. */
export function modelInfer(): MethodDefinition<object, InferAnswer> {
  const service = loadSync('inference.proto', { includeDirs: [protos], keepCase: true })[
    'inference.GRPCInferenceService'
  ]
  return (service as unknown as { ModelInfer: MethodDefinition<object, InferAnswer> }).ModelInfer
}

/** What is looked at of an answer by gRPC. */
export interface InferAnswer {
  raw_output_contents: Buffer[]
}
