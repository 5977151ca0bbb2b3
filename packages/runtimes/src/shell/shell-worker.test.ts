import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type LogRecord, PeltonError } from '@pelton/core'
import { eventData, waitUntil, within } from '@pelton/testkit'
import { CommandRun } from './command-run.ts'
import { type SpawnedShell, responseOf, spawnShell } from './fixtures/spawn-shell.ts'
import { createOutputPipes } from './output-pipes.ts'

/** As the processor aborts at `spec.eventTimeout`. */
const timeout = new PeltonError('event_timeout', 'over', { blame: 'user', retryable: false, help: '' })

/** Whether a process runs; one that has ended and is not collected yet does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The process ids that a script has written to the file `pids` of its folder, one a line. */
function pidsOf({ folder }: SpawnedShell, count: number): Promise<number[]> {
  const file = join(folder, 'pids')
  return waitUntil('the process ids', () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    return lines.length >= count ? lines.map(Number) : undefined
  }) as Promise<number[]>
}

/** Notes its own id and that of what it has started, each when it is what it is to be. */
const sleeper = `sh -c 'echo $$ >> pids; exec sleep 1000' & echo $$ >> pids; wait`

test('a command that fails is a generic 500, and the log has its status and its last lines', async (t) => {
  const { outcome, logs } = await spawnShell(t, 'seq 30; echo some_error >&2; exit 3')
  const captured: LogRecord[] = []
  const failed = await outcome('', { id: 'the-id' }, { log: { level: 'info', write: (one) => captured.push(one) } })
  assert.equal(failed.status, 'failed')
  assert.deepEqual(
    [failed.error.code, failed.error.status, failed.error.message],
    ['handler_failed', 500, 'the handler failed'],
  )
  const [record] = logs
  assert.deepEqual(captured, logs)
  assert.deepEqual(
    [record?.level, record?.message, record?.eventId, record?.trigger],
    ['error', 'handler_failed', 'the-id', 'http'],
  )
  assert.equal(record?.facts?.['reason'], 'the command exited with code 3')
  assert.match(String(record?.facts?.['output']), /^12\n13\n.*\n30\nsome_error$/s)
})

test('exposeErrors gives callers the status and the last lines', async (t) => {
  const { outcome } = await spawnShell(t, 'echo some_error; kill -9 $$', { exposeErrors: true })
  const failed = await outcome()
  assert.equal(failed.status === 'failed' && failed.error.message, 'the command was ended by SIGKILL:\nsome_error')
})

test('in a nuclio file a failure is a 500 with nuclio’s text and the configured headers', async (t) => {
  const attributes = { responseHeaders: { header1: 'value1' } }
  const script = 'cat; eval "$(cat /dev/stdin)"'
  const { outcome, logs } = await spawnShell(t, script, { compat: 'nuclio', attributes })
  const response = await responseOf(outcome('echo some_error >&2; exit 1\n'))
  assert.deepEqual([response.status, response.contentType], [500, 'text/plain; charset=utf-8'])
  assert.deepEqual(response.headers, [['header1', 'value1']])
  const printed = 'echo some_error >&2; exit 1\nsome_error\n'
  assert.equal(String(response.body), `Failed to run shell command.\nError: exit status 1\nOutput:${printed}`)
  assert.equal(logs.length, 1)
  for (const [signal, word] of [
    ['KILL', 'killed'],
    ['TERM', 'terminated'],
    ['SEGV', 'segmentation fault'],
    ['IO', 'signal 29'],
  ]) {
    const { body } = await responseOf(outcome(`kill -${signal} $$`))
    assert.match(String(body), new RegExp(`^Failed to run shell command\\.\\nError: signal: ${word}\\nOutput:`))
  }
})

test('a command that prints too much is ended, and what it printed is given up', async (t) => {
  const pipes = await createOutputPipes()
  t.after(() => pipes.close())
  const start = (script: string): CommandRun =>
    new CommandRun({ command: '/bin/sh', args: ['-c', script], env: {} }, Buffer.of(), {
      pipes,
      maxOutputBytes: 100_000,
    })
  const most = await within('end', start('head -c 100000 /dev/zero').ended)
  assert.deepEqual([most?.output.length, most?.printedTooMuch], [100_000, false])
  const more = await within('end', start('while :; do echo more; done').ended)
  assert.deepEqual([more?.signal, more?.printedTooMuch], ['SIGKILL', true])
})

test('what a command prints beyond 256 MiB fails its event', async (t) => {
  const { outcome, logs } = await spawnShell(t, 'head -c 300000000 /dev/zero')
  const failed = await outcome()
  assert.equal(failed.status === 'failed' && failed.error.code, 'output_too_large')
  assert.equal(logs.length, 1)
})

