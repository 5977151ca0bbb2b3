import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyRequest } from './fixtures/any-tensor.ts'
import { readInferRequest } from './read-request.ts'
import { InferenceError, type Tensor } from './tensor.ts'
import { writeInferRequest } from './write-request.ts'

const body = (request: unknown): Buffer => Buffer.from(typeof request === 'string' ? request : JSON.stringify(request))
const tensor = (members: object): object => ({ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2], ...members })
const oneInput = (members: object): object => ({ inputs: [tensor(members)] })
const read = (members: object | string): Tensor => {
  const text = typeof members === 'string' ? `{"inputs":[${members}]}` : JSON.stringify(oneInput(members))
  return readInferRequest(Buffer.from(text)).inputs[0]!
}
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const withBinary = (request: object, binary: number[]): [Buffer, number] => {
  const json = body(request)
  return [Buffer.concat([json, Buffer.from(binary)]), json.length]
}

test('a request has its id, parameters, inputs and requested outputs', () => {
  const request = readInferRequest(
    body({
      id: 'a-1',
      model_name: 'm',
      parameters: { temperature: 0.7, max_tokens: 100, stream: false, name: 'n', unknown: null },
      inputs: [tensor({ parameters: { content_type: 'np' }, unknown: [{ deep: {} }] })],
      outputs: [{ name: 'y', parameters: { binary_data: true } }, { name: 'z' }],
      unknown: 'field',
    }),
  )
  assert.deepEqual(request, {
    id: 'a-1',
    modelName: 'm',
    modelVersion: '',
    parameters: { temperature: 0.7, max_tokens: 100, stream: false, name: 'n' },
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [2], parameters: { content_type: 'np' }, data: Float32Array.of(1, 2) },
    ],
    outputs: [{ name: 'y', parameters: { binary_data: true } }, { name: 'z' }],
  })
})

test('null and an empty list of outputs say nothing', () => {
  const request = readInferRequest(body({ id: null, parameters: null, outputs: null, inputs: [] }))
  assert.deepEqual(request, { id: '', modelName: '', modelVersion: '', parameters: {}, inputs: [] })
  assert.equal(readInferRequest(body({ inputs: [], outputs: [] })).outputs, undefined)
})

test('members of a tensor come in any order, and the last of a name counts', () => {
  const table = [
    '{"data":[1,2],"shape":[2],"datatype":"INT64","name":"x"}',
    '{"name":"x","data":[1,2],"datatype":"INT64","shape":[2]}',
    '{"name":"x","datatype":"FP32","shape":[2],"data":[5,6],"datatype":"INT64","data":[1,2]}',
    '{"name":"x","datatype":"FP32","shape":[2],"data":[1,2],"datatype":"INT64"}',
    '{"name":"y","shape":[1,2],"datatype":"INT64","data":[1,2],"shape":[2],"name":"x"}',
  ]
  for (const text of table) {
    assert.deepEqual(read(text), { name: 'x', datatype: 'INT64', shape: [2], data: BigInt64Array.of(1n, 2n) }, text)
  }
})

test('lists may be flat or nested down to any row of the shape', () => {
  const shape = [2, 1, 3]
  const table = [
    [1, 2, 3, 4, 5, 6],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [[[1, 2, 3]], [[4, 5, 6]]],
    [
      [
        [[1], [2], [3]],
        [[4], [5], [6]],
      ],
    ],
  ]
  for (const data of table) assert.deepEqual(read({ shape, data }).data, Float32Array.of(1, 2, 3, 4, 5, 6))
  assert.deepEqual(read({ shape: [], data: [7] }), { name: 'x', datatype: 'FP32', shape: [], data: Float32Array.of(7) })
  assert.deepEqual(read({ shape: [0, 3], data: [] }).data, new Float32Array(0))
  assert.deepEqual(read({ shape: [2, 0], data: [[], []] }).data, new Float32Array(0))
})

