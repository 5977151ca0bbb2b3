import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { startProcess } from './process-group.ts'
import { createWarden } from './warden.ts'

const env = { PATH: process.env['PATH'] }

/** Whether a process runs; one that has ended and is not collected yet does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('how a process ended is told in words', async () => {
  const ends = ['exit 3', 'kill -9 $$'].map((script) =>
    startProcess({ command: 'sh', args: ['-c', script], env }, 'ignore'),
  )
  const hows = await Promise.all(ends.map(({ ended }) => within('end', ended)))
  assert.deepEqual(
    hows.map(({ how, code, signal }) => [how, code, signal]),
    [
      ['exited with code 3', 3, null],
      ['was ended by SIGKILL', null, 'SIGKILL'],
    ],
  )
})

test('a command that is missing is told, and one that nobody can be given throws', async () => {
  const { ended } = startProcess({ command: 'no-such-command', args: [], env }, 'ignore')
  const { how, failure } = await within('end', ended)
  assert.match(how, /could not be started: .*ENOENT/)
  assert.ok(failure)
  assert.throws(() => startProcess({ command: 'sh', args: ['a\0b'], env }, 'ignore'), TypeError)
})

test('what a leader has started ends with it', async () => {
  const group = startProcess({ command: 'sh', args: ['-c', 'sleep 1000 & echo $!'], env }, ['ignore', 'pipe', 'ignore'])
  let output = ''
  group.child.stdout?.on('data', (chunk) => (output += String(chunk)))
  await within('end', group.ended)
  const pid = Number(await waitUntil('the pid', () => output.trim()))
  await waitUntil('its child is gone', () => !isAlive(pid))
})

test('no group outlives a process that was killed, however deaf it is', async (t) => {
  const module = new URL('./process-group.ts', import.meta.url).href
  const code = `
    const { startProcess } = await import(${JSON.stringify(module)})
    const script = 'trap "" TERM INT HUP; sleep 1000 & echo $$ $!; wait'
    const command = { command: 'sh', args: ['-c', script], env: process.env }
    startProcess(command, ['ignore', 'inherit', 'ignore'])
    const { ended } = startProcess({ ...command, args: ['-c', 'exit 0'] }, 'ignore')
    await ended
    console.log('started')`
  const flags = ['--conditions=pelton-source', '--input-type=module', '--eval', code]
  const owner = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname })
  t.after(() => owner.kill('SIGKILL'))
  let output = ''
  owner.stdout.on('data', (chunk) => (output += String(chunk)))
  await waitUntil('both', () => /\d+ \d+/.test(output) && output.includes('started'), { deadlineMs: 10_000 })
  const pids = (/\d+ \d+/.exec(output)?.[0] ?? '').split(' ').map(Number)
  assert.ok(pids.every(isAlive))
  owner.kill('SIGKILL')
  await waitUntil('both are gone', () => !pids.some(isAlive), { deadlineMs: 5000 })
})

test('a warden that was ended is replaced with the next group, and knows the former ones', async (t) => {
  const sleeper = startProcess({ command: 'sleep', args: ['1000'], env }, 'ignore')
  t.after(() => sleeper.kill())
  const children = (): number[] =>
    readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
  const before = new Set(children())
  const warden = createWarden()
  warden.add(sleeper.child.pid ?? 0)
  const [shell] = children().filter((pid) => !before.has(pid))
  assert.ok(shell)
  process.kill(shell, 'SIGKILL')
  await waitUntil('it is gone', () => !isAlive(shell))
  await new Promise(setImmediate)
  const other = startProcess({ command: 'sleep', args: ['1000'], env }, 'ignore')
  t.after(() => other.kill())
  warden.add(other.child.pid ?? 0)
  const wardens = children().filter((pid) => {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return !before.has(pid) && words.includes('pelton-warden')
  })
  assert.equal(wardens.length, 1)
  warden.remove(sleeper.child.pid ?? 0)
  warden.remove(other.child.pid ?? 0)
})
