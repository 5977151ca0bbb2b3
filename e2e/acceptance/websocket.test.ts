import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, describe, test } from 'node:test'
import { connectClient, createTempFolder, findFreePort, waitUntil, within } from '@pelton/testkit'
import { startPelton } from '../pelton-process.ts'
import { type ServedFunction, serve } from './serve-function.ts'

interface FunctionOptions {
  runtime?: string
  handler?: string
  numWorkers?: number
  placement?: string
  attributes?: string
  spec?: string
  compat?: string
}

/** A function file with one trigger; its attributes as YAML in one line. */
function yaml(options: FunctionOptions = {}): string {
  const { runtime = 'nodejs', handler = 'handler.js', numWorkers = 1, placement = 'auto' } = options
  return `apiVersion: pelton/v1
kind: Function
metadata: { name: talk }
spec:
  runtime: ${runtime}
  handler: ${handler}
  ${options.spec ?? ''}
  triggers:
    talk:
      kind: websocket
      numWorkers: ${numWorkers}
      placement: ${placement}
      attributes: { websocket_addr: 127.0.0.1:0, ${options.attributes ?? ''} }
`
}

const nodeChat = `exports.handler = async (context, event) => {
  const { send, broadcast, join, leave, to, close } = context.websocket
  const [verb, ...words] = event.text().split(' ')
  const rest = words.join(' ')
  const { id } = event.connection
  switch (verb) {
    case 'join': return String(await join(id, words[0]))
    case 'leave': return String(await leave(id, words[0]))
    case 'to': return String(await to(words[0], { to: words[0], from: context.workerId }))
    case 'broadcast': return String(await broadcast(rest))
    case 'self': await send(id, Buffer.from(rest)); return send(id, rest).then(String)
    case 'nobody': return String(await send('nobody', rest))
    case 'close': await close(id, 4000, rest); return 'never seen'
    case 'id': return id
    case 'bytes': return Buffer.from(rest)
    case 'json': return { rest }
    case 'nothing': return undefined
    case 'chunks': return (async function* () { yield 'a'; yield Buffer.from('b') })()
    case 'throw': throw new Error('secret ' + rest)
    case 'die': process.exit(3)
    case 'wait': await new Promise((resolve) => setTimeout(resolve, Number(rest))); return 'waited'
    default: return event.text()
  }
}
`

const pythonChat = (isAsync: boolean): string => {
  const [start, wait] = isAsync ? ['async def', 'await '] : ['def', '']
  return `
${start} handler(context, event):
    socket = context.websocket
    verb, _, rest = event.body.decode().partition(" ")
    me = event.connection["id"]
    if verb == "join":
        return str(${wait}socket.join(me, rest)).lower()
    if verb == "leave":
        return str(${wait}socket.leave(me, rest)).lower()
    if verb == "to":
        return str(${wait}socket.to(rest, {"to": rest, "from": context.worker_id}))
    if verb == "broadcast":
        return str(${wait}socket.broadcast(rest))
    if verb == "self":
        ${wait}socket.send(me, rest.encode())
        return str(${wait}socket.send(me, rest)).lower()
    if verb == "nobody":
        return str(${wait}socket.send("nobody", rest)).lower()
    if verb == "close":
        ${wait}socket.close(me, 4000, rest)
        return "never seen"
    if verb == "bytes":
        return rest.encode()
    if verb == "json":
        return {"rest": rest}
    if verb == "throw":
        raise ValueError("secret " + rest)
    return event.body.decode()
`
}

const connect = (t: TestContext, served: ServedFunction, query = '') => connectClient(t, served.urlOf('talk') + query)

const chats: [name: string, files: Record<string, string>][] = [
  ['nodejs, in its worker', { 'function.yaml': yaml(), 'handler.js': nodeChat }],
  ['nodejs, dispatched to three threads', { 'function.yaml': yaml({ numWorkers: 3 }), 'handler.js': nodeChat }],
  [
    'nodejs, in two processes',
    { 'function.yaml': yaml({ numWorkers: 2, spec: 'isolation: process' }), 'handler.js': nodeChat },
  ],
  [
    'sync Python',
    {
      'function.yaml': yaml({ runtime: 'python', handler: 'main:handler', numWorkers: 2 }),
      'main.py': pythonChat(false),
    },
  ],
  [
    'async Python',
    {
      'function.yaml': yaml({ runtime: 'python', handler: 'main:handler', numWorkers: 2 }),
      'main.py': pythonChat(true),
    },
  ],
]

