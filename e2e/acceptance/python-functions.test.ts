import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import { pythonFunction } from './python-function.ts'
import { serve } from './serve-function.ts'

const trigger = 'triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: 1 } }'

const nuclio = (more = ''): string => `apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata: { name: written-for-nuclio }
spec:
  runtime: python
  handler: main:handler
  ${more}
  ${trigger}
`

test('8.9 row 55: an async handler sleeps, and a task that it started goes on when it has answered', async (t) => {
  const served = await serve(t, {
    'function.yaml': nuclio(),
    'main.py': `import asyncio
written = ''

async def write(method):
    global written
    await asyncio.sleep(0.05)
    written = method

async def handler(context, event):
    command = event.body.decode()
    if command == 'sleep':
        await asyncio.sleep(0.05)
        return 'slept'
    if command == 'async_write':
        context.user_data.task = asyncio.create_task(write(event.method))
        return 'written'
    return written
`,
  })
  assert.equal((await served.ask('sleep')).text, 'slept')
  assert.equal((await served.ask('async_write', { method: 'DELETE' })).text, 'written')
  await waitUntil('the task', async () => (await served.ask('read_async_write')).text === 'DELETE')
})

/** Sends header bytes as they are, which fetch does not. */
function askRaw(url: string, header: Buffer | undefined): Promise<number> {
  const headers = header ? { 'x-raw': header.toString('latin1') } : {}
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    call.on('error', reject).end(Buffer.from([0xc0, 0xaf]))
  })
}

for (const [decodes, kind] of [
  ['', 'str'],
  ['false', 'bytes'],
] as const) {
  test(`8.9 row 57: bytes that are no UTF-8 reach the handler in body and header; NUCLIO_PYTHON_DECODE_EVENT_STRINGS=${decodes}`, async (t) => {
    const env = decodes === '' ? '' : `env: [{ name: NUCLIO_PYTHON_DECODE_EVENT_STRINGS, value: "${decodes}" }]`
    const served = await serve(t, {
      'function.yaml': nuclio(env),
      'main.py': `def handler(context, event):
    kinds = {type(each).__name__ for pair in event.headers.items() for each in pair}
    context.logger.info_with('Kinds', kinds=sorted(kinds))
    return event.body
`,
    })
    assert.equal(await askRaw(served.url, undefined), 200)
    // nuclio answers 500 here: one header would keep callers out.
    assert.equal(await askRaw(served.url, Buffer.from([0xc0, 0xaf])), 200)
    assert.equal((await served.ask()).status, 200)
    assert.deepEqual((await served.pelton.line('Kinds'))['kinds'], [kind])
  })
}

test('8.9 row 60: a function calls another one by its name', async (t) => {
  const callee = await serve(t, {
    'function.yaml': nuclio().replace('written-for-nuclio', 'callee'),
    'main.py': `def handler(context, event):
    headers = {'X-Callee-Received-Header': event.get_header('caller_header')}
    seen = {'body': event.body.decode(), 'method': event.method, 'path': event.path}
    return context.Response(headers, seen, 'application/json', 201)
`,
  })
  const caller = await serve(
    t,
    {
      'function.yaml': nuclio(),
      'main.py': `import nuclio_sdk

def handler(context, event):
    call = nuclio_sdk.Event(
        body='caller_body', headers={'caller_header': 'caller_header'}, method='PUT', path='/caller/path'
    )
    response = context.platform.call_function(event.body['callee_name'], call)
    header = next(value for name, value in response.headers.items() if name.lower() == 'x-callee-received-header')
    return context.Response({'x-received': header}, response.body, 'application/json', response.status_code)
`,
    },
    { args: ['--function', `callee=${callee.url}`] },
  )
  const headers = { 'content-type': 'application/json' }
  const answer = await caller.ask(JSON.stringify({ callee_name: 'callee' }), { headers })
  assert.equal(answer.status, 201, answer.text)
  assert.deepEqual(JSON.parse(answer.text), { body: 'caller_body', method: 'PUT', path: '/caller/path' })
  assert.equal(answer.headers.get('x-received'), 'caller_header')
})

test('8.16 row 102: a function that loads slowly is not ready until it has, and answers then', async (t) => {
  const served = await serve(t, {
    'function.yaml': nuclio(),
    'main.py': `import time
time.sleep(2)

def handler(context, event):
    return 'Good morning'
`,
  })
  assert.equal((await served.ask()).text, 'Good morning')
})

test('8.16 row 106: a nuclio file, a JSON body and its content type with parameters', async (t) => {
  const served = await serve(t, {
    'function.yaml': nuclio(),
    'main.py': "def handler(context, event):\n    return event.body['return_this']\n",
  })
  for (const type of ['application/json', 'application/json; charset=utf-8']) {
    const body = JSON.stringify({ a: 100, return_this: 'returned value' })
    assert.equal((await served.ask(body, { headers: { 'content-type': type } })).text, 'returned value')
  }
})

