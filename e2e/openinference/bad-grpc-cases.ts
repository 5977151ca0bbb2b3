/** A `ModelInferRequest` to `echo`, and a pattern for the details of INVALID_ARGUMENT. */
export type BadGrpcCase = readonly [what: string, request: object, details: RegExp]

/** An input `x` of one FP32 with typed contents, changed. */
function x(changes: object = {}): object {
  return { name: 'x', datatype: 'FP32', shape: [1], contents: { fp32_contents: [1] }, ...changes }
}

/** An input `x` whose bytes follow. */
function raw(bytes: Uint8Array, changes: object = {}): object {
  return { inputs: [x({ contents: undefined, ...changes })], raw_input_contents: [bytes] }
}

function typed(datatype: string, contents: object, shape: readonly (number | string)[] = [1]): object {
  return { inputs: [{ name: 'x', datatype, shape, contents }] }
}

const one = Buffer.alloc(4)
const bytesOf = (...lengths: number[]): Buffer => Buffer.from(new Uint32Array(lengths).buffer)
const many = (count: number, make: (index: number) => object): object[] =>
  Array.from({ length: count }, (_, at) => make(at))

/** Requests that gRPC refuses. */
export const badGrpcCases: readonly BadGrpcCase[] = [
  ['no contents', { inputs: [x({ contents: undefined })] }, /"x".*1 elements, found 0/],
  ['no name', { inputs: [x({ name: '' })] }, /input 0 has no name/],
  ['a name twice', { inputs: [x(), x({ name: 'y' }), x()] }, /"x"/],
  ['no datatype', { inputs: [x({ datatype: '' })] }, /"x"/],
  ['an unknown datatype', { inputs: [x({ datatype: 'FLOAT' })] }, /"x".*FLOAT/],
  ['100,000 inputs', { inputs: many(100_000, (at) => ({ name: `x${at}` })) }, /more than \d+ tensors/],
  ['100,000 outputs', { inputs: [x()], outputs: many(100_000, (at) => ({ name: `x${at}` })) }, /more than \d+ outputs/],
  ['an unknown output', { inputs: [x()], outputs: [{ name: 'y' }] }, /"y".*"x"/],
  ['an output twice', { inputs: [x()], outputs: [{ name: 'x' }, { name: 'x' }] }, /"x".*twice/],
  // Shapes.
  ['a size below 0', { inputs: [x({ shape: [-1] })] }, /"x".*\[-1\].*below 0/],
  ['a size beyond 2^53', { inputs: [x({ shape: ['9007199254740993'] })] }, /"x".*2\^53/],
  ['a huge size', { inputs: [x({ shape: ['1099511627776'] })] }, /"x".*1099511627776 elements, found 1/],
  ['sizes whose product is beyond 2^64', { inputs: [x({ shape: ['4294967296', '4294967296', 2] })] }, /"x".*more than 2\^53/], // prettier-ignore
  ['100,000 sizes', { inputs: [x({ shape: Array.from({ length: 100_000 }, () => 1) })] }, /"x".*more than \d+ sizes/],
  // Typed contents.
  ['too few elements', typed('INT64', { int64_contents: [1, 2, 3] }, [2, 2]), /"x".*4 elements, found 3/],
  ['too many elements', typed('BOOL', { bool_contents: [true, true] }), /"x".*1 elements, found 2/],
  ['too few elements of BYTES', typed('BYTES', { bytes_contents: [] }), /"x".*1 elements, found 0/],
  ['contents of another datatype', typed('INT64', { int_contents: [1] }), /"x".*INT64 takes int64_contents.*int_contents/], // prettier-ignore
  ['contents of two datatypes', typed('FP32', { fp32_contents: [1], fp64_contents: [1] }), /"x".*fp32_contents.*fp64_contents/], // prettier-ignore
  ['typed contents of FP16', typed('FP16', { fp32_contents: [1] }), /"x".*FP16.*raw/],
  ['typed contents of BF16', typed('BF16', { fp32_contents: [1] }), /"x".*BF16.*raw/],
  ['300 as INT8', typed('INT8', { int_contents: [300] }), /"x".*INT8/],
  ['-129 as INT8', typed('INT8', { int_contents: [-129] }), /"x".*INT8/],
  ['2^16 as UINT16', typed('UINT16', { uint_contents: [1, 65_536] }, [2]), /"x".*UINT16/],
  ['-2^15 - 1 as INT16', typed('INT16', { int_contents: [-32_769] }), /"x".*INT16/],
  // Raw contents.
  ['raw and typed contents', { inputs: [x()], raw_input_contents: [one] }, /"x".*raw_input_contents/],
  ['raw contents for one, typed ones for the other', { inputs: [x({ contents: undefined }), x({ name: 'y' })], raw_input_contents: [one] }, /"y".*raw_input_contents/], // prettier-ignore
  ['too few raw contents', { inputs: [x({ contents: undefined }), x({ name: 'y', contents: undefined })], raw_input_contents: [one] }, /1 raw_input_contents for 2 inputs/], // prettier-ignore
  ['too many raw contents', { inputs: [x({ contents: undefined })], raw_input_contents: [one, one] }, /2 raw_input_contents for 1 inputs/], // prettier-ignore
  ['raw contents without an input', { inputs: [], raw_input_contents: [one] }, /1 raw_input_contents for 0 inputs/],
  ['a raw buffer that is cut off', raw(one, { shape: [2] }), /"x".*\[2\] takes 8 bytes, found 4/],
  ['a raw buffer that is too long', raw(Buffer.alloc(8)), /"x".*\[1\] takes 4 bytes, found 8/],
  ['half an element', raw(Buffer.alloc(3)), /"x".*takes 4 bytes, found 3/],
  ['a raw buffer of a huge shape', raw(one, { shape: ['1099511627776', '1099511627776'] }), /"x".*more than 2\^53 bytes/], // prettier-ignore
  ['BYTES of a huge shape', raw(one, { datatype: 'BYTES', shape: ['1099511627776'] }), /"x"/],
  ['BYTES whose length is cut off', raw(Buffer.alloc(3), { datatype: 'BYTES' }), /"x"/],
  ['BYTES that are cut off', raw(bytesOf(5), { datatype: 'BYTES' }), /"x".*element 0.*5 bytes, but 0 are left/],
  ['BYTES of 4 GB', raw(bytesOf(0xffff_ffff), { datatype: 'BYTES' }), /"x".*element 0.*4294967295 bytes/],
  ['BYTES without their lengths', raw(Buffer.from('hello'), { datatype: 'BYTES' }), /"x".*element 0/],
  ['too many BYTES', raw(bytesOf(0, 0), { datatype: 'BYTES' }), /"x".*takes 4 bytes, found 8/],
]

/** Bytes that are no `ModelInferRequest`. */
export const badMessages: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['noise', Buffer.from('ffffffffffffffffffff', 'hex')],
  ['a field that is cut off', Buffer.from('0a10', 'hex')],
  ['a field of another wire type', Buffer.from('0801', 'hex')],
  ['field number 0', Buffer.from('0001', 'hex')],
  ['a group without its end', Buffer.from('0b', 'hex')],
  ['a tensor that ends midway', Buffer.from('0a046563686f2a050a0178', 'hex')],
]
