import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { JsonWriter } from './json-writer.ts'
import type { Datatype, TensorData } from './tensor.ts'
import { writeJsonData } from './write-data.ts'

function write(datatype: Datatype, data: TensorData): string {
  const writer = new JsonWriter()
  writeJsonData(writer, { name: 'x', datatype, shape: [data.length], data }, 500)
  return writer.finish().toString()
}

test('floats have a point or an exponent, so that Python reads them as such, and keep their sign', () => {
  assert.equal(
    write('FP64', Float64Array.of(0, -0, 1, -2.5, 1e20, 1e21, 5e-324)),
    '[0.0,-0.0,1.0,-2.5,100000000000000000000.0,1e+21,5e-324]',
  )
  assert.equal(write('FP32', Float32Array.of(0.1, 3)), '[0.1,3.0]')
  assert.equal(write('FP16', Uint16Array.of(0x3c00, 0x3555)), '[1.0,0.33325195]')
  assert.equal(write('BF16', Uint16Array.of(0x3f80)), '[1.0]')
})

test('whole numbers keep all their digits, around 2^53 and at the ends of the range', () => {
  const longs = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 53n - 1n, -(2n ** 53n), 0n, -1n]
  assert.equal(write('INT64', BigInt64Array.from(longs)), `[${longs.join(',')}]`)
  const naturals = [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n + 1n, 2n ** 32n, 1n]
  assert.equal(write('UINT64', BigUint64Array.from(naturals)), `[${naturals.join(',')}]`)
  assert.equal(write('INT32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)), '[-2147483648,2147483647]')
  assert.equal(write('UINT8', Uint8Array.of(0, 255)), '[0,255]')
})

test('truths are true and false, bytes are text where they are UTF-8', () => {
  assert.equal(write('BOOL', Uint8Array.of(1, 0)), '[true,false]')
  const elements = ['a', '"\\\n', 'é\u007f', ''].map((text) => Buffer.from(text))
  assert.equal(write('BYTES', [...elements, Uint8Array.of(0xff)]), '["a","\\"\\\\\\n","é\u007f","",{"b64":"/w=="}]')
  assert.equal(write('BYTES', []), '[]')
})

test('an element of BYTES that is too long for one string is refused, unless it is copied as it is', () => {
  const element = new Uint8Array(2 ** 26 + 1).fill(0x61)
  assert.equal(write('BYTES', [element]).length, element.length + 4)
  element[0] = 0xff
  assert.throws(() => write('BYTES', [element]), { status: 500, message: /"x": element 0 has 67108865 bytes/ })
})
