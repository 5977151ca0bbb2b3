import zlib from 'node:zlib'
import { binaryRequest } from './infer-forms.ts'
import type { RestRequest } from './rest-peer.ts'

/** What is sent to `echo`, the status of the answer, and a pattern for its error's text. */
export type BadRestCase = readonly [what: string, request: RestRequest, status: number, error: RegExp]

const lengthName = 'Inference-Header-Content-Length'
const mebibyte = 1024 * 1024

/** An input `x` of one FP32, changed. */
function x(changes: object): object {
  return { name: 'x', datatype: 'FP32', shape: [1], data: [1], ...changes }
}

function json(...inputs: object[]): RestRequest {
  return { body: JSON.stringify({ inputs }) }
}

/** An input `x` whose data are a piece of JSON. */
function data(datatype: string, text: string, shape = '[1]'): RestRequest {
  return { body: `{"inputs":[{"name":"x","datatype":"${datatype}","shape":${shape},"data":${text}}]}` }
}

function binary(changes: object, raw: Uint8Array, datatype = 'FP32'): RestRequest {
  const parameters = { binary_data_size: raw.length }
  return binaryRequest({ inputs: [{ name: 'x', datatype, shape: [1], parameters, ...changes }] }, raw)
}

/** A good binary request that speaks of its head's length in its own way. */
function headerLength(...values: string[]): RestRequest {
  const { body } = binary({}, Buffer.alloc(4))
  return { body: body ?? '', headers: values.map((value) => [lengthName, value] as const) }
}

function framed(...lengths: number[]): Buffer {
  return Buffer.concat(lengths.map((length) => Buffer.from(new Uint32Array([length]).buffer)))
}

const one = Buffer.alloc(4)
const deep = 100_000