test('elements are read as their datatype says, whose letter case does not matter', () => {
  const table = [
    ['bool', '[true,false,1,0]', Uint8Array.of(1, 0, 1, 0)],
    ['Int8', '[-128,127,1.0,2e1]', Int8Array.of(-128, 127, 1, 20)],
    [
      'UINT64',
      '[18446744073709551615,9007199254740993,0,1]',
      BigUint64Array.of(2n ** 64n - 1n, 2n ** 53n + 1n, 0n, 1n),
    ],
    [
      'INT64',
      '[-9223372036854775808,-9007199254740993,-1,-4294967296]',
      BigInt64Array.of(-(2n ** 63n), -(2n ** 53n) - 1n, -1n, -(2n ** 32n)),
    ],
    ['fp16', '[1,-2,65504,6e-8]', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1)],
    ['BF16', '[1,-2,0.1,0]', Uint16Array.of(0x3f80, 0xc000, 0x3dcd, 0)],
    ['fp32', '[0.1,0.10000000149011612,1e-46,-0.0]', Float32Array.of(0.1, 0.1, 0, -0)],
    ['FP64', '[0.1,1e308,5e-324,123456789012345678]', Float64Array.of(0.1, 1e308, 5e-324, 123_456_789_012_345_680)],
  ] as const
  for (const [datatype, data, expected] of table) {
    assert.deepEqual(read(`{"name":"x","datatype":"${datatype}","shape":[4],"data":${data}}`).data, expected, datatype)
  }
})

test('BYTES are the UTF-8 of strings, or base64 for any other bytes', () => {
  const { data } = read(
    '{"name":"x","datatype":"BYTES","shape":[5],"data":["h\u00e9","\\n\\ud83d\\ude00","",{"b64":"/wA="},{"b64":""}]}',
  )
  assert.deepEqual(
    Array.from(data as Uint8Array[], (element) => Buffer.from(element).toString('hex')),
    ['68c3a9', '0af09f9880', '', 'ff00', ''],
  )
})

test('binary data follows the JSON in the order of the inputs that have it', () => {
  const inputs = [
    { name: 'a', datatype: 'INT16', shape: [2], parameters: { binary_data_size: 4, keep: 1 } },
    tensor({}),
    { name: 'b', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 5 } },
  ]
  const [bytes, length] = withBinary({ inputs }, [1, 0, 2, 0, 1, 0, 0, 0, 65])
  const request = readInferRequest(bytes, length)
  assert.deepEqual(request.inputs[0], {
    name: 'a',
    datatype: 'INT16',
    shape: [2],
    parameters: { keep: 1 },
    data: Int16Array.of(1, 2),
  })
  assert.deepEqual(request.inputs[1]?.data, Float32Array.of(1, 2))
  assert.deepEqual(request.inputs[2], { name: 'b', datatype: 'BYTES', shape: [1], data: [Buffer.from('A')] })
})

