import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeOutputter } from './describe-outputter.ts'
import { type ServedFunction, serve, serveSuite } from './serve-function.ts'

type Served = () => ServedFunction
type Row = readonly [row: number, command: string, status: number, type: string, text: string]

const rows: Row[] = [
  [22, 'return_string', 200, 'text/plain', 'a string'],
  [23, 'return_status_and_string', 201, 'text/plain', 'a string after status'],
]

const values: [row: string, command: string, status: number, value: unknown][] = [
  ['row 24', 'return_dict', 200, { a: 'dict', b: 'foo' }],
  ['row 25', 'return_status_and_dict', 201, { a: 'dict after status', b: 'foo' }],
  ['a list is JSON', 'return_list', 200, [{ a: 1 }, { b: 2 }]],
  ['what JSON has no number for is null', 'return_nan', 200, { a: null, b: [null], c: 1 }],
]

/** Commands whose result cannot be sent, and what the log says of it. */
const unreadable: [command: string, reason: RegExp][] = [
  ['return_typed', /content.?type/i],
  ['return_worded_status', /status/i],
  ['return_bad_status', /status.*700/i],
  ['return_bad_header', /header/i],
  ['return_object', /JSON|encode|object/i],
  ['return_cycle', /JSON|encode|circular/i],
]

/** What reads the same in both forms of a file. */
function describeBoth(served: Served): void {
  for (const [row, command, status, type, text] of rows) {
    test(`8.4 row ${row}: ${command}`, async () => {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type, answer.text], [status, type, text])
    })
  }

  for (const [row, command, status, value] of values) {
    test(`8.4 ${row}: ${command}`, async () => {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type, JSON.parse(answer.text)], [status, 'application/json', value])
    })
  }

  test('8.4 row 26: return_response, with headers of the request in its own', async () => {
    const answer = await served().ask('return_response', { headers: { a: '1', b: '2' } })
    assert.deepEqual([answer.status, answer.type, answer.text], [201, 'text/plain', 'response body'])
    for (const [name, value] of Object.entries({ a: '1', b: '2', h1: 'v1', h2: 'v2' }))
      assert.equal(answer.headers.get(name), value, name)
  })

  test('a Response of nuclio_sdk, which is not installed, is one', async () => {
    const answer = await served().ask('return_sdk_response')
    assert.deepEqual([answer.status, JSON.parse(answer.text)], [202, { c: 3 }])
    assert.equal(answer.headers.get('x-a'), '1')
  })

  for (const [row, command] of [
    [27, 'something invalid'],
    [34, 'return_error'],
  ] as const) {
    test(`8.4 row ${row}: ${command} is a 500 with the id and no details, and the next request works`, async () => {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type], [500, 'text/plain'])
      assert.doesNotMatch(answer.text, /some error|something invalid|outputter|Traceback/)
      const id = answer.headers.get('x-pelton-event-id')
      const line = await served().logged({ event_id: id, level: 'error' })
      assert.match(JSON.stringify(line), /outputter\.py.*(some error|something invalid)/, 'the log has the traceback')
      assert.equal((await served().ask('return_string')).text, 'a string')
    })
  }

  describeOutputter(served)

  for (const [command, reason] of unreadable) {
    test(`8.2 row 16: ${command} is a 500 with the reason in the log, and the next request works`, async () => {
      const answer = await served().ask(command)
      assert.equal(answer.status, 500)
      const line = await served().logged({ event_id: answer.headers.get('x-pelton-event-id'), level: 'error' })
      assert.match(JSON.stringify(line), reason)
      assert.equal((await served().ask('return_string')).status, 200)
    })
  }

  test('nothing is an empty answer, also in a Response', async () => {
    const none = await served().ask('return_none')
    assert.deepEqual([none.status, none.text], [200, ''])
    const empty = await served().ask('return_empty_response')
    assert.deepEqual([empty.status, empty.text], [204, ''])
  })

  test('a response of 100 MB arrives whole, and the next request works', async () => {
    const answer = await served().ask(`large ${100_000_000}`)
    assert.deepEqual([answer.status, answer.bytes.length], [200, 100_000_000])
    assert.equal((await served().ask('return_string')).text, 'a string')
  })
}

describe('a Python function in a nuclio file', () => {
  const served = serveSuite('python-outputter')
  describeBoth(served)

  test('a Response whose body is an object is JSON, whatever type it names', async () => {
    assert.equal((await served().ask('return_sdk_response')).type, 'application/json')
  })

  test('8.4 row 35: bytes are text/plain', async () => {
    const answer = await served().ask('return_binary')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'text/plain', 'hello'])
  })

  test('a number that a Python handler returns is text', async () => {
    const answer = await served().ask('return_number')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'text/plain', '17'])
  })

  test('the content type of a text, and of nothing, that a Python handler returns', async () => {
    const [text, nothing] = [await served().ask('return_string'), await served().ask('return_none')]
    assert.equal(text.headers.get('content-type'), 'text/plain')
    assert.equal(nothing.headers.get('content-type'), 'text/plain')
  })
})

describe('a Python function in a Pelton file', () => {
  const served = serveSuite('python-outputter', { args: ['--set', 'spec.compat=none'] })
  describeBoth(served)

  test('a Response has the type that it names', async () => {
    assert.equal((await served().ask('return_sdk_response')).type, 'text/html')
  })

  test('8.4 row 35: bytes are octets', async () => {
    const answer = await served().ask('return_binary')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/octet-stream', 'hello'])
  })

  test('a number that a Python handler returns is JSON', async () => {
    const answer = await served().ask('return_number')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/json', '17'])
  })

  test('the content type of a text, and of nothing, that a Python handler returns', async () => {
    const [text, nothing] = [await served().ask('return_string'), await served().ask('return_none')]
    assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.equal(nothing.headers.get('content-type'), null)
  })
})

test('8.2 row 15: a body of exactly the limit is handled, whatever the limit', { timeout: 60_000 }, async (t) => {
  for (const mebibytes of [2, 4, 8, 40]) {
    const served = await serve(t, {
      'function.yaml': `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: empty }
spec:
  runtime: python
  handler: empty:handler
  triggers:
    http: { kind: http, url: 127.0.0.1:0, attributes: { maxRequestBodySize: ${mebibytes * 1024 * 1024} } }
`,
      'empty.py': 'def handler(context, event):\n    return str(len(event.body))\n',
    })
    const body = Buffer.alloc(mebibytes * 1024 * 1024, 97)
    const answer = await served.ask(body)
    assert.deepEqual([answer.status, answer.text], [200, String(body.length)])
    await served.pelton.stop()
  }
})
