import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { createTempFolder, waitUntil, within } from '@pelton/testkit'
import { isAlive } from './is-alive.ts'
import { pythonFunction } from './python-function.ts'
import { serve } from './serve-function.ts'

describe('the end of Python workers', () => {
  for (const [kind, begins, sleeps] of [
    ['sync', 'def', 'time.sleep(0.3)'],
    ['async', 'async def', 'await asyncio.sleep(0.3)'],
  ] as const) {
    test(`SIGTERM runs the termination callbacks of every ${kind} worker, and what runs is answered`, async (t) => {
      const folder = await createTempFolder(t)
      const files = {
        'function.yaml': pythonFunction(3),
        'main.py': `import asyncio, os, time

${begins} init_context(context):
    def goodbye():
        time.sleep(0.05)
        open(os.path.join(os.environ['ENDS'], str(context.worker_id)), 'w').close()
    context.platform.set_termination_callback(goodbye)

${begins} handler(context, event):
    context.logger.info('begun')
    ${sleeps}
    return 'answered'
`,
      }
      const served = await serve(t, files, { env: { ENDS: folder } })
      const running = served.ask('x')
      await served.pelton.line('begun')
      const { code } = await served.pelton.stop()
      assert.deepEqual([(await running).text, code], ['answered', 0])
      assert.deepEqual((await readdir(folder)).toSorted(), ['0', '1', '2'])
    })
  }

  for (const [how, main] of [
    ['spins, deaf to signals', 'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    while True: pass'],
    ['sleeps, deaf to signals', 'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(1000)'],
    ['waits for events', "return 'idle'"],
  ] as const) {
    test(`after kill -9 of the processor a worker that ${how} is gone within 5 s, with its children`, async (t) => {
      const served = await serve(t, {
        'function.yaml': pythonFunction(),
        'main.py': `import os, signal, subprocess, time

def handler(context, event):
    child = subprocess.Popen(['sleep', '1000'])
    context.logger.info_with('pids', own=os.getpid(), child=child.pid)
    ${main}
`,
      })
      const running = served.ask('x').catch(() => undefined)
      const line = await served.pelton.line('pids')
      const pids = [Number(line['own']), Number(line['child'])]
      assert.deepEqual(pids.map(isAlive), [true, true])
      served.pelton.child.kill('SIGKILL')
      await running
      await waitUntil('their end', () => !pids.some(isAlive))
    })
  }

  test('a second signal ends workers at once, also deaf ones', async (t) => {
    const served = await serve(t, {
      'function.yaml': pythonFunction(),
      'main.py': `import os, signal

def handler(context, event):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    context.logger.info_with('pids', own=os.getpid())
    while True: pass
`,
    })
    const running = served.ask('x').catch(() => undefined)
    const { own } = await served.pelton.line('pids')
    served.pelton.child.kill('SIGTERM')
    await served.pelton.line('stopping')
    const { code } = await within('the end', served.pelton.endNow('SIGTERM'))
    assert.equal(code, 143)
    await running
    await waitUntil('the end of the worker', () => !isAlive(Number(own)))
  })
})
