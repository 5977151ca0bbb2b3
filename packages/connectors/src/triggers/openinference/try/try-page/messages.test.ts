import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { type InferResponse, readInferRequest, writeInferResponse } from '@pelton/protocols/inference'

interface Written {
  head: string
  headerLength?: number
  body: Blob
}

const { curlOf, headersOf, isFile, readOutputs, writeRequest } = (await import(
  new URL('./messages.js', import.meta.url).href
)) as {
  writeRequest(inputs: object[], isBinaryWanted: boolean): Written
  headersOf(request: Written): Record<string, string>
  readOutputs(buffer: ArrayBuffer, headerLength: string | null): { name: string; values: ArrayLike<unknown> }[]
  curlOf(url: string, request: Written): string
  isFile(request: Written): boolean
}

const raw = new Uint8Array(new Float32Array([1.5, 2.5]).buffer)
const typed = { name: `it's "x"`, datatype: 'INT64', shape: [1], json: '[9007199254740993]' }
const fromFile = { name: 'grüße', datatype: 'FP32', shape: [2], bytes: raw }

test('the server reads a request as it was meant', async () => {
  const request = writeRequest([typed, fromFile], true)
  const body = Buffer.from(await request.body.arrayBuffer())
  const read = readInferRequest(body, request.headerLength)
  assert.deepEqual(read.parameters, { binary_data_output: true })
  assert.deepEqual(
    read.inputs.map(({ name, datatype, shape, data }) => [name, datatype, shape, data]),
    [
      [typed.name, 'INT64', [1], BigInt64Array.of(9_007_199_254_740_993n)],
      ['grüße', 'FP32', [2], Float32Array.of(1.5, 2.5)],
    ],
  )
  assert.equal(headersOf(request)['Inference-Header-Content-Length'], String(request.headerLength))
})

test('a request that was typed is JSON', async () => {
  const request = writeRequest([typed], false)
  assert.deepEqual(headersOf(request), { 'Content-Type': 'application/json' })
  assert.deepEqual(readInferRequest(Buffer.from(await request.body.text())).parameters, {})
})

test('answers are read in both forms', () => {
  const data = ['a', '\u{1f600}'].map((text) => new TextEncoder().encode(text))
  const response: InferResponse = {
    modelName: 'm',
    modelVersion: '1',
    id: '',
    parameters: {},
    outputs: [
      { name: 'x', datatype: 'FP32', shape: [2], data: Float32Array.of(NaN, Infinity) },
      { name: 's', datatype: 'BYTES', shape: [2], data },
    ],
  }
  const { body, headerLength } = writeInferResponse(response, { parameters: { binary_data_output: true } })
  const read = readOutputs(new Uint8Array(body).buffer, String(headerLength))
  assert.deepEqual(
    read.map(({ values }) => [...(values as unknown[])]),
    [[NaN, Infinity], data],
  )
  const json = new TextEncoder().encode('{"outputs":[{"name":"y","datatype":"INT8","shape":[1,2],"data":[[1,2]]}]}')
  assert.deepEqual(readOutputs(json.buffer, null)[0]?.values, [1, 2])
})

test('a shell gives curl what was meant', () => {
  const request = writeRequest([typed], false)
  const url = "http://localhost:8080/v2/models/it's%20$(x)/infer"
  const command = curlOf(url, request)
  const { stdout } = spawnSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }\n${command}`], { encoding: 'utf8' })
  assert.deepEqual(stdout.trimEnd().split('\n'), [url, '-H', 'Content-Type: application/json', '-d', request.head])
})

test('long and raw requests are saved to a file first', () => {
  const request = writeRequest([fromFile], false)
  assert.equal(isFile(request), true)
  assert.match(curlOf('u', request), /-H 'Inference-Header-Content-Length: \d+' \\\n {2}--data-binary @request\.bin$/)
  const long = writeRequest([{ ...typed, json: `[${'1,'.repeat(5000)}1]` }], false)
  assert.match(curlOf('u', long), /-H 'Content-Type: application\/json' \\\n {2}--data-binary @request\.bin$/)
})