test('at its deadline a command is killed with all that it has started, and the worker goes on', async (t) => {
  const shell = await spawnShell(t, `[ -s /dev/stdin ] && { cat; exit; }; trap '' TERM; ${sleeper}`)
  const controller = new AbortController()
  const held = shell.outcome('', {}, { signal: controller.signal })
  const pids = await pidsOf(shell, 2)
  assert.ok(pids.every(isAlive))
  controller.abort(timeout)
  const failed = await held
  assert.equal(failed.status === 'failed' && failed.error.code, 'command_cut_off')
  await waitUntil('all of its group being gone', () => !pids.some(isAlive))
  assert.equal(await shell.ask('on'), 'on')
  assert.equal(await shell.worker.ping(100), true)
  assert.deepEqual(shell.logs, [])
})

test('when its caller leaves a command is asked to end, which it may refuse', async (t) => {
  const shell = await spawnShell(t, `case $(cat) in deaf) trap 'echo heard' TERM ;; esac; ${sleeper}; wait; echo done`)
  const leave = async (body: string): Promise<string> => {
    rmSync(join(shell.folder, 'pids'), { force: true })
    const controller = new AbortController()
    const held = shell.outcome(body, {}, { signal: controller.signal })
    await pidsOf(shell, 2)
    controller.abort()
    const outcome = await held
    return outcome.status === 'handled' ? String(outcome.response.body) : outcome.error.code
  }
  assert.equal(await leave(''), 'command_cut_off')
  assert.match(await leave('deaf'), /heard\n(?:.*\n)?done\n$/)
})

test('in a nuclio file a command runs on when its caller leaves', async (t) => {
  const shell = await spawnShell(t, 'echo $$ >> pids; cat; sleep 0.2; echo done', { compat: 'nuclio' })
  const controller = new AbortController()
  const held = shell.outcome('', {}, { signal: controller.signal })
  await pidsOf(shell, 1)
  controller.abort()
  assert.equal(String((await responseOf(held)).body), 'done\n')
})

test('an event whose caller is gone already is not begun', async (t) => {
  const { outcome, folder } = await spawnShell(t, 'touch begun')
  const failed = await outcome('', {}, { signal: AbortSignal.abort() })
  assert.equal(failed.status === 'failed' && failed.error.code, 'command_cut_off')
  assert.ok(!existsSync(join(folder, 'begun')))
})

test('what a command leaves behind is killed when it ends', async (t) => {
  const shell = await spawnShell(t, 'sleep 1000 & echo $! > pids; echo done')
  assert.equal(await shell.ask(), 'done\n')
  const [pid = 0] = await pidsOf(shell, 1)
  await waitUntil('its child being gone', () => !isAlive(pid))
})

test('who has left the group of a command holds nobody up, and never reaches another event', async (t) => {
  const script = `cat
    case $1 in
      leave) setsid sh -c 'trap "" PIPE; echo $$ > pids; while ! [ -e go ]; do sleep 0.01; done; echo stray; touch said' &
        while ! [ -s pids ]; do sleep 0.01; done ;;
      stay) while ! [ -e said ]; do sleep 0.01; done ;;
    esac`
  const shell = await spawnShell(t, script)
  const ask = (body: string, way: string): Promise<string> =>
    shell.ask(body, { headers: { 'x-nuclio-arguments': way } })
  assert.equal(await ask('first', 'leave'), 'first')
  const [pid = 0] = await pidsOf(shell, 1)
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
  const second = ask('second', 'stay')
  writeFileSync(join(shell.folder, 'go'), '')
  assert.equal(await second, 'second')
  await waitUntil('the stray being gone', () => !isAlive(pid))
  assert.equal(await ask('third', ''), 'third')
})

test('a command that cannot be started fails its event with the reason', async (t) => {
  const gone = await spawnShell(t, '', { files: { program: '\x7fELF\0' }, programs: ['program'], handler: 'program' })
  rmSync(join(gone.folder, 'program'))
  const long = await spawnShell(t, '', { handler: 'echo' })
  const headers = { 'x-nuclio-arguments': 'x'.repeat(5_000_000) }
  for (const [{ outcome, logs }, event, reason] of [
    [gone, {}, /program cannot be started: .*ENOENT/],
    [long, { headers }, /echo cannot be started: .*E2BIG/],
    [long, { headers: { 'x-nuclio-arguments': 'a\0b' } }, /echo cannot be started: .*null bytes/],
  ] as const) {
    const failed = await outcome('', event)
    assert.equal(failed.status, 'failed')
    assert.equal(failed.error.code, 'command_not_started')
    assert.match(failed.error.message, reason)
    assert.equal(logs.at(-1)?.message, 'handler_failed')
  }
  assert.equal(await long.ask('', { headers: { 'x-nuclio-arguments': 'on' } }), 'on\n')
})

test('a worker that stops takes no more, and ends what runs at its deadline', async (t) => {
  const shell = await spawnShell(t, sleeper)
  const held = shell.outcome()
  const pids = await pidsOf(shell, 2)
  const stopped = shell.worker.stop(60_000)
  const refused = await shell.worker.handle(eventData()).outcome
  assert.equal(refused.status === 'failed' && refused.error.code, 'command_cut_off')
  await within('the earlier stop', shell.worker.stop(10))
  await stopped
  const failed = await held
  assert.equal(failed.status === 'failed' && failed.error.code, 'command_cut_off')
  await waitUntil('all of its group being gone', () => !pids.some(isAlive))
})