test('a bad request is a 400 that says what is wrong with it', () => {
  const table: readonly (readonly [unknown, RegExp])[] = [
    ['', /the JSON breaks off: the request must be an object/],
    ['[]', /the request must be an object/],
    ['{}', /no inputs/],
    [{ inputs: {} }, /inputs must be a list/],
    [{ inputs: null }, /inputs must be a list/],
    [{ inputs: [1] }, /inputs\[0\] must be an object/],
    [{ id: 1, inputs: [] }, /byte 6: id must be a string/],
    [{ parameters: [], inputs: [] }, /parameters must be an object/],
    [{ parameters: { a: {} }, inputs: [] }, /the parameter "a" must be a boolean, a number or a string/],
    [{ inputs: [], outputs: [{}] }, /outputs\[0\] has no name/],
    [{ inputs: [], outputs: [{ name: 'y' }, { name: 'y' }] }, /the output "y" is asked for twice/],
    [{ inputs: [], outputs: [{ name: '' }] }, /outputs\[0\] has no name/],
    [{ inputs: [], outputs: many(1025, (at) => ({ name: `y${at}` })) }, /more than 1024 outputs/],
    [{ inputs: [tensor({}), tensor({})] }, /two inputs have the name "x"/],
    [{ inputs: [...many(20, (at) => tensor({ name: `x${at}` })), tensor({ name: 'x7' })] }, /two inputs .* "x7"/],
    [{ inputs: many(1025, (at) => tensor({ name: `x${at}` })) }, /more than 1024 inputs/],
    [{ inputs: [], parameters: Object.fromEntries(many(1025, (at) => [`p${at}`, 1])) }, /more than 1024 parameters/],
    [oneInput({ name: undefined }), /inputs\[0\] has no name/],
    [oneInput({ name: '' }), /inputs\[0\] has no name/],
    [oneInput({ shape: many(65, () => 1) }), /tensor "x": a shape of more than 64 sizes/],
    [
      oneInput({ datatype: 'BYTES', shape: [2 ** 20 + 1], data: many(2 ** 20 + 1, () => '') }),
      /tensor "x": more than 1048576 elements of BYTES in one message/,
    ],
    [oneInput({ name: 1 }), /the name of inputs\[0\] must be a string/],
    [oneInput({ datatype: undefined }), /tensor "x" has no datatype/],
    [oneInput({ datatype: 'STRING' }), /tensor "x": unknown datatype "STRING"; there are BOOL/],
    [oneInput({ shape: undefined }), /tensor "x" has no shape/],
    [oneInput({ shape: 2 }), /shape must be a list/],
    [oneInput({ shape: [1.5] }), /tensor "x": the sizes in its shape must be whole numbers/],
    [oneInput({ shape: [-1] }), /tensor "x": the sizes in its shape must be whole numbers/],
    [oneInput({ shape: ['2'] }), /tensor "x": the sizes in its shape must be whole numbers/],
    [oneInput({ data: undefined }), /tensor "x" has no data/],
    [oneInput({ data: null }), /tensor "x" has no data/],
    [oneInput({ data: 1, shape: [] }), /the data of tensor "x" must be a list/],
    [oneInput({ shape: [1, 3] }), /tensor "x": the shape \[1,3\] has 3 elements, its data has 2/],
    [oneInput({ shape: [1e15, 1e15] }), /has more than 2\^53 elements, its data has 2/],
    [oneInput({ shape: [1e9] }), /has 1000000000 elements, its data has 2/],
    [
      oneInput({ shape: [3], data: [[1, 2], [3]] }),
      /tensor "x": the lists of its data differ in length or depth, at element 3/,
    ],
    [oneInput({ shape: [3], data: [[1], [[2]], [3]] }), /tensor "x": the lists of its data differ/],
    [
      oneInput({
        shape: [2, 3],
        data: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      }),
      /its data has the shape \[3,2\] instead of \[2,3\]/,
    ],
    [oneInput({ data: [1, [2]] }), /tensor "x": the JSON is wrong at byte \d+: expected a number/],
    [oneInput({ data: [1, '2'] }), /tensor "x": the JSON is wrong at byte \d+: expected a number/],
    [oneInput({ data: [1, null] }), /tensor "x": .* expected a number/],
    [oneInput({ data: [1, 1e39] }), /tensor "x": element 1 is beyond the range of FP32/],
    [oneInput({ datatype: 'FP16', data: [65_520, 1] }), /tensor "x": element 0 is beyond the range of FP16/],
    [oneInput({ datatype: 'INT8', data: [1, 128] }), /tensor "x": element 1 is beyond the range of INT8/],
    [oneInput({ datatype: 'UINT8', data: [-1, 1] }), /tensor "x": element 0 is beyond the range of UINT8/],
    [oneInput({ datatype: 'UINT64', data: [-1, 1] }), /tensor "x": element 0 is beyond the range of UINT64/],
    [oneInput({ datatype: 'INT32', data: [1, 1.5] }), /tensor "x": element 1 must be a whole number/],
    [oneInput({ datatype: 'BOOL', data: [true, 2] }), /tensor "x": element 1 must be true, false, 0 or 1/],
    [oneInput({ datatype: 'BYTES', data: ['a', 1] }), /tensor "x": .* element 1 of BYTES must be a string/],
    [oneInput({ datatype: 'BYTES', data: ['a', { b64: 'a' }] }), /tensor "x": element 1 is no valid base64/],
    [oneInput({ datatype: 'BYTES', data: ['a', { b: '' }] }), /tensor "x": element 1 must be a string or/],
    [oneInput({ datatype: 'BYTES', data: ['a', {}] }), /tensor "x": element 1 must be a string or/],
    ['{"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["\\ud800"]}]}', /half of a surrogate pair/],
    [
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[NaN]}]}',
      /tensor "x": .* JSON has no NaN; the binary form/,
    ],
    [
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[-Infinity]}]}',
      /tensor "x": .* JSON has no Infinity/,
    ],
    [
      '{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[9223372036854775808]}]}',
      /element 0 is beyond the range of INT64/,
    ],
    ['{"inputs":[{"name":"x","datatype":"FP64","shape":[1],"data":[1e999]}]}', /element 0 is beyond the range of FP64/],
    [oneInput({ parameters: { binary_data_size: 4 } }), /tensor "x" has both data and binary_data_size/],
    [
      oneInput({ data: undefined, parameters: { binary_data_size: 8 } }),
      /needs the header Inference-Header-Content-Length/,
    ],
    [oneInput({ data: undefined, parameters: { binary_data_size: -8 } }), /binary_data_size must be a whole number/],
    [oneInput({ data: undefined, parameters: { binary_data_size: '8' } }), /binary_data_size must be a whole number/],
    ['{"inputs":[]} x', /expected the end/],
  ]
  for (const [request, message] of table) {
    assert.throws(() => readInferRequest(body(request)), { status: 400, message }, String(message))
  }
})