for (const [name, files] of chats) {
  describe(`a chat, ${name}`, () => {
    test('replies are of the type that the handler gave, and pushes reach whom they name', async (t) => {
      const served = await serve(t, files)
      const [first, second, third] = [await connect(t, served), await connect(t, served), await connect(t, served)]
      for (const text of ['hello', 'bytes b', 'json j']) first.send(text)
      await first.until(3)
      assert.deepEqual(
        first.messages.map(({ text, isText }) => [text.replaceAll(' ', ''), isText]),
        [
          ['hello', true],
          ['b', false],
          ['{"rest":"j"}', true],
        ],
      )
      for (const [index, client] of [second, third].entries()) {
        client.send('join red')
        assert.deepEqual(await client.until(1), ['true'], `client ${index}`)
      }
      first.send('to red')
      assert.equal((await first.until(4))[3], '2')
      for (const client of [second, third]) {
        const message = JSON.parse((await client.until(2))[1] ?? '') as { to: string }
        assert.equal(message.to, 'red')
      }
      third.send('leave red')
      assert.equal((await third.until(3))[2], 'true')
      first.send('to red')
      assert.equal((await first.until(5))[4], '1')
      first.send('broadcast news')
      await first.until(7)
      // The handler learns the number after the message went out.
      assert.deepEqual(first.texts.slice(5), ['news', '3'])
      assert.equal((await third.until(4))[3], 'news')
      third.send('self x')
      await third.until(7)
      assert.deepEqual(
        third.messages.slice(4).map(({ text, isText }) => [text, isText]),
        [
          ['x', false],
          ['x', true],
          ['true', true],
        ],
      )
      third.send('nobody x')
      assert.equal((await third.until(8))[7], 'false')
      third.send('close enough')
      assert.deepEqual(await within('close', third.closed), { code: 4000, reason: 'enough' })
    })

    test('a handler that throws sends nothing, and the connection goes on', async (t) => {
      const served = await serve(t, files)
      const client = await connect(t, served)
      client.send('throw away')
      client.send('still here')
      assert.deepEqual(await client.until(1), ['still here'])
      assert.deepEqual(await served.counts('talk'), { success: 1, failure: 1 })
    })
  })
}

test('each chunk of a streamed reply is a message of its type', async (t) => {
  for (const numWorkers of [1, 2]) {
    const served = await serve(t, { 'function.yaml': yaml({ numWorkers }), 'handler.js': nodeChat })
    const client = await connect(t, served)
    client.send('chunks')
    await client.until(2)
    assert.deepEqual(
      client.messages.map(({ text, isText }) => [text, isText]),
      [
        ['a', true],
        ['b', false],
      ],
    )
  }
})

test('with report_errors a client is told the id of the event that failed, and no more', async (t) => {
  const files = { 'function.yaml': yaml({ numWorkers: 2, attributes: 'report_errors: true' }), 'handler.js': nodeChat }
  const served = await serve(t, files)
  const client = await connect(t, served)
  client.send('throw plans')
  const report = JSON.parse((await client.until(1))[0] ?? '') as { error: string; event_id: string }
  assert.doesNotMatch(report.error, /plans/)
  await served.logged({ event_id: report.event_id })
})

test('a worker that dies takes its events along, not the connections', async (t) => {
  const files = { 'function.yaml': yaml({ numWorkers: 2, placement: 'dispatched' }), 'handler.js': nodeChat }
  const served = await serve(t, files)
  const client = await connect(t, served)
  client.send('die')
  client.send('still here')
  assert.equal((await client.until(1)).at(-1), 'still here')
  assert.equal(client.socket.readyState, client.socket.OPEN)
})

for (const placement of ['dispatched', 'worker']) {
  test(`SIGTERM delivers what is pending, closes with 1001 and exits with 0, ${placement}`, async (t) => {
    const served = await serve(t, { 'function.yaml': yaml({ placement }), 'handler.js': nodeChat })
    const [busy, idle] = [await connect(t, served), await connect(t, served)]
    busy.send('wait 500')
    idle.send('hello')
    await idle.until(1)
    served.pelton.child.kill('SIGTERM')
    assert.equal((await within('close', idle.closed)).code, 1001)
    assert.deepEqual(await within('close', busy.closed), { code: 1001, reason: 'going away' })
    assert.deepEqual(busy.texts, ['waited'])
    assert.deepEqual(await served.pelton.ended, { code: 0, signal: null })
  })
}

test('a copy in a worker that is replaced closes its connections with 1012, after their replies', async (t) => {
  const handler = `exports.handler = async (context, event) => {
  if (event.text() === 'fault') setTimeout(() => { throw new Error('nobody catches it') })
  await new Promise((resolve) => setTimeout(resolve, 100))
  return 'replied'
}
`
  const served = await serve(t, { 'function.yaml': yaml({ placement: 'worker' }), 'handler.js': handler })
  const [first, second] = [await connect(t, served), await connect(t, served)]
  second.send('slow')
  first.send('fault')
  assert.deepEqual(await within('close', second.closed), { code: 1012, reason: 'service restart' })
  assert.deepEqual(second.texts, ['replied'])
  const again = await connect(t, served)
  again.send('x')
  assert.deepEqual(await again.until(1), ['replied'])
})

