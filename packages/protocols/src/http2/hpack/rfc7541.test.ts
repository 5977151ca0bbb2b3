import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { HpackDecoder } from './hpack-decoder.ts'
import { HpackError } from './hpack-error.ts'

interface Step {
  block: string
  headers: string[]
  /** What the dynamic table holds afterwards, newest first. */
  table: string[]
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

/** Asks for every entry of the dynamic table, and for one more, which is an error. */
function tableOf(decoder: HpackDecoder): string[] {
  const headers: string[] = []
  for (let index = 62; index < 127; index++) {
    try {
      headers.push(...decoder.decode(Buffer.from([0x80 | index])).headers)
    } catch (error) {
      assert.ok(error instanceof HpackError)
      return headers
    }
  }
  throw new Error('the table has no end')
}

function walk(maxTableBytes: number, steps: Step[]): void {
  const decoder = new HpackDecoder({ maxTableBytes })
  for (const { block, headers, table } of steps) {
    assert.deepEqual(decoder.decode(hex(block)), { headers, isTooLarge: false })
    assert.deepEqual(tableOf(decoder), table)
  }
}

const firstRequest = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com']
const secondRequest = [...firstRequest, 'cache-control', 'no-cache']
const thirdRequest = [':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com']
thirdRequest.push('custom-key', 'custom-value')
const firstTable = [':authority', 'www.example.com']
const secondTable = ['cache-control', 'no-cache', ...firstTable]
const thirdTable = ['custom-key', 'custom-value', ...secondTable]

const date = 'Mon, 21 Oct 2013 20:13:21 GMT'
const laterDate = 'Mon, 21 Oct 2013 20:13:22 GMT'
const location = ['location', 'https://www.example.com']
const cookie = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']
const aside = ['cache-control', 'private', 'date', date, ...location]
const answers = [
  [':status', '302', ...aside],
  [':status', '307', ...aside],
  [':status', '200', 'cache-control', 'private', 'date', laterDate, ...location, 'content-encoding', 'gzip', ...cookie],
]
const answerTables = [
  [...location, 'date', date, 'cache-control', 'private', ':status', '302'],
  [':status', '307', ...location, 'date', date, 'cache-control', 'private'],
  [...cookie, 'content-encoding', 'gzip', 'date', laterDate],
]

test('C.1: integers, as sizes of the table', () => {
  for (const [block, size] of [
    ['2a', 10],
    ['3f9a0a', 1_337],
    ['3e', 30],
    ['3f00', 31],
  ] as const) {
    assert.deepEqual(new HpackDecoder({ maxTableBytes: size }).decode(hex(block)).headers, [])
    assert.throws(() => new HpackDecoder({ maxTableBytes: size - 1 }).decode(hex(block)), HpackError)
  }
})

test('C.2: each representation of a field', () => {
  const custom = ['custom-key', 'custom-header']
  const literal = '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'
  walk(4_096, [{ block: literal, headers: custom, table: custom }])
  walk(4_096, [{ block: '040c 2f73 616d 706c 652f 7061 7468', headers: [':path', '/sample/path'], table: [] }])
  walk(4_096, [{ block: '1008 7061 7373 776f 7264 0673 6563 7265 74', headers: ['password', 'secret'], table: [] }])
  walk(4_096, [{ block: '82', headers: [':method', 'GET'], table: [] }])
})

test('C.3: requests without Huffman', () => {
  const custom = '400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65'
  walk(4_096, [
    { block: '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', headers: firstRequest, table: firstTable },
    { block: '8286 84be 5808 6e6f 2d63 6163 6865', headers: secondRequest, table: secondTable },
    { block: `8287 85bf ${custom}`, headers: thirdRequest, table: thirdTable },
  ])
})

test('C.4: requests with Huffman', () => {
  const custom = '4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'
  walk(4_096, [
    { block: '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', headers: firstRequest, table: firstTable },
    { block: '8286 84be 5886 a8eb 1064 9cbf', headers: secondRequest, table: secondTable },
    { block: `8287 85bf ${custom}`, headers: thirdRequest, table: thirdTable },
  ])
})

test('C.5: answers without Huffman, which drop old entries', () => {
  const blocks = [
    `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
     546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
    '4803 3330 37c1 c0bf',
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
     6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
     2076 6572 7369 6f6e 3d31`,
  ]
  walk(
    256,
    blocks.map((block, i) => ({ block, headers: answers[i]!, table: answerTables[i]! })),
  )
})

test('C.6: answers with Huffman, which drop old entries', () => {
  const blocks = [
    `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
     8f0b 97c8 e9ae 82ae 43d3`,
    '4883 640e ffc1 c0bf',
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
     dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
  ]
  walk(
    256,
    blocks.map((block, i) => ({ block, headers: answers[i]!, table: answerTables[i]! })),
  )
})