/** Requests that REST refuses. */
export const badRestCases: readonly BadRestCase[] = [
  // What is no request at all.
  ['no body', { method: 'POST', headers: [['Content-Length', '0']] }, 400, /request.*object/],
  ['a list', { body: '[]' }, 400, /request must be an object/],
  ['no JSON', { body: 'inputs=1' }, 400, /request must be an object/],
  ['JSON that is cut off', { body: '{"inputs":[{"name":"x"' }, 400, /breaks off/],
  ['JSON and more', { body: '{"inputs":[]} {}' }, 400, /end/],
  ['a comma too many', { body: '{"inputs":[],}' }, 400, /key.*string/],
  ['no inputs', { body: '{}' }, 400, /no inputs/],
  ['inputs that are no list', { body: '{"inputs":{}}' }, 400, /inputs must be a list/],
  ['an input that is no object', { body: '{"inputs":[1]}' }, 400, /inputs\[0\] must be an object/],
  ['an id that is a number', { body: '{"id":1,"inputs":[]}' }, 400, /id must be a string/],
  ['parameters that are a list', { body: '{"parameters":[],"inputs":[]}' }, 400, /parameters must be an object/],
  ['a parameter that is an object', { body: '{"parameters":{"p":{}},"inputs":[]}' }, 400, /"p"/],
  ['a parameter that is infinite', { body: '{"parameters":{"p":1e999},"inputs":[]}' }, 400, /"p"|range/],
  ['bad UTF-8', { body: Buffer.from('{"id":"\xff","inputs":[]}', 'latin1') }, 400, /UTF-8/],
  ['UTF-16', { body: Buffer.from('{"inputs":[]}', 'utf16le') }, 400, /./],
  ['a NUL', { body: '{"inputs":[]}\0' }, 400, /end/],
  ['half a surrogate pair', data('BYTES', '["\\ud800"]'), 400, /surrogate/],
  ['an unknown escape', { body: '{"id":"\\x","inputs":[]}' }, 400, /escape/],
  ['lists as deep as they get', { body: `{"p":${'['.repeat(deep)}` }, 400, /more than \d+ levels/],
  ['objects as deep as they get', { body: '{"a":'.repeat(deep) }, 400, /more than \d+ levels/],
  ['data as deep as they get', data('FP32', '['.repeat(deep) + ']'.repeat(deep)), 400, /more than \d+ levels/],
  // Names and datatypes.
  ['no name', json(x({ name: undefined })), 400, /inputs\[0\] has no name/],
  ['an empty name', json(x({ name: '' })), 400, /name/],
  ['a name that is a number', json(x({ name: 1 })), 400, /name of inputs\[0\] must be a string/],
  ['a name twice', json(x({}), x({ name: 'y' }), x({})), 400, /two inputs.*"x"/],
  ['no datatype', json(x({ datatype: undefined })), 400, /"x" has no datatype/],
  ['an unknown datatype', json(x({ datatype: 'FLOAT' })), 400, /"x".*FLOAT/],
  ['a datatype that is a number', json(x({ datatype: 32 })), 400, /datatype.*must be a string/],
  ['100,000 inputs', json(...Array.from({ length: 100_000 }, (_, at) => x({ name: `x${at}` }))), 400, /more than \d+/],
  // Shapes.
  ['no shape', json(x({ shape: undefined })), 400, /"x" has no shape/],
  ['a shape that is a number', json(x({ shape: 1 })), 400, /shape must be a list/],
  ['a size below 0', json(x({ shape: [-1] })), 400, /"x".*shape.*from 0/],
  ['two sizes below 0', json(x({ shape: [-1, -1] })), 400, /"x".*shape.*from 0/],
  ['a size with a fraction', data('FP32', '[1]', '[1.5]'), 400, /"x".*shape.*whole/],
  ['a size that is a text', json(x({ shape: ['1'] })), 400, /"x".*shape.*whole/],
  ['a size beyond 2^64', data('FP32', '[1]', '[18446744073709551616]'), 400, /"x".*shape/],
  ['a huge size', json(x({ shape: [2 ** 40] })), 400, /"x".*1099511627776 elements.*1/],
  ['sizes whose product is beyond 2^64', json(x({ shape: [2 ** 32, 2 ** 32, 2] })), 400, /"x".*more than 2\^53/],
  ['sizes whose product wraps to 1', data('FP32', '[1]', '[4294967297,18446744069414584321]'), 400, /"x"/],
  ['100,000 sizes', json(x({ shape: Array.from({ length: 100_000 }, () => 1) })), 400, /"x".*more than \d+ sizes/],
  // Data against the shape and the datatype.
  ['no data', json(x({ data: undefined })), 400, /"x" has no data/],
  ['data that are null', json(x({ data: null })), 400, /"x" has no data/],
  ['data that are a number', json(x({ data: 1 })), 400, /"x" must be a list/],
  ['data that are an object', json(x({ data: {} })), 400, /"x" must be a list/],
  ['too few elements', json(x({ shape: [2, 2], data: [1, 2, 3] })), 400, /"x".*\[2,2\] has 4.*has 3/],
  ['too many elements', json(x({ data: [1, 2] })), 400, /"x".*\[1\] has 1.*has 2/],
  ['no elements', json(x({ data: [] })), 400, /"x".*\[1\] has 1.*has 0/],
  ['elements of an empty tensor', json(x({ shape: [0] })), 400, /"x".*\[0\] has 0.*has 1/],
  ['lists of another shape', json(x({ shape: [2, 3], data: [[1, 2], [3, 4], [5, 6]] })), 400, /"x".*\[3,2\] instead of \[2,3\]/], // prettier-ignore
  ['lists of different lengths', json(x({ shape: [3], data: [[1, 2], [3]] })), 400, /"x".*differ/], // prettier-ignore
  ['lists of different depths', json(x({ shape: [3], data: [[1, 2], 3] })), 400, /"x"/], // prettier-ignore
  ['NaN', data('FP32', '[NaN]'), 400, /"x".*NaN/],
  ['Infinity', data('FP64', '[1, Infinity]', '[2]'), 400, /"x".*Infinity/],
  ['-Infinity', data('FP16', '[-Infinity]'), 400, /"x".*Infinity/],
  ['a number beyond FP64', data('FP64', '[1e999]'), 400, /"x".*element 0.*range of FP64/],
  ['a number beyond FP32', data('FP32', '[1, 3.5e38]', '[2]'), 400, /"x".*element 1.*range of FP32/],
  ['a number beyond FP16', data('FP16', '[65536]'), 400, /"x".*element 0.*range of FP16/],
  ['2^53 + 1 as INT32', data('INT32', '[9007199254740993]'), 400, /"x".*element 0.*range of INT32/],
  ['2^64 as UINT64', data('UINT64', '[18446744073709551616]'), 400, /"x".*element 0.*range of UINT64/],
  ['-1 as UINT64', data('UINT64', '[-1]'), 400, /"x".*element 0.*range of UINT64/],
  ['2^63 as INT64', data('INT64', '[9223372036854775808]'), 400, /"x".*element 0.*range of INT64/],
  ['256 as UINT8', data('UINT8', '[256]'), 400, /"x".*element 0.*range of UINT8/],
  ['-129 as INT8', data('INT8', '[-129]'), 400, /"x".*element 0.*range of INT8/],
  ['a fraction as INT32', data('INT32', '[1.5]'), 400, /"x".*element 0.*whole number/],
  ['a million digits', data('INT64', `[${'9'.repeat(1_000_000)}]`), 400, /"x"/],
  ['a text as a number', data('FP32', '["1"]'), 400, /"x".*element 0|"x".*number/],
  ['a truth as a number', data('FP32', '[true]'), 400, /"x".*element 0|"x".*number/],
  ['null as a number', data('FP32', '[null]'), 400, /"x".*element 0|"x".*number/],
  ['2 as BOOL', data('BOOL', '[2]'), 400, /"x".*element 0.*true, false, 0 or 1/],
  ['a text as BOOL', data('BOOL', '["true"]'), 400, /"x"/],
  ['a number with a leading 0', data('INT32', '[01]'), 400, /./],
  ['a number with a sign', data('INT32', '[+1]'), 400, /./],
  ['a hexadecimal number', data('INT32', '[0x1]'), 400, /./],
  ['a number as BYTES', data('BYTES', '[1]'), 400, /element 0 of BYTES must be a string/],
  ['base64 with other characters', data('BYTES', '[{"b64":"a_-b"}]'), 400, /"x".*element 0.*base64/],
  ['base64 without its padding', data('BYTES', '["a",{"b64":"YQ"}]', '[2]'), 400, /"x".*element 1.*base64/],
  ['base64 that is a number', data('BYTES', '[{"b64":1}]'), 400, /b64 must be a string/],
  ['an object of another kind', data('BYTES', '[{"text":"a"}]'), 400, /"x".*element 0.*b64/],
  ['more texts than there may be', data('BYTES', `[${Array.from({ length: 1_100_000 }, () => '""').join()}]`, '[1100000]'), 400, /"x".*more than 1048576/], // prettier-ignore
  ['100,000 parameters', { body: `{"parameters":{${Array.from({ length: 100_000 }, (_, at) => `"${at}":1`).join()}},"inputs":[]}` }, 400, /more than \d+ parameters/], // prettier-ignore
  // Outputs.
  ['outputs that are an object', { body: '{"inputs":[],"outputs":{}}' }, 400, /outputs must be a list/],
  ['an output without a name', { body: '{"inputs":[],"outputs":[{}]}' }, 400, /outputs\[0\] has no name/],
  ['an unknown output', { body: '{"inputs":[],"outputs":[{"name":"y"}]}' }, 400, /"y"/],
  ['an output twice', { body: '{"inputs":[],"outputs":[{"name":"y"},{"name":"y"}]}' }, 400, /"y".*twice/],
  // The binary form.
  ['a raw buffer that is cut off', binary({ shape: [2] }, one), 400, /"x".*\[2\] takes 8 bytes, found 4/],
  ['a raw buffer that is too long', binary({}, Buffer.alloc(8)), 400, /"x".*\[1\] takes 4 bytes, found 8/],
  ['half an element', binary({}, Buffer.alloc(3)), 400, /"x".*takes 4 bytes, found 3/],
  ['a raw buffer of a huge shape', binary({ shape: [2 ** 40, 2 ** 40] }, one), 400, /"x".*more than 2\^53 bytes/],
  ['BYTES of a huge shape', binary({ shape: [2 ** 40] }, one, 'BYTES'), 400, /"x".*more than 1048576/],
  ['BYTES whose length is cut off', binary({}, Buffer.alloc(3), 'BYTES'), 400, /"x"/],
  ['BYTES that are cut off', binary({}, framed(5), 'BYTES'), 400, /"x".*element 0.*5 bytes, but 0 are left/],
  [
    'more BYTES than there may be',
    binary({ shape: [1_100_000] }, Buffer.alloc(4_400_000), 'BYTES'),
    400,
    /"x".*more than 1048576/,
  ],
  ['BYTES of 4 GB', binary({}, framed(0xffff_ffff), 'BYTES'), 400, /"x".*element 0.*4294967295 bytes, but 0/],
  ['too few BYTES', binary({ shape: [2] }, framed(0, 1), 'BYTES'), 400, /"x".*element 1/],
  ['too many BYTES', binary({}, framed(0, 0), 'BYTES'), 400, /"x".*takes 4 bytes, found 8/],
  ['fewer bytes than announced', binary({ parameters: { binary_data_size: 8 } }, one), 400, /"x".*8.*4 bytes are left/],
  ['more bytes than announced', binary({ parameters: { binary_data_size: 2 } }, one), 400, /"x".*takes 4 bytes, found 2/], // prettier-ignore
  ['a size that is a text', binary({ parameters: { binary_data_size: '4' } }, one), 400, /"x".*binary_data_size/],
  ['a size below 0', binary({ parameters: { binary_data_size: -4 } }, one), 400, /"x".*binary_data_size/],
  ['a size with a fraction', binary({ parameters: { binary_data_size: 4.5 } }, one), 400, /"x".*binary_data_size/],
  ['both forms', binary({ data: [1] }, one), 400, /"x" has both/],
  ['bytes after the last tensor', binaryRequest({ inputs: [x({})] }, one), 400, /4 bytes follow/],
  ['binary data without the header', json(x({ data: undefined, parameters: { binary_data_size: 4 } })), 400, new RegExp(`"x".*${lengthName}`)], // prettier-ignore
  ['a header length of 0', headerLength('0'), 400, /request must be an object/],
  ['a header length within the JSON', headerLength('10'), 400, /./],
  ['a header length beyond the body', headerLength('100000'), 400, new RegExp(`${lengthName} is 100000`)],
  ['a header length below 0', headerLength('-1'), 400, new RegExp(`${lengthName} is "-1"`)],
  ['a header length that is a text', headerLength('all'), 400, new RegExp(`${lengthName} is "all"`)],
  ['an empty header length', headerLength(''), 400, new RegExp(lengthName)],
  ['a header length with a fraction', headerLength('1.5'), 400, new RegExp(`${lengthName} is "1.5"`)],
  ['a header length of 10^30', headerLength(`1${'0'.repeat(30)}`), 400, new RegExp(lengthName)],
  ['two header lengths', headerLength('83', '84'), 400, new RegExp(lengthName)],
  // Compression and sizes.
  ['an unknown coding', { body: '{"inputs":[]}', headers: [['Content-Encoding', 'br']] }, 415, /br/],
  ['two codings', { body: '{"inputs":[]}', headers: [['Content-Encoding', 'gzip, gzip']] }, 415, /gzip, gzip/],
  ['no gzip', { body: '{"inputs":[]}', headers: [['Content-Encoding', 'gzip']] }, 400, /no gzip/],
  ['gzip that is cut off', { body: zlib.gzipSync('{"inputs":[]}').subarray(0, 20), headers: [['Content-Encoding', 'gzip']] }, 400, /no gzip/], // prettier-ignore
  ['no deflate', { body: '{"inputs":[]}', headers: [['Content-Encoding', 'deflate']] }, 400, /no deflate/],
  ['a gzip bomb', { body: zlib.gzipSync(Buffer.alloc(400 * mebibyte, ' '), { level: 1 }), headers: [['Content-Encoding', 'gzip']] }, 413, /more than 67108864/], // prettier-ignore
  ['a deflate bomb', { body: zlib.deflateSync(Buffer.alloc(200 * mebibyte, '['), { level: 1 }), headers: [['Content-Encoding', 'deflate']] }, 413, /more than 67108864/], // prettier-ignore
]
