import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Cleanup, findFreePort } from '@pelton/testkit'
import { type InferenceClient, connectInference } from './openinference-client.ts'
import { functions } from './openinference-function.ts'
import { type ServedFunction, serve } from './serve-function.ts'

const invalidArgument = 3
const notFound = 5
const internal = 13
const unavailable = 14

const infer = '/v2/models/test-model/infer'
const numbers = { name: 'input', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }

type Json = Record<string, unknown>

for (const [language, files] of functions) {
  describe(`openinference in ${language}`, () => {
    const cleanups: (() => Promise<void> | void)[] = []
    const cleanup: Cleanup = { after: (action) => void cleanups.unshift(action) }
    let served: ServedFunction
    let client: InferenceClient
    let strict: InferenceClient
    before(async () => {
      const ports = [await findFreePort(), await findFreePort()] as const
      served = await serve(cleanup, files(ports))
      client = await connectInference(cleanup, ports[0])
      strict = await connectInference(cleanup, ports[1])
    })
    after(async () => {
      for (const action of cleanups) await action()
    })

    const urlOf = (trigger: string): string => new URL(served.urlOf(trigger)).origin
    const get = async (path: string, trigger = 'free'): Promise<[status: number, body: Json]> => {
      const { status, text } = await served.ask(undefined, { url: urlOf(trigger), path })
      return [status, JSON.parse(text) as Json]
    }
    const post = async (
      body: object | string,
      path = infer,
      trigger = 'free',
    ): Promise<[status: number, body: Json]> => {
      const json = typeof body === 'string' ? body : JSON.stringify(body)
      const { status, text } = await served.ask(json, { url: urlOf(trigger), path })
      return [status, JSON.parse(text) as Json]
    }
    const rest = async (body: object | string): Promise<Json> => {
      const [status, answer] = await post(body)
      assert.equal(status, 200, JSON.stringify(answer))
      return answer
    }
    const grpc = (inputs: readonly object[], more: object = {}): Promise<Json> =>
      client.call('ModelInfer', { model_name: 'test-model', inputs, ...more })
    /** What the handler saw as its body. */
    const seen = async (inputs: readonly object[], more: object = {}): Promise<Json> => {
      const answer = await grpc(inputs, { parameters: { show: { bool_param: true } }, ...more })
      const [output] = answer['outputs'] as { contents?: { bytes_contents: Buffer[] } }[]
      const raw = (answer['raw_output_contents'] as Buffer[] | undefined)?.[0]?.subarray(4)
      return JSON.parse(String(output?.contents?.bytes_contents[0] ?? raw)) as Json
    }
    const dataSeen = async (input: object, raw?: Buffer): Promise<unknown> => {
      const body = await seen([{ name: 'x', ...input }], raw ? { raw_input_contents: [raw] } : {})
      return (body['inputs'] as { data: unknown }[])[0]?.data
    }

    test('14 case 54: health by REST', async () => {
      assert.deepEqual(await get('/v2/health/live'), [200, { live: true }])
      const [status, { ready }] = await get('/v2/health/ready')
      assert.deepEqual([status, ready], [200, true])
    })

    test('14 case 55: the metadata of a model by REST', async () => {
      const [status, { platform, ...metadata }] = await get('/v2/models/test-model', 'declared')
      assert.equal(status, 200)
      assert.match(String(platform), /^pelton_/)
      assert.deepEqual(metadata, {
        name: 'test-model',
        versions: ['1.0'],
        inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3] }],
        outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1] }],
      })
    })

    test('14 case 56: a tensor goes through the handler and comes back as it was', async () => {
      const { outputs } = await rest({ parameters: { echo: true }, inputs: [numbers] })
      assert.deepEqual(outputs, [numbers])
    })

    test('14 case 57: health and metadata by gRPC', async () => {
      assert.deepEqual(await client.call('ServerLive'), { live: true })
      assert.deepEqual(await client.call('ServerReady'), { ready: true })
      assert.deepEqual(await client.call('ModelReady', { name: 'test-model', version: '1.0' }), { ready: true })
      assert.equal((await client.call('ModelReady', { name: 'wrong-model', version: '1.0' }))['ready'] ?? false, false)
      const { name, version, extensions } = await client.call('ServerMetadata')
      assert.equal(name, 'pelton')
      assert.match(String(version), /^\d+\.\d+\.\d+/)
      assert.deepEqual(extensions, ['binary_tensor_data', 'model_repository'])
      const metadata = await strict.call('ModelMetadata', { name: 'test-model' })
      assert.deepEqual(metadata['inputs'], [{ name: 'input', datatype: 'FP32', shape: ['1', '3'] }])
      assert.deepEqual(metadata['outputs'], [{ name: 'output', datatype: 'FP32', shape: ['1', '1'] }])
    })

    const typed: [datatype: string, contents: object, expected: unknown[]][] = [
      ['BOOL', { bool_contents: [true, false, true] }, [true, false, true]],
      ['INT32', { int_contents: [1, -2, 3] }, [1, -2, 3]],
      ['INT64', { int64_contents: [1, -2, 3] }, [1, -2, 3]],
      ['UINT32', { uint_contents: [1, 2, 3] }, [1, 2, 3]],
      ['UINT64', { uint64_contents: [1, 2, 3] }, [1, 2, 3]],
      ['FP32', { fp32_contents: [1.5, 2.5, 3.5] }, [1.5, 2.5, 3.5]],
      ['FP64', { fp64_contents: [1.123, 2.456, 3.789] }, [1.123, 2.456, 3.789]],
      ['BYTES', { bytes_contents: ['ü', 'b', 'c'].map((text) => Buffer.from(text)) }, ['ü', 'b', 'c']],
    ]
    test('14 case 58: typed contents are the data that the handler sees', async () => {
      for (const [datatype, contents, expected] of typed) {
        assert.deepEqual(await dataSeen({ datatype, shape: [3], contents }), expected, datatype)
      }
    })

    const raw: [datatype: string, bytes: string, expected: unknown[]][] = [
      ['BOOL', '01 00 01', [true, false, true]],
      ['INT8', '01 fe 03', [1, -2, 3]],
      ['UINT8', '0a 14 1e', [10, 20, 30]],
      ['INT16', '6400 38ff 2c01', [100, -200, 300]],
      ['UINT16', '6400 c800 2c01', [100, 200, 300]],
      ['INT32', 'e8030000 30f8ffff b80b0000', [1000, -2000, 3000]],
      ['UINT32', 'e8030000 d0070000 b80b0000', [1000, 2000, 3000]],
      ['INT64', '1027000000000000 e0b1ffffffffffff 3075000000000000', [10_000, -20_000, 30_000]],
      ['UINT64', '1027000000000000 204e000000000000 3075000000000000', [10_000, 20_000, 30_000]],
      ['FP32', '0000c03f 00002040 00006040', [1.5, 2.5, 3.5]],
      ['FP16', '003c 0040 0042', [1, 2, 3]],
      ['BF16', '803f 0040 4040', [1, 2, 3]],
      ['BYTES', `0b000000 ${Buffer.from('hello world').toString('hex')}`, ['hello world']],
    ]
    const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
    test('14 case 59: raw contents are the data that the handler sees', async () => {
      for (const [datatype, bytes, expected] of raw) {
        assert.deepEqual(await dataSeen({ datatype, shape: [expected.length] }, hex(bytes)), expected, datatype)
      }
      const doubles = Buffer.from(new Float64Array([1.123, 2.456, 3.789]).buffer)
      assert.deepEqual(await dataSeen({ datatype: 'FP64', shape: [3] }, doubles), [1.123, 2.456, 3.789])
    })

    test('14 case 60: raw contents of a wrong length and unknown datatypes are refused, letter case does not matter', async () => {
      for (const [datatype, length] of [
        ['INT16', 3],
        ['FP16', 3],
        ['INT32', 3],
        ['FP32', 3],
        ['INT64', 5],
        ['FP64', 5],
        ['FLOAT', 4],
      ] as const) {
        const call = grpc([{ name: 'x', datatype, shape: [1] }], { raw_input_contents: [Buffer.alloc(length)] })
        await assert.rejects(call, { code: invalidArgument }, datatype)
      }
      assert.deepEqual(await dataSeen({ datatype: 'bool', shape: [2] }, hex('01 00')), [true, false])
    })

    test('14 case 61: an input without any data, or with both forms of it, is refused', async () => {
      const input = { name: 'x', datatype: 'FP32', shape: [1] }
      await assert.rejects(grpc([input]), { code: invalidArgument })
      await assert.rejects(grpc([input, input], { raw_input_contents: [Buffer.alloc(4)] }), { code: invalidArgument })
      const both = { ...input, contents: { fp32_contents: [1] } }
      await assert.rejects(grpc([both], { raw_input_contents: [Buffer.alloc(4)] }), { code: invalidArgument })
    })

    test('14 case 62: what the handler gives comes back as typed contents', async () => {
      for (const [datatype, contents] of typed) {
        const parameters = { echo: { bool_param: true } }
        const { outputs } = await grpc([{ name: 'x', datatype, shape: [3], contents }], { parameters })
        const [found] = (outputs as { contents: object }[]).map(
          (output) => Object.values(output.contents)[0] as unknown[],
        )
        const [sent] = Object.values(contents) as [unknown[]]
        assert.deepEqual(found?.map(String), sent.map(String), datatype)
      }
    })

    test('14 case 63: three numbers by REST', async () => {
      assert.deepEqual(await rest({ id: 'test-fp32-001', inputs: [numbers] }), {
        model_name: 'test-model',
        model_version: '1.0',
        id: 'test-fp32-001',
        outputs: [{ name: 'output_input', datatype: 'FP32', shape: [1, 3], data: [2, 4, 6] }],
      })
    })

    test('14 case 64: other datatypes, parameters and several inputs by REST', async () => {
      const first = async (input: object): Promise<unknown> => {
        const { outputs } = await rest({ inputs: [{ name: 'x', ...input }] })
        return (outputs as { data: unknown }[])[0]?.data
      }
      const whole = { datatype: 'INT64', shape: [5], data: [10, 20, 30, 40, 50] }
      assert.deepEqual(await first(whole), [20, 40, 60, 80, 100])
      assert.deepEqual(await first({ datatype: 'BYTES', shape: [2], data: ['hello', 'world'] }), ['HELLO', 'WORLD'])
      const parameters = { temperature: 0.7, max_tokens: 100, top_p: 0.9 }
      assert.deepEqual((await rest({ parameters, inputs: [numbers] }))['parameters'], parameters)
      const { outputs } = await rest({
        inputs: [
          numbers,
          { name: 'n', datatype: 'INT64', shape: [1], data: [1] },
          { name: 'b', datatype: 'BOOL', shape: [2], data: [true, false] },
        ],
      })
      const found = (outputs as Json[]).map(({ name, datatype, data }) => [name, datatype, data])
      assert.deepEqual(found, [
        ['output_input', 'FP32', [2, 4, 6]],
        ['output_n', 'INT64', [2]],
        ['output_b', 'BOOL', [true, false]],
      ])
    })

    test('14 case 65: three numbers by gRPC', async () => {
      const contents = { fp32_contents: [0.1, 0.2, 0.3] }
      const answer = await grpc([{ name: 'input', datatype: 'FP32', shape: [1, 3], contents }], { id: 'g1' })
      const [output] = answer['outputs'] as { contents: { fp32_contents: number[] } }[]
      const { contents: found, ...rest } = output ?? {}
      assert.deepEqual(rest, { name: 'output_input', datatype: 'FP32', shape: ['1', '3'] })
      assert.deepEqual([answer['model_name'], answer['model_version'], answer['id']], ['test-model', '1.0', 'g1'])
      assert.deepEqual(
        found?.fp32_contents.map((value) => value.toFixed(5)),
        ['0.20000', '0.40000', '0.60000'],
      )
    })

    test('14 case 91: nothing is lost of BOOL, FP16, nested lists and large integers', async () => {
      const big = ['9007199254740993', '-9223372036854775808']
      const parameters = { echo: { bool_param: true } }
      const int64 = { name: 'x', datatype: 'INT64', shape: [2], contents: { int64_contents: big } }
      const { outputs } = await grpc([int64], { parameters })
      assert.deepEqual((outputs as { contents: object }[])[0]?.contents, { int64_contents: big })
      const half = await grpc([{ name: 'x', datatype: 'FP16', shape: [2] }], {
        parameters,
        raw_input_contents: [hex('003c 0180')],
      })
      assert.deepEqual(half['raw_output_contents'], [hex('003c 0180')])
      const text = `{"parameters":{"echo":true},"inputs":[{"name":"x","datatype":"INT64","shape":[1,2],"data":[[${big.join()}]]}]}`
      const { text: answer } = await served.ask(text, { url: urlOf('free'), path: infer })
      assert.ok(answer.replaceAll(' ', '').includes(`"data":[${big.join()}]`), answer)
      const nested = { name: 'x', datatype: 'BOOL', shape: [2, 2], data: [[true, false], [false, true]] } // prettier-ignore
      const { outputs: flat } = await rest({ parameters: { echo: true }, inputs: [nested] })
      assert.deepEqual((flat as Json[])[0]?.['data'], [true, false, false, true])
    })

    test('14 case 91: an unknown model or version is not found, by any of the calls', async () => {
      for (const path of ['/v2/models/wrong', '/v2/models/wrong/ready', '/v2/models/test-model/versions/2']) {
        const [status, { error }] = await get(path)
        assert.deepEqual([status, typeof error], [404, 'string'], path)
      }
      for (const path of [
        '/v2/models/wrong/infer',
        '/v2/models/test-model/versions/2/infer',
        '/v2/models/a/b/c/infer',
      ]) {
        const [status, { error }] = await post({ inputs: [numbers] }, path)
        assert.deepEqual([status, typeof error], [404, 'string'], path)
      }
      assert.equal((await post({ inputs: [numbers] }, '/v2/models/test-model/versions/1.0/infer'))[0], 200)
      const wrong = { model_name: 'test-model', model_version: '2', inputs: [] }
      await assert.rejects(client.call('ModelInfer', wrong), { code: notFound })
      await assert.rejects(client.call('ModelMetadata', { name: 'wrong' }), { code: notFound })
    })

    test('14 case 91: errors are objects with a message, and gRPC has their codes', async () => {
      for (const [fault, status, code, message] of [
        ['throw', 500, internal, /^(?!.*secret)/],
        ['status', 503, unavailable, /^the model is warming up$/],
        ['nonsense', 500, internal, /./],
      ] as const) {
        const [found, { error, ...more }] = await post({ parameters: { fault }, inputs: [numbers] })
        assert.deepEqual([found, more], [status, {}], fault)
        assert.match(String(error), message)
        const call = grpc([], { parameters: { fault: { string_param: fault } } })
        await assert.rejects(call, (failure: { code: number; details: string }) => {
          assert.equal(failure.code, code, fault)
          assert.match(failure.details, message)
          return true
        })
      }
      for (const body of ['', '{', '[]', '{"inputs":[{"name":"x"}]}', '{"id":1,"inputs":[]}']) {
        const [status, { error }] = await post(body)
        assert.deepEqual([status, typeof error], [400, 'string'], body)
      }
    })

    test('14 case 92: data that does not fill the shape is refused', async () => {
      const [status, { error }] = await post({ inputs: [{ ...numbers, data: [1, 2] }] })
      assert.equal(status, 400)
      assert.match(String(error), /input/)
      const input = { name: 'x', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: [1, 2] } }
      await assert.rejects(grpc([input]), { code: invalidArgument })
    })

    test('declared inputs are what a request must bring, declared outputs what it gets', async () => {
      const [status, { outputs }] = await post({ inputs: [numbers] }, infer, 'declared')
      assert.deepEqual([status, outputs], [200, [{ name: 'output', datatype: 'FP32', shape: [1, 1], data: [6] }]])
      for (const inputs of [
        [{ ...numbers, shape: [3] }],
        [{ ...numbers, datatype: 'INT32' }],
        [{ ...numbers, name: 'other' }],
        [],
      ]) {
        const [refused, { error }] = await post({ inputs }, infer, 'declared')
        assert.equal(refused, 400)
        assert.match(String(error), /input.*FP32 \[1, ?3\]|unknown/)
      }
      const [unknown] = await post({ inputs: [numbers], outputs: [{ name: 'no' }] }, infer, 'declared')
      assert.equal(unknown, 400)
      const [broken] = await post({ inputs: [numbers], parameters: { echo: true } }, infer, 'declared')
      assert.equal(broken, 500)
    })
  })
}