test('8.9 row 61: thousands of events do not make a worker grow', { timeout: 90_000 }, async (t) => {
  const served = await serve(t, {
    'function.yaml': pythonFunction(),
    'main.py': `import os

def handler(context, event):
    event.note = event.headers
    with open('/proc/self/statm') as facts:
        return str(int(facts.read().split()[1]) * os.sysconf('SC_PAGE_SIZE'))
`,
  })
  const send = async (events: number): Promise<number> => {
    let last = 0
    const lane = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent++) last = Number((await served.ask('x'.repeat(1000))).text)
    }
    await Promise.all(Array.from({ length: 8 }, () => lane(events / 8)))
    return last
  }
  const before = await send(800)
  const after = await send(4000)
  assert.ok(after - before < 2_000_000, `from ${before} to ${after} bytes`)
})

describe('events at a time in one worker', () => {
  const main = (asynchronous: boolean): string => `${asynchronous ? 'import asyncio' : 'import time'}
running = most = 0

${asynchronous ? 'async ' : ''}def handler(context, event):
    global running, most
    running += 1
    most = max(most, running)
    ${asynchronous ? 'await asyncio.sleep(0.3)' : 'time.sleep(0.02)'}
    running -= 1
    return str(most)
`

  test('an async handler has a hundred that sleep at once', async (t) => {
    const served = await serve(t, { 'function.yaml': pythonFunction(), 'main.py': main(true) })
    const answers = await Promise.all(Array.from({ length: 100 }, () => served.ask('x')))
    assert.equal(Math.max(...answers.map(({ text }) => Number(text))), 100)
  })

  test('a sync one has one at a time, and each of its workers too', async (t) => {
    const served = await serve(t, { 'function.yaml': pythonFunction(2), 'main.py': main(false) })
    const answers = await Promise.all(Array.from({ length: 20 }, () => served.ask('x')))
    assert.deepEqual([...new Set(answers.map(({ text }) => text))], ['1'])
  })

  test('an async handler of a nuclio file has one at a time', async (t) => {
    const served = await serve(t, { 'function.yaml': nuclio(), 'main.py': main(true).replace('0.3', '0.02') })
    const answers = await Promise.all(Array.from({ length: 10 }, () => served.ask('x')))
    assert.deepEqual([...new Set(answers.map(({ text }) => text))], ['1'])
  })
})

test('what a handler prints and logs is a line of its event, and a child’s output disturbs nothing', async (t) => {
  const served = await serve(t, {
    'function.yaml': pythonFunction(),
    'main.py': `import logging, subprocess, sys

def handler(context, event):
    print('printed')
    print('complained', file=sys.stderr)
    logging.getLogger('mine').warning('logged %d', 7)
    sys.stdout.buffer.write(bytes(range(256)))
    sys.stdout.write('x' * 100_000)
    subprocess.run(['echo', 'from a child'])
    return 'done'
`,
  })
  const answer = await served.ask('x')
  assert.deepEqual([answer.status, answer.text], [200, 'done'])
  const event_id = answer.headers.get('x-pelton-event-id') ?? undefined
  for (const [message, level] of [
    ['printed', 'info'],
    ['complained', 'warn'],
    ['logged 7', 'warn'],
  ] as const) {
    const line = await served.logged({ message, level })
    assert.match(String(line['event_id']), event_id === undefined ? /^[0-9a-f-]{36}$/ : new RegExp(event_id))
  }
  await served.logged({ message: 'from a child' })
  assert.equal((await served.ask('x')).text, 'done')
})

test('8.14 row 91: what is logged and printed before any event is in the log', async (t) => {
  const served = await serve(t, {
    'function.yaml': pythonFunction(),
    'main.py': `print('imported')

def init_context(context):
    context.logger.info('initialized')

def handler(context, event):
    return 'on'
`,
  })
  for (const message of ['imported', 'initialized']) {
    assert.equal((await served.logged({ message, level: 'info' }))['worker'], 0)
  }
  assert.equal((await served.ask()).text, 'on')
})

test('a large body is read without a copy, and what is kept of it is never another one’s', async (t) => {
  const served = await serve(t, {
    'function.yaml': pythonFunction(),
    'main.py': `kept = []

def handler(context, event):
    view = event.body_view
    first, length = view[0], len(view)
    if event.path == '/keep':
        kept.append((view, view[:4]))
    try:
        # The view ends with its event; a part that was cut off it holds the memory, which nobody else gets then.
        ended = [len(kept[0][0])] if event.path == '/look' else []
    except ValueError:
        ended = ['ended']
    return {'first': first, 'length': length, 'readonly': view.readonly, 'ended': ended, 'parts': [bytes(part)[0] for _, part in kept]}
`,
  })
  const send = async (path: string, byte: number): Promise<unknown> =>
    JSON.parse((await served.ask(Buffer.alloc(1_000_000, byte), { path })).text)
  const facts = { length: 1_000_000, readonly: true }
  assert.deepEqual(await send('/', 1), { ...facts, first: 1, ended: [], parts: [] })
  assert.deepEqual(await send('/keep', 2), { ...facts, first: 2, ended: [], parts: [2] })
  for (let byte = 3; byte < 8; byte++)
    assert.deepEqual(await send('/look', byte), { ...facts, first: byte, ended: ['ended'], parts: [2] })
})
