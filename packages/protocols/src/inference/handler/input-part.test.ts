import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyRequest } from '../fixtures/any-tensor.ts'
import { readInferRequest } from '../read-request.ts'
import type { Tensor } from '../tensor.ts'
import { inputPart } from './input-part.ts'
import { tensorsByName } from './input-tensor.ts'
import { joinParts } from './tensor-part.ts'

/** BYTES are views on a body, and -0 is not 0: bytes are what is compared. */
function plain({ name, datatype, shape, data }: Tensor): object {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : data.map((element) => Array.from(element))
  return { name, datatype, shape, bytes: Array.from(bytes as ArrayLike<unknown>) }
}

/** What a model is given for values of its declared inputs. */
function given(declared: readonly Tensor[], valueOf: (tensor: Tensor) => unknown): object[] {
  const parts = declared.map((tensor) => inputPart(tensor, valueOf(tensor)))
  const { body, headerLength } = joinParts(`{"inputs":[${parts.map(({ json }) => json).join(',')}]}`, parts)
  assert.equal((headerLength ?? 0) % 8, 0)
  return readInferRequest(body, headerLength).inputs.map(plain)
}

test('a model is given any tensor that a handler has, and any array or list of the declared datatype and size', () => {
  fc.assert(
    fc.property(anyRequest, ({ inputs }) => {
      const expected = inputs.map(plain)
      const named = tensorsByName(inputs)
      assert.deepEqual(
        given(inputs, ({ name }) => named[name]),
        expected,
      )
      assert.deepEqual(
        given(inputs, ({ data }) => data),
        expected,
      )
      const flat = ({ datatype, data }: Tensor): unknown =>
        datatype === 'FP16' || datatype === 'BF16' ? data : Array.from(data as ArrayLike<unknown>)
      assert.deepEqual(given(inputs, flat), expected)
    }),
  )
})