test('14 case 15: without a usable runtime the start is refused, whatever pool the trigger names', async (t) => {
  const file = digitalhub('is_stream: true')
    .replace('python:3.10', 'cobol')
    .replace('numWorkers: 2', 'workerAllocatorName: nowhere')
  const folder = await createTempFolder(t, { 'f.yaml': file, 'main.py': 'def handler(context, event):\n    pass\n' })
  const pelton = startPelton(['run', path.join(folder, 'f.yaml')])
  assert.equal((await pelton.ended).code, 1)
  assert.match(pelton.stderr(), /cobol/)
})

test('a save swaps the code and keeps the connections', { timeout: 60_000 }, async (t) => {
  const version = (text: string): string => `exports.handler = () => '${text}'\n`
  const folder = await createTempFolder(t, { 'function.yaml': yaml(), 'handler.js': version('one') })
  const pelton = startPelton(['run', folder, '--watch', '--log-format', 'json'])
  t.after(() => pelton.stop())
  const client = await connectClient(t, await pelton.url())
  client.send('x')
  assert.deepEqual(await client.until(1), ['one'])
  await writeFile(path.join(folder, 'handler.js'), version('two'))
  await pelton.line('reloaded')
  client.send('x')
  assert.deepEqual(await client.until(2), ['one', 'two'])
})

test('an http trigger and a websocket trigger share a port by path', async (t) => {
  const port = await findFreePort()
  const files = {
    'function.yaml': `apiVersion: pelton/v1
kind: Function
metadata: { name: both }
spec:
  runtime: nodejs
  handler: handler.js
  triggers:
    page: { kind: http, url: "127.0.0.1:${port}" }
    talk: { kind: websocket, attributes: { websocket_addr: "127.0.0.1:${port}" } }
`,
    'handler.js': `exports.handler = (context, event) => event.trigger.kind + ' ' + event.path\n`,
  }
  const served = await serve(t, files)
  for (const at of ['/ws', '/']) {
    const client = await connectClient(t, `ws://127.0.0.1:${port}${at}`)
    client.send('x')
    assert.deepEqual(await client.until(1), [`websocket ${at}`])
  }
  assert.equal((await served.ask(undefined, { url: `http://127.0.0.1:${port}` })).text, 'http /')
  assert.equal((await served.ask(undefined, { url: `http://127.0.0.1:${port}`, path: '/ws' })).status, 426)
})

/** DigitalHub's own files (13.5), but for a port that is free. */
const digitalhub = (attributes: string): string => `spec:
  runtime: "python:3.10"
  handler: "main:handler"
  triggers:
    t:
      kind: websocket
      numWorkers: 2
      attributes: { websocket_addr: ":9001", ${attributes} }
`
const onFreePort = ['--set', 'spec.triggers.t.attributes.websocket_addr=127.0.0.1:0']

test('14 cases 23 and 31: a discrete client gets an ACK for the last state of each interval', async (t) => {
  const files = {
    'discrete.yaml': digitalhub('processing_interval: 5000, is_stream: false'),
    'main.py': `def handler(context, event):
    return context.Response(body=f"ACK: {event.body.decode('utf-8')}", content_type="text/plain", status_code=200)
`,
  }
  const args = [...onFreePort, '--set', 'spec.triggers.t.attributes.processing_interval=300']
  const served = await serve(t, files, { path: 'discrete.yaml', args })
  const client = await connectClient(t, served.urlOf('t'))
  client.send('state = A')
  client.send('state = B')
  assert.deepEqual(await client.until(1), ['ACK: state = B'])
  client.send('state = C')
  client.send('state = D')
  assert.deepEqual(await client.until(2), ['ACK: state = B', 'ACK: state = D'])
  assert.equal(client.messages[0]?.isText, true)
  client.socket.close()
  assert.deepEqual(await served.pelton.stop(), { code: 0, signal: null })
  assert.deepEqual(
    served.pelton.lines().filter(({ level }) => level === 'error'),
    [],
  )
})

test('14 cases 24 and 32: a stream client gets a reply for each window of whole chunks', async (t) => {
  const files = {
    'stream.yaml': digitalhub(
      'chunk_bytes: 160000, max_bytes: 1440000, trim_bytes: 1120000, processing_interval: 20, is_stream: true',
    ),
    'main.py': `def handler(context, event):
    return f"{len(event.body)} {event.content_type}"
`,
  }
  const served = await serve(t, files, { path: 'stream.yaml', args: onFreePort })
  const client = await connectClient(t, served.urlOf('t'))
  for (let chunk = 1; chunk <= 10; chunk += 1) {
    for (let sent = 0; sent < 160_000; sent += 4000) client.send(Buffer.alloc(4000))
    await client.until(chunk)
  }
  const windows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 3].map((chunks) => `${chunks * 160_000} application/octet-stream`)
  assert.deepEqual(client.texts, windows)
})

