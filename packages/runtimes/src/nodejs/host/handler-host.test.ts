import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Seen, type TestHost, type TestSpec, startHost } from './fixtures/start-host.ts'

/** Runs `use` with a host of one handler file. */
async function withHost(source: string, use: (host: TestHost) => Promise<void>, spec: TestSpec = {}): Promise<void> {
  const host = await startHost({ [spec.handler?.endsWith('.js') ? spec.handler : 'handler.mjs']: source }, spec)
  try {
    await use(host)
  } finally {
    await host.stop()
  }
}

/** Waits until `holds`; the test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

function* megabytes(count: number): Generator<Buffer> {
  for (let i = 0; i < count; i += 1) yield Buffer.alloc(1024 * 1024)
}

const commands = `
  export const handler = (context, event) => {
    switch (event.text()) {
      case 'throw': throw new Error('some error')
      case 'throw undefined': throw undefined
      case 'throw frozen': throw Object.freeze({ get message() { throw 1 }, get stack() { throw 2 }, toString() { throw 3 } })
      case 'throw proxy': throw new Proxy(new Error('x'), { get() { throw 4 }, getPrototypeOf() { throw 5 } })
      case 'reject': return Promise.reject(new Error('some error'))
      case 'overflow': return (function f() { return f() + 1 })()
      case 'bad': return { status: 99 }
      case 'cycle': { const a = {}; a.a = a; return a }
      case 'late': return new Promise((resolve) => { context.callback('early'); throw new Error('too late') })
      default: return 'fine'
    }
  }`

test('whatever a handler throws fails its event with a generic text, and the next one works', async () => {
  await withHost(commands, async (host) => {
    for (const command of ['throw', 'throw undefined', 'throw frozen', 'throw proxy', 'reject', 'overflow']) {
      const seen = await host.handle(command).done
      assert.equal(seen.status, 'failed', command)
      const expected = {
        code: 'handler_failed',
        message: 'the handler failed',
        status: 500,
        retryable: false,
        blame: 'user',
      }
      assert.deepEqual(seen.error, expected)
      assert.equal((await host.handle('').done).body, 'fine')
    }
    assert.deepEqual(host.faults, [])
    assert.equal((await host.state()).running, 0)
  })
})

test('the stack of a thrown error is in the log, with the event', async () => {
  await withHost(commands, async (host) => {
    await host.handle({ id: 'e-7', body: Buffer.from('throw') }).done
    const record = host.logs[0]!
    assert.equal(record.level, 'error')
    assert.equal(record.message, 'handler_failed')
    assert.equal(record.eventId, 'e-7')
    assert.match((record.facts!.error as { stack: string }).stack, /Error: some error\n.*handler\.mjs:4/)
  })
})

test('exposeErrors gives callers the text', async () => {
  await withHost(
    commands,
    async (host) => {
      assert.equal((await host.handle('throw').done).error?.message, 'some error')
      assert.equal((await host.handle('throw frozen').done).error?.message, 'a value that cannot be shown')
    },
    { exposeErrors: true },
  )
})

test('a result that cannot be sent fails the event, with the reason in the log', async () => {
  await withHost(commands, async (host) => {
    assert.equal((await host.handle('bad').done).error?.code, 'result_unreadable')
    assert.equal((await host.handle('cycle').done).error?.code, 'result_unreadable')
    assert.deepEqual(host.logs[0]?.facts, { reason: 'status 99 is not an integer from 200 to 599' })
  })
})

test('what fails after the answer is logged and changes nothing', async () => {
  await withHost(commands, async (host) => {
    assert.equal((await host.handle('late').done).body, 'early')
    await until(() => host.logs.length > 0)
    assert.equal(host.logs[0]?.message, 'handler_failed_after_answer')
  })
})

test('results of every kind reach the outcome', async () => {
  const source = `
    const results = { string: () => 'a string', status: () => [201, 'a string after status'], dict: () => [201, { a: 'dict after status' }],
      fetch: () => new Response('hi', { headers: { 'set-cookie': 'a=1' } }), bytes: () => Buffer.from('hello'), nothing: () => undefined }
    export const handler = (context, event) => results[event.text()]()`
  const told = ({ httpStatus, contentType, body }: Seen): unknown[] => [httpStatus, contentType, body]
  await withHost(source, async (host) => {
    assert.deepEqual(told(await host.handle('string').done), [200, 'text/plain; charset=utf-8', 'a string'])
    assert.deepEqual(told(await host.handle('status').done), [
      201,
      'text/plain; charset=utf-8',
      'a string after status',
    ])
    assert.deepEqual(told(await host.handle('dict').done), [201, 'application/json', '{"a":"dict after status"}'])
    assert.deepEqual(told(await host.handle('bytes').done), [200, 'application/octet-stream', 'hello'])
    assert.deepEqual(told(await host.handle('nothing').done), [200, '', undefined])
    const fetched = await host.handle('fetch').done
    assert.deepEqual([fetched.body, fetched.headers], ['hi', [['set-cookie', 'a=1']]])
  })
})

const faults = `
  import { readFile } from 'node:fs'
  import { EventEmitter } from 'node:events'
  const emitter = new EventEmitter()
  emitter.on('go', () => { throw new Error('in emitter') })
  const ways = {
    timer: () => setTimeout(() => { throw new Error('in timer') }, 1),
    tick: () => process.nextTick(() => { throw new Error('in tick') }),
    immediate: () => setImmediate(() => { throw new Error('in immediate') }),
    callback: () => readFile(import.meta.filename, () => { throw new Error('in callback') }),
    rejection: () => { Promise.reject(new Error('in rejection')) },
    'later rejection': () => { (async () => { await new Promise((r) => setTimeout(r, 1)); throw new Error('in later rejection') })() },
    emitter: () => setTimeout(() => emitter.emit('go'), 1),
    'after answer': (context) => { setTimeout(() => { throw new Error('in after answer') }, 1); context.callback('ok') },
  }
  export const handler = (context, event) => event.text() in ways ? (ways[event.text()](context), new Promise(() => {})) : 'fine'`

for (const way of ['timer', 'tick', 'immediate', 'callback', 'rejection', 'later rejection', 'emitter']) {
  test(`an uncaught fault in a ${way} fails its own event at once and asks for retirement`, async () => {
    await withHost(faults, async (host) => {
      const [seen, other] = await Promise.all([host.handle(way).done, host.handle('').done])
      assert.equal(seen.error?.code, 'handler_failed')
      assert.equal(other.body, 'fine')
      assert.equal(host.faults.length, 1)
      assert.equal(host.faults[0]?.eventId, 'event-1')
      assert.equal(host.faults[0].message, `in ${way}`)
      assert.match(host.faults[0].stack ?? '', /handler\.mjs/)
      assert.equal((await host.handle('').done).body, 'fine')
    })
  })
}

test('a fault after the answer is a report all the same', async () => {
  await withHost(faults, async (host) => {
    assert.equal((await host.handle('after answer').done).body, 'ok')
    await until(() => host.faults.length > 0)
    assert.equal(host.faults[0]?.eventId, 'event-1')
  })
})

test('a fault that belongs to no event disturbs none', async () => {
  const source = `
    export const initContext = () => { setTimeout(() => { throw new Error('background') }, 50) }
    export const handler = () => new Promise((resolve) => setTimeout(resolve, 150, 'fine'))`
  await withHost(source, async (host) => {
    assert.equal((await host.handle().done).body, 'fine')
    assert.equal(host.faults.length, 1)
    assert.equal(host.faults[0]?.eventId, undefined)
  })
})

test('faults without end are reported up to a bound', async () => {
  const source = `export const handler = () => { for (let i = 0; i < 500; i++) Promise.reject(i); return 'ok' }`
  await withHost(source, async (host) => {
    await host.handle().done
    await host.state()
    await until(() => host.faults.length >= 50)
    await host.state()
    assert.equal(host.faults.length, 50)
  })
})

const streams = `
  import { Readable } from 'node:stream'
  const cleaned = []
  async function* lines(context, count) {
    try { for (let i = 0; i < count; i++) { await null; context.logger.debug('made', { i }); yield 'line ' + i } }
    finally { cleaned.push('generator') }
  }
  const kinds = {
    generator: (context) => lines(context, 3),
    readable: () => Readable.from(['a', 'b']),
    broken: () => (async function* () { yield 'a'; throw new Error('half way') })(),
    'wrong chunk': () => (async function* () { yield 'a'; yield 5 })(),
    endless: (context) => lines(context, 1e9),
    stuck: () => new ReadableStream({ pull(c) { if (!this.sent) { this.sent = true; c.enqueue(Buffer.from('a')) } else return new Promise(() => {}) }, cancel() { cleaned.push('stuck') } }),
    fault: () => (async function* () { yield 'a'; setTimeout(() => { throw new Error('in stream') }); await new Promise((r) => setTimeout(r, 20)); yield 'b' })(),
    cleaned: () => cleaned.join(),
  }
  export const handler = (context, event) => kinds[event.text()](context)`

test('a stream is passed on chunk by chunk, and is finished when it ends', async () => {
  await withHost(streams, async (host) => {
    const seen = await host.handle('generator').done
    assert.deepEqual(seen.chunks, ['line 0', 'line 1', 'line 2'])
    assert.equal(seen.end, 'finished')
    assert.deepEqual((await host.handle('readable').done).chunks, ['a', 'b'])
    assert.equal((await host.state()).running, 0)
    assert.equal(host.logs[0]?.eventId, 'event-1')
  })
})

test('a stream that breaks off rejects finished and is in the log', async () => {
  await withHost(streams, async (host) => {
    const seen = await host.handle('broken').done
    assert.deepEqual([seen.chunks, seen.broken, seen.end], [['a'], 'stream_broken', 'stream_broken'])
    assert.equal(host.logs[0]?.message, 'stream_broken')
    const wrong = await host.handle('wrong chunk').done
    assert.deepEqual([wrong.chunks, wrong.end], [['a'], 'stream_broken'])
    assert.deepEqual(host.faults, [])
    assert.equal((await host.state()).running, 0)
  })
})

test('a reader that leaves stops the producer', async () => {
  await withHost(streams, async (host) => {
    const seen = await host.handle('endless', { take: 2 }).done
    assert.deepEqual([seen.chunks, seen.end], [['line 0', 'line 1'], 'stream_left'])
    assert.equal((await host.handle('cleaned').done).body, 'generator')
    assert.equal((await host.state()).running, 0)
  })
})

test('an abort ends a stream that is stuck, and stops its producer', async () => {
  await withHost(streams, async (host) => {
    const handling = host.handle('stuck')
    await host.state()
    handling.abort()
    const seen = await handling.done
    assert.deepEqual([seen.broken, seen.end], ['stream_left', 'stream_left'])
    assert.equal((await host.handle('cleaned').done).body, 'stuck')
  })
})

test('a fault inside a stream belongs to its event', async () => {
  await withHost(streams, async (host) => {
    assert.deepEqual((await host.handle('fault').done).chunks, ['a', 'b'])
    assert.equal(host.faults[0]?.eventId, 'event-1')
  })
})

test('event.signal is the caller’s', async () => {
  const source = `export const handler = (context, event) => new Promise((resolve) => {
    event.signal.addEventListener('abort', () => resolve('aborted')); context.logger.info('waiting') })`
  await withHost(source, async (host) => {
    const handling = host.handle()
    await until(() => host.logs.length > 0)
    handling.abort()
    assert.equal((await handling.done).body, 'aborted')
  })
})

test('what a listener of event.signal throws or logs belongs to its event', async () => {
  const source = `export const handler = (context, event) => new Promise(() => {
    event.signal.addEventListener('abort', () => { context.logger.info('heard'); throw new Error('in the listener') })
    context.logger.info('waiting') })`
  await withHost(source, async (host) => {
    const handling = host.handle()
    await until(() => host.logs.length > 0)
    handling.abort()
    assert.equal((await handling.done).status, 'failed')
    assert.equal(host.faults[0]?.eventId, 'event-1')
    assert.equal(host.logs.find((line) => line.message === 'heard')?.eventId, 'event-1')
  })
})

test('in Pelton files each event has a context that inherits the worker’s', async () => {
  const source = `
    export const initContext = (context) => { context.db = 'db' }
    export const handler = async ({ db, logger, callback, userData, ...rest }, event) => {
      userData.count = (userData.count ?? 0) + 1
      await new Promise((r) => setTimeout(r, event.text() === 'slow' ? 20 : 1))
      logger.info('from ' + event.text())
      callback([db, userData.count, rest])
    }`
  await withHost(source, async (host) => {
    const [slow, quick] = await Promise.all([host.handle('slow').done, host.handle('quick').done])
    assert.equal(JSON.parse(slow.body ?? '')[0], 'db')
    assert.equal(JSON.parse(quick.body ?? '')[1], 2)
    assert.deepEqual(
      host.logs.map(({ message, eventId }) => [message, eventId]),
      [
        ['from quick', 'event-2'],
        ['from slow', 'event-1'],
      ],
    )
  })
})

test('in nuclio files the context is one object, its callback answers the event it is called for', async () => {
  const source = `
    let first
    exports.initContext = (context) => { context.db = 'db'; first = context }
    exports.handler = (context, event) => {
      setTimeout(() => context.callback([201, { same: context === first, db: context.db, of: event.id, header: event.headers['X-Foo'] }]), event.text() === 'slow' ? 20 : 1)
    }`
  await withHost(
    source,
    async (host) => {
      const headers = { 'x-foo': ['1', '2'] }
      const [slow, quick] = await Promise.all([
        host.handle({ headers, body: Buffer.from('slow') }).done,
        host.handle({ headers }).done,
      ])
      assert.deepEqual(JSON.parse(slow.body ?? ''), { same: true, db: 'db', of: 'event-1', header: '2' })
      assert.deepEqual(JSON.parse(quick.body ?? ''), { same: true, db: 'db', of: 'event-2', header: '2' })
      assert.equal(slow.httpStatus, 201)
    },
    { compat: 'nuclio', handler: 'handler.js' },
  )
})

test('a nuclio function answers through callbacks made outside its event when one event is open', async () => {
  const source = `
    const { EventEmitter } = require('node:events')
    const bus = new EventEmitter()
    exports.initContext = (context) => { setInterval(() => bus.emit('tick'), 5); bus.on('tick', () => context.callback('ticked')) }
    exports.handler = () => {}`
  await withHost(source, async (host) => assert.equal((await host.handle().done).body, 'ticked'), {
    compat: 'nuclio',
    handler: 'handler.js',
  })
})

test('log records below the level are not made, unless the event’s capture wants them', async () => {
  const source = `export const handler = ({ logger }) => {
    logger.debug('Debug message'); logger.info('Info message'); logger.warn('Warn message')
    logger.errorWith('Error message', { source: 'rabbit', weight: 7 }); return [201, 'returned logs'] }`
  await withHost(
    source,
    async (host) => {
      const quiet = await host.handle().done
      assert.deepEqual(quiet.captured, [])
      const seen = await host.handle({}, { capture: 'debug' }).done
      const messages = ['Debug message', 'Info message', 'Warn message', 'Error message']
      assert.deepEqual(
        seen.captured?.map((record) => record.message),
        messages,
      )
      assert.deepEqual(seen.captured?.at(-1)?.facts, { source: 'rabbit', weight: 7 })
      const warned = await host.handle({}, { capture: 'warn' }).done
      assert.deepEqual(
        warned.captured?.map((record) => record.message),
        messages.slice(2),
      )
      assert.deepEqual(
        host.logs.map((record) => record.level),
        ['error', 'error', 'error'],
      )
    },
    { logLevel: 'error' },
  )
})

test('what a handler prints becomes its event’s log', async () => {
  const source = `export const handler = () => {
    console.log('a %d', 1, { b: 2 }); console.error('bad'); console.debug('d'); process.stdout.write('one\\ntwo'); process.stderr.write(Buffer.from('err\\n'))
    console.table([[1]]); console.log({ get a() { throw 1 }, [Symbol.for('nodejs.util.inspect.custom')]() { throw 2 } }); return 'ok' }`
  await withHost(source, async (host) => {
    await host.handle().done
    await until(() => host.logs.length === 8)
    const lines = host.logs.map(({ level, message, eventId }) => [level, message, eventId])
    assert.deepEqual(lines.slice(0, 6), [
      ['info', 'a 1 { b: 2 }', 'event-1'],
      ['error', 'bad', 'event-1'],
      ['debug', 'd', 'event-1'],
      ['info', 'one', 'event-1'],
      ['warn', 'err', 'event-1'],
      ['info', host.logs[5]?.message, 'event-1'],
    ])
    assert.match(host.logs[5]?.message ?? '', /index/)
    assert.deepEqual(
      host.logs.slice(6).map((record) => record.message),
      ['[unreadable]', 'two'],
    )
  })
})

test('an endless line and an endless message are cut', async () => {
  const source = `export const handler = () => { process.stdout.write('x'.repeat(100_000)); console.log('y'.repeat(100_000)); return 'ok' }`
  await withHost(source, async (host) => {
    await host.handle().done
    await host.state()
    assert.ok(host.logs.length > 5)
    for (const record of host.logs) assert.ok(record.message.length < 17_000)
  })
})

test('process.exit in a handler ends the thread, nothing else', async () => {
  await withHost(`export const handler = () => process.exit(3)`, async (host) => {
    void host.handle().done
    assert.equal(await host.exited, 3)
  })
})

test('the sdk’s respond and context.Response answer', async () => {
  const source = `
    import { respond } from '@pelton/sdk'
    export const handler = (context, event) => event.text() === 'respond' ? respond('x', { status: 201 }) : new context.Response('body', { h1: 'v1' }, 'text/html', 202)`
  await withHost(source, async (host) => {
    assert.equal((await host.handle('respond').done).httpStatus, 201)
    const seen = await host.handle().done
    assert.deepEqual(
      [seen.httpStatus, seen.contentType, seen.headers, seen.body],
      [202, 'text/html', [['h1', 'v1']], 'body'],
    )
  })
})

test('callFunction calls another function by its address and parses its reply', async () => {
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { method, url, headers } = request
        seen.push({
          method,
          url,
          target: headers['x-nuclio-target'],
          trace: headers.traceparent,
          own: headers.own,
          body: Buffer.concat(chunks).toString(),
        })
        if (url === '/slow') return
        if (url === '/huge')
          return void Readable.from(megabytes(65))
            .on('error', () => undefined)
            .pipe(response)
        response.writeHead(201, { 'content-type': 'application/json', 'x-received': headers.own ?? '' })
        response.end('{"ok":true}')
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const source = `export const handler = async (context, event) => {
    const call = event.json()
    try { return { reply: await context.callFunction(call.name, call) } } catch (error) { return { code: error.code } } }`
  const ask = (call: object): Partial<{ body: Uint8Array; headers: Record<string, string> }> => ({
    body: Buffer.from(JSON.stringify(call)),
    headers: { traceparent: '00-1-2-01' },
  })
  try {
    await withHost(
      source,
      async (host) => {
        const put = {
          name: 'callee',
          method: 'PUT',
          path: '/caller/path',
          headers: { own: 'caller_header' },
          body: 'caller_body',
        }
        const { reply } = JSON.parse((await host.handle(ask(put)).done).body ?? '') as {
          reply: { status: number; headers: Record<string, string>; body: unknown }
        }
        assert.equal(reply.status, 201)
        assert.deepEqual(reply.body, { ok: true })
        assert.equal(reply.headers['x-received'], 'caller_header')
        assert.deepEqual(seen[0], {
          method: 'PUT',
          url: '/caller/path',
          target: 'callee',
          trace: '00-1-2-01',
          own: 'caller_header',
          body: 'caller_body',
        })
        await host.handle(ask({ name: 'by-env', body: { a: 1 } })).done
        assert.deepEqual(seen[1], {
          method: 'POST',
          url: '/',
          target: 'by-env',
          trace: '00-1-2-01',
          own: undefined,
          body: '{"a":1}',
        })
        const slow = await host.handle(ask({ name: 'callee', path: '/slow', timeoutMs: 50 })).done
        assert.equal(slow.body, '{"code":"function_call_timeout"}')
        const huge = await host.handle(ask({ name: 'callee', path: '/huge' })).done
        assert.equal(huge.body, '{"code":"function_reply_too_large"}')
        assert.equal((await host.handle(ask({ name: 'nowhere' })).done).body, '{"code":"function_unreachable"}')
        assert.equal(
          (await host.handle(ask({ name: 'callee', headers: { a: 'b\nc' } })).done).body,
          '{"code":"function_unreachable"}',
        )
      },
      { functions: { callee: url, nowhere: 'http://127.0.0.1:1' }, env: { PELTON_FUNCTION_BY_ENV_URL: url } },
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('many events at once leave nothing behind', async () => {
  const source = `export const handler = async (context, event) => { await null; return event.text() }`
  await withHost(source, async (host) => {
    const seen = await Promise.all(Array.from({ length: 1_000 }, (_, i) => host.handle(String(i)).done))
    assert.deepEqual(
      seen.map(({ body }) => Number(body)),
      seen.map((_, i) => i),
    )
    assert.equal((await host.state()).running, 0)
  })
})
