import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pairResults, settleResults } from './batch-results.ts'
import type { CompatMode } from './compat.ts'
import { readResult } from './read-result.ts'
import { Response as ContextResponse, respond } from './respond.ts'

const ids = ['a', 'b', 'c']
const eventsOf = (of: readonly string[]): { id: string }[] => of.map((id) => ({ id }))

/** What each event is answered with: status and body, `failed: …`, or `none`; then why results were dropped. */
async function told(answered: unknown, compat: CompatMode = 'none', of: readonly string[] = ids): Promise<unknown> {
  const paired = pairResults(answered, eventsOf(of), compat)
  if ('failure' in paired) return paired.failure
  const results = paired.results.map(async (result) => {
    if (result === undefined) return 'none'
    if ('error' in result) return `failed: ${String(result.error)}`
    const reading = await readResult(result.value, compat, 'callback')
    return 'failure' in reading ? reading.failure : `${reading.response.status} ${textOf(reading.response.body)}`
  })
  const all = await Promise.all(results)
  return paired.dropped.length === 0 ? all : [...all, paired.dropped]
}

function named(name: string, eventId: string, body: string): object {
  return { [name]: eventId, status: 201, body }
}

function withHole(list: unknown[]): unknown[] {
  const holed: unknown[] = []
  for (const at of [0, 2]) holed[at] = list[at]
  return holed
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? Buffer.from(body).toString() : String(body)
}

const nobody = { eventId: 'x', body: 'of nobody' }
const cases: [name: string, answered: () => unknown, expected: unknown][] = [
  [
    'results in the order of the events',
    () => ['1', [202, '2'], { status: 203, body: '3' }],
    ['200 1', '202 2', '203 3'],
  ],
  ['fewer results than events', () => ['1'], ['200 1', 'none', 'none']],
  ['a hole in the list', () => withHole(['1', '2', '3']), ['200 1', 'none', '200 3']],
  ['undefined in the list', () => ['1', undefined, '3'], ['200 1', '200 undefined', '200 3']],
  ['an empty list', () => [], ['none', 'none', 'none']],
  ['nothing', () => undefined, ['none', 'none', 'none']],
  [
    'more results than events',
    () => ['1', '2', '3', '4'],
    ['200 1', '200 2', '200 3', ['result 4 is one more than there are events']],
  ],
  [
    'plain responses that name their events',
    () => [named('eventId', 'c', '3'), named('eventId', 'a', '1')],
    ['201 1', 'none', '201 3'],
  ],
  [
    'built responses that name their events',
    () => [
      respond('3', { eventId: 'c', status: 203 }),
      Object.assign(new ContextResponse('1', {}, 'text/plain', 201), { eventId: 'a' }),
      Object.assign(new Response('2', { status: 202 }), { eventId: 'b' }),
    ],
    ['201 1', '202 2', '203 3'],
  ],
  [
    'a name that no event of the batch has',
    () => [nobody, named('eventId', 'a', '1')],
    ['201 1', 'none', 'none', ['result 1 names event x, which is not in the batch or has its result already']],
  ],
  [
    'two results for an event',
    () => [named('eventId', 'b', 'first'), named('eventId', 'b', 'second')],
    ['none', '201 first', 'none', ['result 2 names event b, which is not in the batch or has its result already']],
  ],
  [
    'a result without a name among named ones',
    () => ['?', named('eventId', 'b', '2')],
    ['none', '201 2', 'none', ['result 1 names no event, while others do']],
  ],
  [
    'data of the handler that has an eventId of its own',
    () => [{ eventId: 'order-7', total: 1 }, 'x'],
    ['200 {"eventId":"order-7","total":1}', '200 x', 'none'],
  ],
  [
    'data of the handler that has the id of an event',
    () => [{ eventId: 'b', total: 1 }],
    ['none', '200 {"eventId":"b","total":1}', 'none'],
  ],
  [
    'a status that is none',
    () => [{ eventId: 'a', status: 42 }],
    ['status 42 is not an integer from 200 to 599', 'none', 'none'],
  ],
  ['no list', () => ({ status: 200 }), 'a batch handler answers with a list of results, one for each event'],
  [
    'a getter that throws',
    () => [
      {
        get eventId() {
          throw new Error('no luck')
        },
      },
    ],
    'reading the results failed: no luck',
  ],
]

for (const [name, answered, expected] of cases) {
  test(`${name}: each event has its own result or none`, async () => {
    assert.deepEqual(await told(answered()), expected)
  })
}

test('in nuclio files event_id names the event too, and a named response is one also in a callback', async () => {
  const answered = [named('event_id', 'c', '3'), named('eventId', 'a', '1')]
  assert.deepEqual(await told(answered, 'nuclio'), ['201 1', 'none', '201 3'])
  const plain = await told(answered, 'none')
  assert.deepEqual(plain, ['201 1', 'none', 'none', ['result 1 names no event, while others do']])
  assert.deepEqual(await told([{ status: 201, body: '1' }], 'nuclio', ['a']), ['200 {"status":201,"body":"1"}'])
})

test('events of the same id are answered one after the other', async () => {
  const answered = ['1', '2', '3'].map((body) => named('eventId', 'a', body))
  assert.deepEqual(await told(answered, 'none', ['a', 'a']), [
    '201 1',
    '201 2',
    ['result 3 names event a, which is not in the batch or has its result already'],
  ])
})

test('promises in the list are waited for, and one that rejects fails its own event only', async () => {
  const settled = settleResults([Promise.resolve('1'), Promise.reject(new Error('no')), '3'])
  assert.deepEqual(await told(await settled), ['200 1', 'failed: Error: no', '200 3'])
  const late = settleResults(
    Promise.resolve([Promise.resolve(named('eventId', 'c', '3')), Promise.reject(new Error('no'))]),
  )
  assert.deepEqual(await told(await late), ['none', 'failed: Error: no', '201 3'])
  const answered = settleResults([
    Promise.reject(new Error('no')),
    named('eventId', 'a', '1'),
    named('eventId', 'b', '2'),
  ])
  assert.deepEqual(await told(await answered), ['201 1', '201 2', 'none'])
  assert.deepEqual(await told(await settleResults(withHole([Promise.resolve('1'), '2', '3']))), [
    '200 1',
    'none',
    '200 3',
  ])
})

test('a list without promises is taken as it is', () => {
  const list = ['1']
  assert.equal(settleResults(list), list)
  assert.equal(settleResults(undefined), undefined)
})

test('whatever is answered, there is one entry for each event and nothing throws', () => {
  const item = fc.oneof(
    fc.anything({ withNullPrototype: true, withSparseArray: true }),
    fc.record(
      { eventId: fc.constantFrom(...ids, 'x'), status: fc.integer(), body: fc.anything() },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), fc.constantFrom<CompatMode>('none', 'nuclio'), (answered, compat) => {
      const paired = pairResults(answered, eventsOf(ids), compat)
      assert.ok('results' in paired)
      assert.equal(paired.results.length, ids.length)
      const given = paired.results.filter((result) => result !== undefined).length
      assert.equal(given + paired.dropped.length, answered.length)
    }),
  )
})