test('a header length or binary size that does not fit the body is a 400', () => {
  const input = tensor({ data: undefined, parameters: { binary_data_size: 8 } })
  const [bytes, length] = withBinary({ inputs: [input] }, [1, 2, 3, 4, 5, 6, 7])
  const table: readonly (readonly [Buffer, number, RegExp])[] = [
    [bytes, length, /tensor "x": binary_data_size is 8, but 7 bytes are left/],
    [
      bytes,
      length + 8,
      new RegExp(`Inference-Header-Content-Length is ${length + 8}, but the body has ${length + 7} bytes`),
    ],
    [bytes, -1, /Content-Length is -1/],
    [bytes, 1.5, /Content-Length is 1.5/],
    [bytes, Number.NaN, /Content-Length is NaN/],
    [bytes, 5, /the JSON breaks off/],
    [
      ...withBinary({ inputs: [input] }, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      /1 bytes follow the binary data of the last tensor/,
    ],
    [
      ...withBinary(oneInput({ data: undefined, parameters: { binary_data_size: 3 } }), [1, 2, 3]),
      /FP32 of shape \[2\] takes 8 bytes, found 3/,
    ],
  ]
  for (const [request, headerLength, message] of table) {
    assert.throws(() => readInferRequest(request, headerLength), { status: 400, message })
  }
})

test('a binary tensor without any bytes needs no header', () => {
  const empty = tensor({ shape: [0], data: undefined, parameters: { binary_data_size: 0 } })
  const [input] = readInferRequest(body({ inputs: [empty] })).inputs
  assert.deepEqual(input, { name: 'x', datatype: 'FP32', shape: [0], data: new Float32Array(0) })
})

test('binary elements of BYTES are counted before they are made, those of all tensors together', () => {
  const half = 2 ** 19 + 1
  const input = (name: string): object =>
    tensor({ name, datatype: 'BYTES', shape: [half], data: undefined, parameters: { binary_data_size: 4 * half } })
  const json = body({ inputs: [input('x'), input('y')] })
  assert.throws(() => readInferRequest(Buffer.concat([json, Buffer.alloc(8 * half)]), json.length), {
    status: 400,
    message: 'tensor "y": more than 1048576 elements of BYTES in one message',
  })
})

test('a name of any length makes a short message', () => {
  const name = 'n'.repeat(1e5)
  assert.throws(
    () => readInferRequest(body(oneInput({ name, shape: Array.from({ length: 1e4 }, () => 3) }))),
    (error: Error) => error.message.length < 400,
  )
})

test('a damaged request is read or refused with a 400, never anything else', () => {
  const anyDamage = fc.array(
    fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('[]{}",:01-e.N')))),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  fc.assert(
    fc.property(anyRequest, fc.boolean(), anyDamage, fc.nat(), (request, binary, damage, cut) => {
      const { body: whole, headerLength } = writeInferRequest(request, { binary })
      for (const [at, byte] of damage) whole[at % whole.length] = byte
      const end = cut % 2 === 0 ? whole.length : cut % whole.length
      try {
        readInferRequest(whole.subarray(0, end), headerLength)
      } catch (error) {
        assert.ok(error instanceof InferenceError, String(error))
        assert.equal(error.status, 400)
      }
    }),
    { numRuns: 3000 },
  )
})
