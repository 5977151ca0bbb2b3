import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jobFile, runJob } from './run-job.ts'

const echo = `export const handler = (context, event) => {
  const { method, path, headers, fields, contentType } = event
  if (method === 'LOOK') return { method, path, headers, fields, contentType, body: event.text() }
  return { status: Number(event.header('x-status') ?? 200), body: event.body }
}
`
const echoing = (attributes = '{}'): Record<string, string> => ({
  'function.yaml': jobFile(attributes),
  'handler.mjs': echo,
})

describe('the event from the command line', () => {
  test('--body takes the place of the body alone, and bytes stay bytes', async (t) => {
    const input = Buffer.from([0, 255, 10, 128])
    for (const given of ['-', '@-']) {
      const job = await runJob(t, echoing('{ event: { body: other, headers: { x-status: 202 } } }'), {
        args: ['--output', '-', '--body', given],
        input,
      })
      assert.deepEqual([job.code, job.pelton.stdout()], [0, input])
      assert.equal(job.line('job_succeeded')['status'], 202)
    }
  })

  test('--body is a text or a file as well', async (t) => {
    const files = { ...echoing(), 'order.txt': 'from the file' }
    for (const [given, body] of [
      ['a text', 'a text'],
      ['@order.txt', 'from the file'],
      ['', ''],
    ] as const) {
      const job = await runJob(t, files, { args: ['--output', '-', '--body', given] })
      assert.deepEqual([job.code, job.stdout], [0, body])
    }
  })

  test('--event-file takes the place of the whole event, and --body of its body', async (t) => {
    const event = {
      body: { a: 1 },
      headers: { 'X-A': 5 },
      path: '/p',
      method: 'LOOK',
      fields: { day: 3, dry: true },
    }
    const seen = { method: 'LOOK', path: '/p', headers: { 'x-a': '5' }, fields: { day: 3, dry: true } }
    const files = { ...echoing('{ event: { path: /other, headers: { b: c } } }'), 'event.json': JSON.stringify(event) }
    const whole = await runJob(t, files, { args: ['--output', '-', '--event-file', 'event.json'] })
    assert.deepEqual(JSON.parse(whole.stdout), { ...seen, contentType: 'application/json', body: '{"a":1}' })
    const both = await runJob(t, files, {
      args: ['--output', '-', '--event-file', '-', '--body', 'x'],
      input: JSON.stringify(event),
    })
    assert.deepEqual(JSON.parse(both.stdout), { ...seen, contentType: '', body: 'x' })
  })

  const refusals: [what: string, args: string[], code: number, message: RegExp][] = [
    ['an event file that is no JSON', ['--event-file', 'none.json'], 1, /none\.json: is not JSON.*event_file_invalid/s],
    [
      'an event file with faults',
      ['--event-file', 'faulty.json'],
      1,
      /faulty\.json headrs: unknown, did you mean headers\?.*faulty\.json method: expected/s,
    ],
    [
      'a body that is a number',
      ['--event-file', 'number.json'],
      1,
      /number\.json body: expected text, a map or a list, got 7/,
    ],
    [
      'an event file that is missing',
      ['--event-file', 'gone.json'],
      1,
      /The event cannot be read from .*gone\.json: there is no such file/,
    ],
    [
      'a body file that is missing',
      ['--body', '@gone'],
      1,
      /The body cannot be read from .*gone: there is no such file/,
    ],
    ['standard input twice', ['--event-file', '-', '--body', '-'], 2, /only one of them can be standard input/],
    ['an empty output', ['--output='], 2, /--output: expected a file/],
    [
      'an output in a folder that is missing',
      ['--output', 'no/where'],
      1,
      /trigger once: attribute output: .*no\/where cannot be written: there is no such folder/,
    ],
  ]
  for (const [what, args, code, message] of refusals) {
    test(`${what} is refused with its name before the handler runs`, async (t) => {
      const files = {
        ...echoing(),
        'none.json': '{x',
        'faulty.json': '{"headrs": {}, "method": 5}',
        'number.json': '{"body": 7}',
      }
      const job = await runJob(t, files, { args: [...args, '--log-format', 'pretty'] })
      assert.equal(job.code, code, job.pelton.stderr())
      assert.match(job.pelton.stderr(), message)
      assert.doesNotMatch(job.pelton.stderr(), /\n\s+at |job_/)
      assert.equal(job.stdout, '')
    })
  }

  test('a function with several jobs is refused with their names, one without is sent to pelton invoke', async (t) => {
    const two = { ...echoing(), 'function.yaml': `${jobFile('{}')}    other: { kind: job }\n` }
    const several = await runJob(t, two, { args: ['--body', 'x', '--log-format', 'pretty'] })
    assert.equal(several.code, 2)
    assert.match(several.pelton.stderr(), /--body: for one job, and this function has once, other/)
    const none = await runJob(
      t,
      { 'handler.mjs': echo },
      {
        path: 'handler.mjs',
        args: ['--event-file', 'x', '--output', '-', '--log-format', 'pretty'],
      },
    )
    assert.equal(none.code, 2)
    assert.match(none.pelton.stderr(), /--event-file and --output: for a job trigger.*pelton invoke/)
  })
})

