import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { type Json, matches } from './answer-match.ts'
import type { EchoSite } from './echo-function.ts'
import { escapedName } from './endpoint-cases.ts'
import { binaryRequest } from './infer-forms.ts'
import type { RestRequest } from './rest-peer.ts'

const invalidArgument = 3
const deadlineExceeded = 4
const notFound = 5
const unavailable = 14

const infer = '/v2/models/echo/infer'

/** Tests of what a request for inference may ask for beside its tensors, and of what it is answered. */
export function testInference(site: () => EchoSite): void {
  test('the lists of JSON may be nested in fewer levels than the shape has', async () => {
    const { rest } = site()
    const input = { name: 'x', datatype: 'UINT8', shape: [2, 1, 3], data: [[1, 2, 3], [4, 5, 6]] } // prettier-ignore
    const { outputs } = (await rest.ask(infer, { body: JSON.stringify({ inputs: [input] }) })).json()
    assert.deepEqual(outputs, [{ ...input, data: [1, 2, 3, 4, 5, 6] }])
  })

  test('an answer has the names that were asked for, filled in, and the id that came', async () => {
    const inputs = [{ name: 'x', datatype: 'UINT8', shape: [1], data: [1] }]
    for (const [path, id, names] of [
      [infer, 'ü"1', { model_name: 'echo', model_version: '1' }],
      ['/v2/models/echo/versions/2/infer', '', { model_name: 'echo', model_version: '2' }],
      ['/v2/models/%C3%A9%20%2F%20%252f/infer', 'a', { model_name: escapedName, model_version: 'a b' }],
    ] as const) {
      const { outputs, ...found } = (await site().rest.ask(path, { body: JSON.stringify({ id, inputs }) })).json()
      assert.deepEqual(found, { ...names, id })
      assert.deepEqual(outputs, inputs)
      const { model_name, model_version } = names
      const tensor = { name: 'x', datatype: 'UINT8', shape: [1], contents: { uint_contents: [1] } }
      const answer = await site().grpc.call('ModelInfer', { model_name, model_version, id, inputs: [tensor] })
      assert.deepEqual([answer['model_name'], answer['model_version'], answer['id'] ?? ''], [model_name, model_version, id]) // prettier-ignore
    }
  })

  test('requested outputs are those that come, in that order; an unknown one is refused', async () => {
    const tensor = (name: string): object => ({ name, datatype: 'UINT8', shape: [1], data: [1] })
    const inputs = ['a', 'b', 'c'].map(tensor)
    const ask = (outputs: object[]) => site().rest.ask(infer, { body: JSON.stringify({ inputs, outputs }) })
    const answer = await ask([{ name: 'c' }, { name: 'a' }])
    assert.deepEqual(answer.json()['outputs'], [tensor('c'), tensor('a')])
    const refused = await ask([{ name: 'a' }, { name: 'nö' }])
    assert.equal(refused.status, 400)
    matches(refused.json(), { error: /"nö".*"a", "b", "c"/ })
    const twice = await ask([{ name: 'a' }, { name: 'a' }])
    assert.equal(twice.status, 400)
    matches(twice.json(), { error: /"a".*twice/ })
    const typed = ['a', 'b', 'c'].map((name) => ({ name, datatype: 'UINT8', shape: [1], contents: { uint_contents: [1] } })) // prettier-ignore
    const call = (outputs: object[]) => site().grpc.call('ModelInfer', { model_name: 'echo', inputs: typed, outputs })
    const { outputs } = await call([{ name: 'c' }, { name: 'a' }])
    assert.deepEqual((outputs as Json[]).map(({ name }) => name), ['c', 'a']) // prettier-ignore
    await assert.rejects(call([{ name: 'nö' }]), { code: invalidArgument, details: /"nö".*"a", "b", "c"/ })
  })

  test('parameters of every type reach the handler and come back', async () => {
    const inputs = [{ name: 'x', datatype: 'UINT8', shape: [1], parameters: { of: 'tensor', n: -1, no: false }, data: [1] }] // prettier-ignore
    const parameters = { view: 'json', yes: true, no: false, text: 'ü', whole: -7, part: 0.25, zero: 0 }
    const answer = (await site().rest.ask(infer, { body: JSON.stringify({ parameters, inputs }) })).json()
    assert.deepEqual([answer['parameters'], answer['outputs']], [parameters, inputs])
    const large = '{"parameters":{"view":"json","large":9007199254740993,"least":-9223372036854775808},"inputs":[]}'
    const kept = (await site().rest.ask(infer, { body: large })).body.toString()
    assert.match(kept.replaceAll(' ', ''), /"large":9007199254740993,"least":-9223372036854775808/)
    const sent = {
      view: { string_param: 'json' },
      yes: { bool_param: true },
      no: { bool_param: false },
      whole: { int64_param: '-9223372036854775808' },
      unsigned: { uint64_param: '18446744073709551615' },
      part: { double_param: 0.1 },
      text: { string_param: 'ü' },
    }
    const tensor = { name: 'x', datatype: 'UINT8', shape: [1], parameters: { of: { string_param: 'tensor' } } }
    const found = await site().grpc.call('ModelInfer', {
      model_name: 'echo',
      parameters: sent,
      inputs: [{ ...tensor, contents: { uint_contents: [1] } }],
    })
    assert.deepEqual(found['parameters'], sent)
    const [{ parameters: ofTensor } = {}] = found['outputs'] as Json[]
    assert.deepEqual(ofTensor, tensor.parameters)
  })

  test('outputs come in binary form where it is asked for, by each or by all of them', async () => {
    const names = ['a', 'b', 'c']
    const inputs = names.map((name) => ({ name, datatype: 'INT16', shape: [2], data: [1, -2] }))
    const ask = async (parameters: object, outputs: object[]): Promise<[binary: string[], raw: string]> => {
      const answer = await site().rest.ask(infer, { body: JSON.stringify({ parameters, inputs, outputs }) })
      assert.equal(answer.status, 200, answer.body.toString())
      const length = answer.headers['inference-header-content-length']
      const end = length === undefined ? answer.body.length : Number(length)
      assert.equal(answer.headers['content-type'], length === undefined ? 'application/json' : 'application/octet-stream') // prettier-ignore
      const { outputs: found } = JSON.parse(answer.body.subarray(0, end).toString()) as { outputs: Json[] }
      const binary = found.filter(({ parameters: of, data }) => (of as Json | undefined)?.['binary_data_size'] === 4 && data === undefined) // prettier-ignore
      return [binary.map(({ name }) => String(name)), answer.body.subarray(end).toString('hex')]
    }
    const wants = (binary_data?: boolean) => (name: string) => ({ name, ...(binary_data === undefined ? {} : { parameters: { binary_data } }) }) // prettier-ignore
    assert.deepEqual(await ask({}, []), [[], ''])
    assert.deepEqual(await ask({ binary_data_output: true }, []), [names, '0100feff'.repeat(3)])
    assert.deepEqual(await ask({ binary_data_output: true }, [wants(false)('a'), wants()('b')]), [['b'], '0100feff'])
    assert.deepEqual(await ask({}, [wants(true)('c'), wants()('b'), wants(true)('a')]), [['c', 'a'], '0100feff'.repeat(2)]) // prettier-ignore
    assert.deepEqual(await ask({ binary_data_output: false }, names.map(wants(true))), [names, '0100feff'.repeat(3)])
  })

  test('JSON and binary tensors may be mixed in one request', async () => {
    const binary = { name: 'b', datatype: 'INT16', shape: [2], parameters: { binary_data_size: 4 } }
    const texts = { name: 't', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 6 } }
    const json = { name: 'j', datatype: 'INT16', shape: [2], data: [3, 4] }
    const raw = Buffer.from('0100feff020000006869', 'hex')
    const answer = await site().rest.ask(infer, binaryRequest({ inputs: [binary, json, texts] }, raw))
    assert.equal(answer.status, 200, answer.body.toString())
    assert.deepEqual((answer.json()['outputs'] as Json[]).map(({ name, data }) => [name, data]), [
      ['b', [1, -2]],
      ['j', [3, 4]],
      ['t', ['hi']],
    ]) // prettier-ignore
  })

  test('bodies are packed as they were sent and as the client takes them', async () => {
    const data = Array.from({ length: 20_000 }, (_, index) => index % 7)
    const inputs = [{ name: 'x', datatype: 'INT32', shape: [data.length], data }]
    const body = Buffer.from(JSON.stringify({ inputs }))
    for (const [coding, packed, unpack] of [
      ['gzip', zlib.gzipSync(body), zlib.gunzipSync],
      ['deflate', zlib.deflateSync(body), zlib.inflateSync],
      ['identity', body, (bytes: Buffer) => bytes],
    ] as const) {
      const headers: RestRequest['headers'] = [['Content-Encoding', coding], ['Accept-Encoding', coding]] // prettier-ignore
      const answer = await site().rest.ask(infer, { headers, body: packed })
      assert.equal(answer.status, 200, coding)
      assert.equal(answer.headers['content-encoding'] ?? 'identity', coding)
      assert.equal(answer.headers.vary, 'Accept-Encoding')
      const { outputs } = JSON.parse(unpack(answer.body).toString()) as Json
      assert.deepEqual(outputs, inputs)
      const raw = Buffer.from(new Int32Array(data).buffer)
      const head = { parameters: { binary_data_output: true }, inputs: [{ name: 'x', datatype: 'INT32', shape: [data.length], parameters: { binary_data_size: raw.length } }] } // prettier-ignore
      const { headers: lengths, body: whole } = binaryRequest(head, raw)
      const squeezed = coding === 'gzip' ? zlib.gzipSync(whole) : coding === 'deflate' ? zlib.deflateSync(whole) : whole
      const back = await site().rest.ask(infer, { headers: [...headers, ...lengths], body: squeezed })
      assert.equal(back.status, 200, coding)
      const bytes = unpack(back.body)
      assert.deepEqual(bytes.subarray(Number(back.headers['inference-header-content-length'])), raw)
    }
  })

  test('NaN and infinities go through in raw form, by both protocols', async () => {
    const raw = Buffer.from(new Float32Array([NaN, Infinity, -Infinity]).buffer)
    const input = { name: 'x', datatype: 'FP32', shape: [3] }
    const head = { parameters: { binary_data_output: true }, inputs: [{ ...input, parameters: { binary_data_size: 12 } }] } // prettier-ignore
    const answer = await site().rest.ask(infer, binaryRequest(head, raw))
    assert.equal(answer.status, 200, answer.body.toString())
    assert.deepEqual(answer.body.subarray(Number(answer.headers['inference-header-content-length'])), raw)
    const request = { model_name: 'echo', inputs: [input], raw_input_contents: [raw] }
    assert.deepEqual((await site().grpc.call('ModelInfer', request))['raw_output_contents'], [raw])
    const typed = { ...input, contents: { fp32_contents: [NaN, Infinity, -Infinity] } }
    const [output] = (await site().grpc.call('ModelInfer', { model_name: 'echo', inputs: [typed] }))['outputs'] as { contents: Json }[] // prettier-ignore
    assert.deepEqual(output?.contents['fp32_contents'], [NaN, Infinity, -Infinity])
    const asJson = await site().rest.ask(infer, binaryRequest({ ...head, parameters: {} }, raw))
    assert.equal(asJson.status, 500)
    matches(asJson.json(), { error: /"x".*element 0.*NaN.*binary/ })
  })

  test('a stream answers each request with all that the handler yields, and goes on after a refusal', async () => {
    const inputs = [{ name: 'x', datatype: 'INT64', shape: [1], contents: { int64_contents: ['9007199254740993'] } }]
    const yields = (id: string, count: number, model_name = 'echo'): object => ({
      model_name,
      id,
      parameters: { yields: { int64_param: count } },
      inputs,
    })
    const answers = await site().grpc.stream([
      yields('a', 3),
      yields('b', 1, 'no'),
      { ...yields('c', 1), inputs: [{ ...inputs[0], shape: [2] }] },
      { model_name: 'echo', id: 'd', inputs },
    ])
    const told = answers.map(({ error_message, infer_response }) => {
      const { id, outputs = [] } = infer_response as { id: string; outputs?: { contents: Json }[] }
      return [id, error_message || outputs[0]?.contents['int64_contents']]
    })
    const [a1, a2, a3, b, c, d, ...more] = told
    for (const [id, data] of [a1, a2, a3, d] as [string, unknown][]) assert.deepEqual(data, ['9007199254740993'], id)
    assert.deepEqual(told.map(([id]) => id), ['a', 'a', 'a', 'b', 'c', 'd']) // prettier-ignore
    assert.match(String(b?.[1]), /"no"/)
    assert.match(String(c?.[1]), /"x".*2 elements/)
    assert.deepEqual(more, [])
  })

  test('what the handler yields comes as one answer by REST when it is one', async () => {
    const inputs = [{ name: 'x', datatype: 'INT64', shape: [1], data: [1] }]
    const answer = await site().rest.ask(infer, { body: JSON.stringify({ parameters: { yields: 1 }, inputs }) })
    assert.deepEqual(answer.json()['outputs'], inputs)
  })

  test('declared tensors are what comes in and goes out', async () => {
    const inputs = [
      { name: 'x', datatype: 'FP32', shape: [2, 3], data: [1, 2, 3, 4, 5, 6.5] },
      { name: 't', datatype: 'BYTES', shape: [], data: ['ü'] },
    ]
    const answer = await site().rest.ask('/v2/models/declared/infer', { body: JSON.stringify({ inputs }) })
    assert.deepEqual(answer.json()['outputs'], inputs)
    const outputs = [{ name: 't' }]
    const one = await site().rest.ask('/v2/models/declared/infer', { body: JSON.stringify({ inputs, outputs }) })
    assert.deepEqual(one.json()['outputs'], inputs.slice(1))
  })

  for (const [status, code] of [
    [400, invalidArgument],
    [404, notFound],
    [503, unavailable],
    [504, deadlineExceeded],
    [418, 13],
  ] as const) {
    // prettier-ignore
    test(`a refusal of the handler with ${status} is ${code} by gRPC`, async () => {
      const answer = await site().rest.ask(infer, { body: JSON.stringify({ parameters: { status }, inputs: [] }) })
      assert.deepEqual([answer.status, answer.json()], [status, { error: 'asked to refuse' }])
      const parameters = { status: { int64_param: status } }
      const call = site().grpc.call('ModelInfer', { model_name: 'echo', parameters, inputs: [] })
      await assert.rejects(call, { code, details: 'asked to refuse' })
    })
  }
}
