import assert from 'node:assert/strict'
import http2 from 'node:http2'
import { test } from 'node:test'
import fc from 'fast-check'
import { openTap } from './fixtures/tap.ts'
import { HpackDecoder } from './hpack-decoder.ts'

const name = fc.oneof(
  fc.constantFrom('x-request-id', 'traceparent', 'authorization', 'content-type', 'user-agent', 'grpc-timeout'),
  fc.stringMatching(/^x-[a-z0-9!#$%&'*.^_`|~+-]{0,40}$/),
)
/** Every byte that `node:http2` lets into a value; spaces around it would be taken off by some. */
const value = fc.oneof(
  fc.constantFrom('application/grpc', 'trailers', '1', 'a'.repeat(300)),
  fc.stringMatching(/^(?:[!-~\u0080-\u00ff][\t -~\u0080-\u00ff]{0,80}[!-~\u0080-\u00ff])?$/),
)
const list = fc.dictionary(name, value, { maxKeys: 12 })

const limits = { maxListBytes: 1_000_000, maxFields: 10_000 }

test('blocks of node:http2 are read as it reads them itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 12 }), async (lists) => {
      await using tap = await openTap()
      const decoder = new HpackDecoder(limits)
      // Twice, since the second time they come from the table.
      const tapped = await tap.request(...lists, ...lists)
      assert.equal(tapped.length, 2 * lists.length)
      for (const { block, rawHeaders } of tapped) {
        assert.deepEqual(decoder.decode(block), { headers: rawHeaders, isTooLarge: false })
      }
    }),
    { numRuns: 30 },
  )
})

test('a table whose size changes under way is the same at both ends', async () => {
  await using tap = await openTap()
  const decoder = new HpackDecoder(limits)
  let updates = 0
  for (const bytes of [4_096, 0, 100, 4_095, 64, 1_000, 0, 4_096]) {
    await tap.allowTable(bytes)
    for (const round of [1, 2, 3, 3]) {
      const list = { 'x-a': 'a'.repeat(round), 'x-b': `for ${bytes}`, 'x-c': 'always' }
      const [tapped] = await tap.request(list)
      if ((tapped!.block[0]! & 0xe0) === 0x20) updates++
      assert.deepEqual(decoder.decode(tapped!.block).headers, tapped!.rawHeaders)
    }
  }
  assert.ok(updates >= 7, `${updates} blocks changed the size`)
})

test('large lists, values beyond the table and sensitive fields are read', async () => {
  await using tap = await openTap()
  const decoder = new HpackDecoder(limits)
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`x-${i}`, `value ${i % 7}`]))
  const large = { 'x-large': 'é~x'.repeat(1_500), 'x-plain': '\\'.repeat(5_000) }
  const sensitive = { 'x-secret': 'abc', [http2.sensitiveHeaders]: ['x-secret'] }
  const tapped = await tap.request(many, large, sensitive, many, large, sensitive)
  assert.equal(tapped.length, 6)
  for (const { block, rawHeaders } of tapped) assert.deepEqual(decoder.decode(block).headers, rawHeaders)
})