describe('the result', () => {
  test('an attribute names a file in the folder of the function, --output another one', async (t) => {
    const files = echoing('{ output: result.txt, event: { body: hello } }')
    const byFile = await runJob(t, files)
    assert.deepEqual([byFile.code, byFile.file('result.txt'), byFile.stdout], [0, 'hello', ''])
    const byFlag = await runJob(t, files, { args: ['--output', 'other.txt'] })
    assert.deepEqual([byFlag.code, byFlag.file('result.txt'), byFlag.file('other.txt')], [0, undefined, 'hello'])
  })

  test('of an answer that is no success it is written, too', async (t) => {
    const job = await runJob(t, echoing('{ output: "-", event: { body: why, headers: { x-status: 404 } } }'))
    assert.deepEqual([job.code, job.stdout], [1, 'why'])
  })

  test('a stream is written as it comes, in little memory', async (t) => {
    const handler = `export const handler = async function* () {
  for (let i = 0; i < 3000; i += 1) yield Buffer.alloc(100_000, i)
  if (process.memoryUsage.rss() > 220e6) throw new Error('too much memory')
}
`
    const files = { 'function.yaml': jobFile('{ output: big.bin }'), 'handler.mjs': handler }
    const job = await runJob(t, files)
    assert.equal(job.code, 0, job.pelton.stderr())
    assert.equal(fs.statSync(path.join(job.folder, 'big.bin')).size, 300_000_000)
  })

  test('a stream that breaks off leaves no half of a file', async (t) => {
    const handler = "export const handler = async function* () { yield 'half'; throw new Error('torn') }\n"
    const files = { 'function.yaml': jobFile('{ output: out.txt }'), 'handler.mjs': handler, 'out.txt': 'before' }
    const job = await runJob(t, files)
    assert.deepEqual([job.code, job.file('out.txt')], [1, 'before'])
    assert.match(String(job.line('job_failed')['reason']), /stream_broken/)
  })

  test('in a shell pipe the exit code is the job’s and stdout has nothing but the result', async (t) => {
    const bin = fileURLToPath(new URL('../../packages/cli/bin/pelton.cjs', import.meta.url))
    const job = await runJob(t, echoing(), { args: ['--output', '-', '--body', 'warm'] })
    const line = `"$NODE" --conditions=pelton-source "$BIN" run . --platform-config platform.yaml --output - --body @- < handler.mjs | cat; echo " \${PIPESTATUS[0]}"`
    const shell = spawn('bash', ['-c', line], {
      cwd: job.folder,
      env: { ...process.env, NODE: process.execPath, BIN: bin, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let out = ''
    for await (const part of shell.stdout.setEncoding('utf8')) out += String(part)
    assert.equal(out, `${echo} 0\n`)
  })

  test('a reader that leaves is a failure of the job, and no crash', async (t) => {
    const handler = `export const handler = async function* () { for (;;) yield 'x'.repeat(10_000) }\n`
    const files = { 'function.yaml': jobFile('{ output: "-" }'), 'handler.mjs': handler }
    const job = await runJob(t, files, {
      meanwhile: async (pelton) => {
        await new Promise((resolve) => pelton.child.stdout.once('data', resolve))
        pelton.child.stdout.destroy()
      },
    })
    assert.equal(job.code, 1, job.pelton.stderr())
    assert.match(String(job.line('job_failed')['reason']), /output_failed: .*standard output: its reader has closed it/)
  })

  test('a reader that stalls holds up nothing but the job', async (t) => {
    const handler = `export const handler = async function* () { for (;;) yield 'x'.repeat(100_000) }\n`
    const files = { 'function.yaml': jobFile('{ output: "-", deadline: 2s }'), 'handler.mjs': handler }
    const job = await runJob(t, files, {
      meanwhile: async (pelton) => {
        pelton.child.stdout.pause()
        const started = await pelton.line('function_started')
        assert.equal((await fetch(`${String(started['health'])}/live`)).status, 200)
        await pelton.line('job_failed')
        pelton.child.stdout.resume()
      },
    })
    assert.equal(job.code, 1)
    assert.match(String(job.line('job_failed')['reason']), /job_deadline_over/)
  })
})

test('for a person the start of a job is one line, its log, and the outcome', async (t) => {
  const job = await runJob(t, echoing(), { args: ['--log-format', 'pretty'] })
  const lines = job.pelton.stderr().trimEnd().split('\n')
  assert.match(lines[0] ?? '', /^job {2}nodejs, pelton \S+, once started in \d+ ms$/)
  assert.match(lines[1] ?? '', /INFO {2}job_succeeded .*status=200 attempts=1 duration_ms=\d+/)
  assert.doesNotMatch(job.pelton.stderr(), /stopp|admin|health/)
})

test('the example job-pipe counts the words of a pipe, and fails when there are none', async (t) => {
  const example = fileURLToPath(new URL('../../examples/job-pipe', import.meta.url))
  const words = await runJob(t, {}, { path: example, args: ['--body', '-', '--output', '-'], input: 'tea milk tea' })
  assert.deepEqual([words.code, words.stdout], [0, 'tea 2\nmilk 1\n'])
  const none = await runJob(t, {}, { path: example, args: ['--body', '', '--output', '-'] })
  assert.deepEqual([none.code, none.stdout], [1, 'no words\n'])
})
