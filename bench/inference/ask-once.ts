import assert from 'node:assert/strict'
import grpc from '@grpc/grpc-js'
import { type InferAnswer, type InferMessage, modelInfer } from './requests.ts'

/**
 * Makes one request and gives the bytes of content of its answer, as they count on the wire. Throws for an error, and for
 * another output than the one expected, if any is.
 */
export async function askOnce(port: number, message: InferMessage, expected?: readonly number[]): Promise<number> {
  return message.isGrpc ? askGrpc(port, message, expected) : askRest(port, message, expected)
}

async function askRest(port: number, message: InferMessage, expected?: readonly number[]): Promise<number> {
  const { path, headers } = message
  const body = new Uint8Array(message.body)
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })
  const bytes = Buffer.from(await answer.arrayBuffer())
  assert.equal(answer.status, 200, bytes.toString())
  const headLength = Number(answer.headers.get('inference-header-content-length') ?? Number.NaN)
  if (!expected) return bytes.length
  if (headLength >= 0) assert.deepEqual(floats(bytes.subarray(headLength)), expected)
  else assert.deepEqual((JSON.parse(bytes.toString()) as { outputs: [{ data: number[] }] }).outputs[0].data, expected)
  return bytes.length
}

async function askGrpc(port: number, { path, body }: InferMessage, expected?: readonly number[]): Promise<number> {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  try {
    const { responseDeserialize } = modelInfer()
    let length = 0
    const read = (bytes: Buffer): InferAnswer => {
      length = bytes.length
      return responseDeserialize(bytes)
    }
    const answer = await new Promise<InferAnswer | undefined>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        () => body.subarray(5),
        read,
        {},
        (error, value) => (error ? reject(error) : resolve(value)),
      )
    })
    if (expected) assert.deepEqual(floats(answer?.raw_output_contents[0] ?? Buffer.alloc(0)), expected)
    return length + 5
  } finally {
    client.close()
  }
}

function floats(bytes: Buffer): number[] {
  return [...new Float32Array(new Uint8Array(bytes).buffer)]
}