test('14 cases 26 and 27: a third client of two workers is a 503, a plain GET a 400', async (t) => {
  const files = { 'f.yaml': digitalhub('is_stream: false'), 'main.py': 'def handler(context, event):\n    return ""\n' }
  const served = await serve(t, files, { path: 'f.yaml', args: onFreePort })
  const url = served.urlOf('t')
  await connectClient(t, url)
  const second = await connectClient(t, url)
  await assert.rejects(connectClient(t, url), /503/)
  assert.equal((await fetch(url.replace('ws:', 'http:'))).status, 400)
  second.socket.close()
  await second.closed
  await waitUntil('a place', () =>
    connectClient(t, url).then(
      () => true,
      () => false,
    ),
  )
})

const badStarts: [name: string, attributes: string, message: RegExp][] = [
  ['11: no address', 'is_stream: true', /websocket_addr is required/],
  ['12: chunk_bytes that is no number', 'port: 0, chunk_bytes: invalid-int', /attributes\.chunk_bytes: .*invalid-int/],
  [
    '13: processing_interval that is none',
    'port: 0, processing_interval: not-a-number',
    /attributes\.processing_interval: /,
  ],
  ['trim_bytes over max_bytes', 'port: 0, max_bytes: 10, chunk_bytes: 5, trim_bytes: 11', /attributes\.trim_bytes: /],
]
for (const [name, attributes, message] of badStarts) {
  test(`a start with a bad attribute is refused and names it, ${name}`, async (t) => {
    const file = digitalhub('').replace(/attributes: .*/, `attributes: { ${attributes} }`)
    const folder = await createTempFolder(t, { 'f.yaml': file, 'main.py': 'def handler(context, event):\n    pass\n' })
    const pelton = startPelton(['run', path.join(folder, 'f.yaml')])
    assert.equal((await pelton.ended).code, 1)
    assert.match(pelton.stderr(), message)
    assert.doesNotMatch(pelton.stderr(), /\n {4}at /)
  })
}

test('14 case 14: an interval of zero starts with a warning in a nuclio file, not in a Pelton file', async (t) => {
  const main = { 'main.py': 'def handler(context, event):\n    return event.body\n' }
  const old = { 'f.yaml': digitalhub('processing_interval: 0'), ...main }
  const served = await serve(t, old, { path: 'f.yaml', args: onFreePort })
  const warning = await served.logged({ key: 'spec.triggers.t.attributes.processing_interval' })
  assert.match(String(warning['problem']), /is 0.*10 ms/)
  const client = await connectClient(t, served.urlOf('t'))
  client.send('x')
  await client.until(1)
  const folder = await createTempFolder(t, {
    'function.yaml': yaml({ runtime: 'python', handler: 'main:handler', attributes: 'processing_interval: 0' }),
    ...main,
  })
  const pelton = startPelton(['run', folder])
  assert.equal((await pelton.ended).code, 1)
  assert.match(pelton.stderr(), /attributes\.processing_interval: must be more than 0/)
})

test('clients that never read or send a gigabyte cost a bounded memory, and others are served', async (t) => {
  const handler = `exports.handler = (context, event) => Buffer.alloc(event.text() === 'big' ? 1 << 20 : 10)\n`
  const files = {
    'function.yaml': yaml({ numWorkers: 2, attributes: 'max_backlog_bytes: 1MiB, max_message_bytes: 1MiB' }),
    'handler.js': handler,
  }
  const served = await serve(t, files)
  const deaf = await connect(t, served)
  deaf.socket.pause()
  for (let count = 0; count < 2000; count += 1) deaf.send('big')
  const greedy = await connect(t, served)
  // Cut while it is still sending.
  greedy.socket.on('error', () => undefined)
  const part = Buffer.alloc(1 << 20)
  for (let count = 0; count < 1024 && greedy.socket.readyState === greedy.socket.OPEN; count += 1) {
    await new Promise((resolve) => greedy.socket.send(part, { fin: false }, resolve))
  }
  assert.match(String((await within('close', greedy.closed, 10_000)).code), /^(?:1009|1006)$/)
  const other = await connect(t, served)
  other.send('small')
  await other.until(1)
  const peakKb = await peakMemoryKb(served)
  assert.ok(peakKb < 400_000, `${peakKb} kB`)
  // It would have the whole grace time to read.
  deaf.socket.terminate()
})

/** The most memory that the processor had so far; 0 where there is no /proc. */
async function peakMemoryKb({ pelton }: ServedFunction): Promise<number> {
  const status = await readFile(`/proc/${pelton.child.pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0)
}
