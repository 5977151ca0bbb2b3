import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeOutputter } from './describe-outputter.ts'
import { type ServedFunction, serveSuite } from './serve-function.ts'

type Served = () => ServedFunction
type Row = readonly [row: number, command: string, status: number, type: string, text: string]

const rows: Row[] = [
  [22, 'return_string', 200, 'text/plain', 'a string'],
  [23, 'return_status_and_string', 201, 'text/plain', 'a string after status'],
  [24, 'return_dict', 200, 'application/json', '{"a":"dict","b":"foo"}'],
  [24, 'return_list', 200, 'application/json', '[{"a":1},{"b":2}]'],
  [25, 'return_status_and_dict', 201, 'application/json', '{"a":"dict after status","b":"foo"}'],
]

/** What reads the same in both forms of a file. */
function describeBoth(served: Served): void {
  for (const [row, command, status, type, text] of rows) {
    test(`8.4 row ${row}: ${command}`, async () => {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type, answer.text], [status, type, text])
    })
  }

  test('8.4 row 26: return_response, with all headers of the request in its own', async () => {
    const answer = await served().ask('return_response', { headers: { a: '1', b: '2' } })
    assert.deepEqual([answer.status, answer.type, answer.text], [201, 'text/plain', 'response body'])
    for (const [name, value] of Object.entries({ a: '1', b: '2', h1: 'v1', h2: 'v2' }))
      assert.equal(answer.headers.get(name), value, name)
  })

  for (const [row, command] of [
    [27, 'something invalid'],
    [34, 'return_error'],
  ] as const) {
    test(`8.4 row ${row}: ${command} is a 500 with the id and no details, and the next request works`, async () => {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type], [500, 'text/plain'])
      assert.doesNotMatch(answer.text, /some error|unknown command|outputter/)
      const id = answer.headers.get('x-pelton-event-id')
      const line = await served().logged({ event_id: id, level: 'error' })
      assert.match(JSON.stringify(line), /some error|unknown command/, 'the log has the reason by this id')
      assert.equal((await served().ask('return_string')).text, 'a string')
    })
  }

  describeOutputter(served)

  test('8.2 row 16: a content type that is no text is a 500, and the next request works', async () => {
    assert.equal((await served().ask('return_typed')).status, 500)
    assert.equal((await served().ask('return_string')).status, 200)
  })

  test('null and numbers are JSON, nothing is an empty 200', async () => {
    for (const [command, text] of [
      ['return_null', 'null'],
      ['return_number', '17'],
    ] as const) {
      const answer = await served().ask(command)
      assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/json', text])
    }
    const answer = await served().ask('return_nothing')
    assert.deepEqual([answer.status, answer.text], [200, ''])
  })
}

describe('a nuclio file with callbacks', () => {
  const served = serveSuite('outputter')
  describeBoth(served)

  test('8.4 row 35: bytes are text/plain', async () => {
    const answer = await served().ask('return_binary')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'text/plain', 'hello'])
  })

  test('a Response whose body is an object is JSON, whatever type it names', async () => {
    const answer = await served().ask('return_response_object')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/json', '{"a":1}'])
  })

  test('of two callbacks the first counts, and one that comes later answers', async () => {
    assert.equal((await served().ask('callback_twice')).text, 'first')
    assert.equal((await served().ask('callback_later')).text, 'later')
  })

  test('an object given to the callback is always JSON', async () => {
    const answer = await served().ask('return_shaped')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/json', '{"status":201,"body":"x"}'])
  })
})

describe('a Pelton file with returned values', () => {
  const served = serveSuite('outputter-pelton')
  describeBoth(served)

  test('8.4 row 35: bytes are octets', async () => {
    const answer = await served().ask('return_binary')
    assert.deepEqual([answer.status, answer.type, answer.text], [200, 'application/octet-stream', 'hello'])
  })

  test('an object with a response’s keys is a response, and so is one of fetch', async () => {
    const shaped = await served().ask('return_shaped')
    assert.deepEqual([shaped.status, shaped.type, shaped.text], [201, 'application/json', '{"a":1}'])
    assert.equal(shaped.headers.get('x-a'), '1, 2')
    const fetched = await served().ask('return_fetch_response')
    assert.deepEqual([fetched.status, fetched.text, fetched.headers.get('x-b')], [202, 'from fetch', '1'])
  })

  test('a status that is none and a value that is no JSON are a 500 with the reason in the log', async () => {
    for (const [command, reason] of [
      ['return_bad_status', /status 700/],
      ['return_cycle', /cannot be written as JSON/],
    ] as const) {
      assert.equal((await served().ask(command)).status, 500)
      await served().pelton.says(reason)
    }
  })

  test('a callback that comes first counts', async () => {
    assert.equal((await served().ask('callback_first')).text, 'called')
  })
})
