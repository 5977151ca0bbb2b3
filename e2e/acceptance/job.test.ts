import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { waitUntil } from '@pelton/testkit'
import type { LogLine, PeltonProcess } from '../pelton-process.ts'
import { jobFile, runJob, startJob } from './run-job.ts'

/** The configuration of DigitalHub's integration test, as it stands. */
const digitalhubYaml = `spec:
  runtime: "python:3.10"
  handler: "job_event:handler"
  triggers:
    myJobTrigger:
      kind: job
      maxWorkers: 1
      attributes:
        event:
          body: '{"text": "Test text. Job is done."}'
`

describe('DigitalHub', () => {
  test('14 case 4: the job writes its file and the process ends by itself with 0', async (t) => {
    const job = await runJob(
      t,
      {
        'job_event.yaml': digitalhubYaml,
        'job_event.py': `import json
import os


def handler(context, event):
    with open(os.environ['JOB_OUTPUT_FILE'], 'w') as file:
        file.write(json.dumps({'body': json.loads(event.body)}))
    return context.Response(body='done', headers={}, content_type='text/plain', status_code=200)
`,
      },
      { path: 'job_event.yaml', env: { JOB_OUTPUT_FILE: 'job-output.txt' } },
    )
    assert.equal(job.code, 0, job.pelton.stderr())
    assert.equal(job.file('job-output.txt')?.trim(), '{"body": {"text": "Test text. Job is done."}}')
    assert.equal(job.stdout, '')
  })

  test('14 case 5: the event has what was configured, header values with their types', async (t) => {
    const job = await runJob(t, {
      'function.yaml': `spec:
  runtime: python
  handler: "handler:handler"
  triggers:
    named:
      kind: job
      attributes:
        output: seen.json
        event:
          body: text
          path: /a/path
          method: PUT
          headers: { numeric: 123, boolean: true, string: "value" }
`,
      'handler.py': `def handler(context, event):
    kinds = {name: type(value).__name__ for name, value in event.headers.items()}
    return {'body': event.body.decode(), 'path': event.path, 'method': event.method, 'headers': event.headers,
            'kinds': kinds, 'trigger': [event.trigger.kind, event.trigger.name]}
`,
    })
    assert.equal(job.code, 0, job.pelton.stderr())
    assert.deepEqual(JSON.parse(job.file('seen.json') ?? ''), {
      body: 'text',
      path: '/a/path',
      method: 'PUT',
      headers: { Numeric: 123, Boolean: true, String: 'value' },
      kinds: { Numeric: 'int', Boolean: 'bool', String: 'str' },
      trigger: ['job', 'named'],
    })
  })

  test('14 case 5: attributes that are empty are an empty event, and an event that is no map is a fault', async (t) => {
    const nuclio = (attributes: string): Record<string, string> => ({
      'function.yaml': `spec: { runtime: nodejs, handler: "main:handler", triggers: { j: { kind: job, attributes: ${attributes} } } }\n`,
      'main.js':
        'exports.handler = (context, event) => context.callback(JSON.stringify([event.body.length, event.path]))\n',
    })
    const empty = await runJob(t, nuclio('{}'), { args: ['--output', '-'] })
    assert.deepEqual([empty.code, empty.stdout], [0, '[0,""]'])
    const wrong = await runJob(t, nuclio('{ event: 123 }'))
    assert.equal(wrong.code, 1)
    assert.match(wrong.pelton.stderr(), /spec\.triggers\.j\.attributes\.event: expected keys with values, got 123/)
  })

  test('14 case 6: attributes that mean nothing to a job are warnings in a nuclio file', async (t) => {
    const triggers = '{ j: { kind: job, attributes: { schedule: "* * * * *", numWorkers: 2, body: x } } }'
    const job = await runJob(t, {
      'function.yaml': `spec: { runtime: nodejs, handler: "main:handler", triggers: ${triggers} }\n`,
      'main.js': "exports.handler = (context) => context.callback('')\n",
    })
    assert.equal(job.code, 0)
    const keys = job.pelton.lines().filter(({ message }) => message === 'config_warning')
    assert.deepEqual(
      keys.map(({ key }) => String(key).split('.').at(-1)),
      ['schedule', 'numWorkers', 'body'],
    )
  })

  test('14 case 8: a trigger that is started again does its work within a second', async (t) => {
    const file = (body: string): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: again }
spec:
  runtime: nodejs
  handler: handler.mjs
  triggers:
    web: { kind: http, url: "127.0.0.1:0" }
    once: { kind: job, attributes: { event: { body: ${body} } } }
`
    const handler =
      "export const handler = (context, event) => context.logger.info('handled', { body: event.text() })\n"
    const job = await startJob(t, { 'function.yaml': file('first'), 'handler.mjs': handler }, { args: ['--watch'] })
    await job.pelton.line('function_started')
    await job.pelton.line('job_succeeded')
    await writeFile(path.join(job.folder, 'function.yaml'), file('second'))
    const handled = (): LogLine[] => job.pelton.lines().filter(({ message }) => message === 'handled')
    await waitUntil('a second run', () => handled().length === 2)
    assert.deepEqual(
      handled().map(({ body }) => body),
      ['first', 'second'],
    )
    assert.equal((await job.pelton.stop()).code, 0)
  })
})

/** Does what the body of its event says. */
const doer = `import { writeFileSync } from 'node:fs'
export const handler = async (context, event) => {
  context.logger.info('begun', { attempt: event.attempt, id: event.id })
  const [what, value] = event.text().split(' ')
  if (what === 'status') return { status: Number(value), body: value }
  if (what === 'throw') throw new Error('thrown')
  if (what === 'exit') process.exit(0)
  if (what === 'kill') process.kill(process.pid, 'SIGKILL')
  if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, Number(value)))
  if (what === 'never') await new Promise(() => undefined)
  if (what === 'spin') for (;;);
  if (what === 'third' && event.attempt < 3) throw new Error('not yet')
  return 'done'
}
`
const node = (attributes: string, more?: string): Record<string, string> => ({
  'function.yaml': jobFile(attributes, more),
  'handler.mjs': doer,
})

const soonMs = 2000

describe('the exit code, and 14 case 97: the end of the process comes at once', () => {
  const cases: [what: string, body: string, code: number, reason?: RegExp][] = [
    ['a 200', 'status 200', 0],
    ['a 201', 'status 201', 0],
    ['a 204', 'status 204', 0],
    ['a 302', 'status 302', 1, /the handler answered 302/],
    ['a 404', 'status 404', 1, /the handler answered 404/],
    ['a 500', 'status 500', 1, /the handler answered 500/],
    ['a handler that throws', 'throw', 1, /handler_failed/],
    ['process.exit in the handler', 'exit', 1, /worker_lost/],
  ]
  for (const [what, body, code, reason] of cases) {
    test(`${what} is ${code}, at once`, async (t) => {
      const job = await runJob(t, node(`{ event: { body: ${body} } }`))
      assert.equal(job.code, code, job.pelton.stderr())
      if (reason) assert.match(String(job.line('job_failed')['reason']), reason)
      else assert.equal(job.line('job_succeeded')['status'], Number(body.split(' ')[1]))
      assert.ok(job.endMs < soonMs, `the end took ${job.endMs} ms`)
    })
  }

  const ends: [what: string, body: string, more: string, reason: RegExp][] = [
    ['a worker that is killed', 'kill', '  isolation: process\n', /worker_lost/],
    ['a handler over eventTimeout', 'never', '  eventTimeout: 300ms\n', /event_timeout/],
    ['a handler that blocks its thread over eventTimeout', 'spin', '  eventTimeout: 300ms\n', /event_timeout/],
  ]
  for (const [what, body, more, reason] of ends) {
    test(`${what} is 1, at once`, async (t) => {
      const job = await runJob(t, node(`{ event: { body: ${body} } }`, more))
      assert.equal(job.code, 1)
      assert.match(String(job.line('job_failed')['reason']), reason)
      assert.ok(job.endMs < soonMs, `the end took ${job.endMs} ms`)
    })
  }

  for (const body of ['never', 'spin']) {
    test(`a deadline that passes is 1, though the handler would ${body === 'spin' ? 'spin' : 'wait'} for ever`, async (t) => {
      const job = await runJob(t, node(`{ deadline: 500ms, retries: 3, event: { body: ${body} } }`))
      assert.equal(job.code, 1)
      assert.match(String(job.line('job_failed')['reason']), /job_deadline_over/)
      assert.ok(job.endMs < soonMs, `the end took ${job.endMs} ms`)
    })
  }

  test('a Python worker that is killed is 1, at once', async (t) => {
    const job = await runJob(t, {
      'function.yaml': jobFile('{}', '', 'python'),
      'handler.py': 'import os\n\n\ndef handler(context, event):\n    os.kill(os.getpid(), 9)\n',
    })
    assert.equal(job.code, 1)
    assert.match(String(job.line('job_failed')['reason']), /worker_lost/)
    assert.ok(job.endMs < soonMs, `the end took ${job.endMs} ms`)
  })
})

test('attempts have the same id, and one that succeeds ends the job', async (t) => {
  const job = await runJob(t, node('{ retries: 5, retryDelay: 50ms, event: { body: third } }'))
  assert.equal(job.code, 0, job.pelton.stderr())
  const begun = job.pelton.lines().filter(({ message }) => message === 'begun')
  assert.deepEqual(
    begun.map(({ attempt }) => attempt),
    [1, 2, 3],
  )
  assert.equal(new Set(begun.map(({ id }) => id)).size, 1)
  assert.equal(job.line('job_succeeded')['attempts'], 3)
})

test('a worker that dies is replaced for the next attempt', async (t) => {
  const job = await runJob(t, node('{ retries: 1, retryDelay: 50ms, event: { body: exit } }'))
  assert.equal(job.code, 1)
  assert.equal(job.pelton.lines().filter(({ message }) => message === 'begun').length, 2)
})

describe('a SIGTERM', () => {
  const terminate = async (pelton: PeltonProcess): Promise<void> => {
    await pelton.line('begun')
    pelton.child.kill('SIGTERM')
  }

  test('lets the attempt finish, and its outcome is the exit code', async (t) => {
    const job = await runJob(t, node('{ event: { body: wait 700 } }'), { meanwhile: terminate })
    assert.equal(job.code, 0, job.pelton.stderr())
    job.line('job_succeeded')
  })

  test('begins no further attempt, and is a failure', async (t) => {
    const meanwhile = async (pelton: PeltonProcess): Promise<void> => {
      await pelton.line('job_attempt_failed')
      pelton.child.kill('SIGTERM')
    }
    const job = await runJob(t, node('{ retries: 5, retryDelay: 1h, event: { body: throw } }'), { meanwhile })
    assert.equal(job.code, 1)
    assert.match(String(job.line('job_failed')['reason']), /job_interrupted/)
    assert.ok(job.endMs < soonMs)
  })

  test('cuts off what takes longer than the grace time, and that is a failure', async (t) => {
    const job = await runJob(t, node('{ event: { body: never } }'), { args: ['--grace', '1s'], meanwhile: terminate })
    assert.equal(job.code, 1)
    assert.match(String(job.line('job_failed')['reason']), /job_interrupted/)
  })

  test('before the job has begun is a failure', async (t) => {
    const files = {
      'function.yaml': jobFile('{}'),
      'handler.mjs':
        "console.log('loading')\nawait new Promise((resolve) => setTimeout(resolve, 60_000))\nexport const handler = () => 1\n",
    }
    const meanwhile = async (pelton: PeltonProcess): Promise<void> => {
      await pelton.line('loading')
      pelton.child.kill('SIGTERM')
    }
    assert.equal((await runJob(t, files, { meanwhile })).code, 1)
  })
})

describe('a job beside other triggers', () => {
  const beside = (attributes: string): Record<string, string> => ({
    'function.yaml': `${jobFile(attributes)}    web: { kind: http, url: "127.0.0.1:0" }\n`,
    'handler.mjs': doer,
  })

  test('does not end them, and leaves the function ready, even when it failed', async (t) => {
    const { pelton } = await startJob(t, beside('{ event: { body: status 500 } }'))
    const started = await pelton.line('function_started')
    await pelton.line('job_failed')
    assert.equal((await fetch(`${String(started['health'])}/ready`)).status, 200)
    assert.equal(await (await fetch(await pelton.url(), { method: 'POST', body: 'x' })).text(), 'done')
    assert.equal((await pelton.stop()).code, 0)
  })

  test('ends them when it is told to', async (t) => {
    const job = await runJob(t, beside('{ exitProcess: true, event: { body: status 200 } }'))
    assert.equal(job.code, 0)
  })

  test('two jobs end the process when both are done, with 1 when one failed', async (t) => {
    const second = '    other: { kind: job, attributes: { event: { body: wait 400 } } }\n'
    const files = node('{ event: { body: status 404 } }')
    const job = await runJob(t, { ...files, 'function.yaml': files['function.yaml'] + second })
    assert.equal(job.code, 1)
    assert.deepEqual([job.line('job_failed')['trigger'], job.line('job_succeeded')['trigger']], ['once', 'other'])
  })
})

test('on Kubernetes a job ends at once, without the time that load balancers need', async (t) => {
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  // The one port that its probes look at may be another test's.
  const run = async (): Promise<number | undefined> => {
    const job = await runJob(t, node('{ event: { body: status 200 } }'), { env })
    return job.code === 0 ? job.endMs : undefined
  }
  const endMs = await waitUntil('a run with the port', run, { deadlineMs: 30_000, everyMs: 200 })
  assert.ok(Number(endMs) < soonMs, `the end took ${endMs} ms`)
})
