import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameType } from '@pelton/protocols/worker'
import { waitUntil } from '@pelton/testkit'
import { startRawHost } from './fixtures/raw-host.ts'

const echo = 'def handler(context, event):\n    return event.body\n'

test('what is no frame ends the process, which says so', async (t) => {
  const unknown = Buffer.alloc(16)
  unknown[0] = 99
  const hugeMeta = Buffer.from(unknown)
  hugeMeta[0] = frameType.event
  hugeMeta.writeUInt32LE(0x7f000000, 8)
  const hugeBody = Buffer.from(hugeMeta)
  hugeBody.writeUInt32LE(0, 8)
  hugeBody.writeUInt32LE(0x7f000000, 12)
  for (const bytes of [unknown, hugeMeta, hugeBody, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(64)]) {
    const host = await startRawHost(t, echo)
    host.write(bytes)
    assert.equal(await host.ended, 1)
    assert.match(host.stderr(), /the worker ends: its socket brought no frame/)
  }
})

test('the end of the socket ends it at once', async (t) => {
  const host = await startRawHost(t, echo)
  ;(host.child.stdio as unknown as { destroy(): void }[])[3]!.destroy()
  assert.equal(await host.ended, 0)
})

test('what is printed does not get into the wire', async (t) => {
  const host = await startRawHost(
    t,
    `
import os, sys
print('while it is loaded')
def handler(context, event):
    print('printed')
    print('to stderr', file=sys.stderr)
    os.write(1, b'raw')
    os.system('echo from a shell')
    return 'done'
`,
  )
  host.event(1)
  assert.equal(String((await host.next()).body()), 'done')
  assert.deepEqual(host.logs, ['while it is loaded', 'printed', 'to stderr'])
})

for (const define of ['def', 'async def']) {
  test(`a handler (${define}) that closes every descriptor ends the process, which says why where it can`, async (t) => {
    for (const [from, said] of [
      [3, /the worker ends: its socket cannot be used: .*has the handler closed descriptors/],
      [0, /^$/],
    ] as const) {
      const host = await startRawHost(
        t,
        `import os\n${define} handler(context, event):\n    os.closerange(${from}, 100)\n`,
      )
      host.event(1)
      assert.equal(await host.ended, 1)
      assert.match(host.stderr(), said)
    }
  })
}

test('a handler that writes to every descriptor breaks the wire, and nothing else', async (t) => {
  const host = await startRawHost(
    t,
    `
import os
def handler(context, event):
    for descriptor in range(1, 30):
        try:
            os.write(descriptor, b'nonsense')
        except OSError:
            pass
`,
  )
  host.event(1)
  await assert.rejects(host.next(), /there is no frame of type 110/)
  assert.match(host.stderr(), /nonsense/)
})

test('a handler that makes the socket non-blocking does it no harm', async (t) => {
  const host = await startRawHost(
    t,
    `
import os
def handler(context, event):
    os.set_blocking(3, False)
    return event.body
`,
  )
  for (const body of ['x', Buffer.alloc(3_000_000), 'y']) {
    host.event(1, body)
    assert.equal((await host.next()).body().length, body.length)
  }
})

test('threads and signal handlers may log while an answer is written', async (t) => {
  const host = await startRawHost(
    t,
    `
import signal, threading
def chatter(context):
    for at in range(400):
        context.logger.info('thread ' + 'y' * 1000)
def init_context(context):
    signal.signal(signal.SIGALRM, lambda *_: context.logger.info('signal ' + 'x' * 1000))
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
    for _ in range(2):
        threading.Thread(target=chatter, args=(context,)).start()
def handler(context, event):
    return event.body
`,
  )
  for (let at = 0; at < 200; at++) {
    host.event(1, Buffer.alloc(400_000))
    assert.equal((await host.next()).body().length, 400_000)
  }
  const count = (text: string): number => host.logs.filter((one) => one.startsWith(text)).length
  await waitUntil('all records', () => count('thread') === 800 && count('signal') > 10)
})

for (const define of ['def', 'async def']) {
  test(`a child that a handler (${define}) forks does not speak for it`, async (t) => {
    const host = await startRawHost(
      t,
      `
import os, signal, multiprocessing
def work(queue):
    print('in a child')
    queue.put(os.getpid())
${define} handler(context, event):
    if event.body == b'process':
        queue = multiprocessing.get_context('fork').SimpleQueue()
        process = multiprocessing.get_context('fork').Process(target=work, args=(queue,))
        process.start()
        process.join()
        return str(process.exitcode)
    child = os.fork()
    if child == 0:
        return 'from the child'
    return str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`,
    )
    host.event(1, 'process')
    assert.equal(String((await host.next()).body()), '0')
    host.event(1)
    assert.equal(String((await host.next()).body()), '1')
    host.event(2)
    assert.equal((await host.next()).id, 2)
  })
}

test('programs that the handler starts can be terminated, while the worker waits for its stop', async (t) => {
  const host = await startRawHost(
    t,
    `
import subprocess
def handler(context, event):
    program = subprocess.Popen(['sleep', '100'])
    program.terminate()
    return str(program.wait(5))
`,
  )
  process.kill(host.child.pid!, 'SIGTERM')
  process.kill(host.child.pid!, 'SIGINT')
  host.event(1)
  assert.equal(String((await host.next()).body()), '-15')
})
