import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Starts hosts while ever fewer descriptors are left, and prints how many are left after each and why it was none. */
const script = (module: string): string => `
  const fs = await import('node:fs')
  const { spawnHost } = await import(${JSON.stringify(module)})
  const spec = { index: 0, concurrency: 1, trigger: { kind: '', name: '' }, function: { name: 'hello' }, hooks: { log() {} } }
  const start = () => spawnHost({ command: '/bin/true', args: [], env: {} }, spec, { sharesMemory: true })
  const take = () => { const taken = []; try { for (;;) taken.push(fs.openSync('/dev/null')) } catch { return taken } }
  const codes = [await start().catch(({ code }) => code)]
  let held = take()
  for (let free = 7; free > 0; free--) {
    for (const fd of held.splice(0, free)) fs.closeSync(fd)
    codes.push(await start().catch(({ code, retryable }) => code + ' ' + retryable))
    const back = take()
    codes.push(free - back.length)
    held.push(...back)
  }
  for (const fd of held) fs.closeSync(fd)
  console.log(JSON.stringify(codes))
  process.exit(0)`

test('a host for which there are no descriptors left says so, may be tried again, and leaves none behind', () => {
  const module = new URL('./spawn-host.ts', import.meta.url).href
  const flags = ['--conditions=pelton-source', '--input-type=module', '--eval', script(module)]
  const command = ['ulimit -n 80; exec "$0" "$@"', process.execPath, ...flags]
  const [first, ...codes] = JSON.parse(execFileSync('/bin/sh', ['-c', ...command], { encoding: 'utf8' })) as unknown[]
  assert.equal(first, 'worker_not_started')
  // The warden's pipe may be among the first that are taken.
  assert.deepEqual(codes.slice(2), Array.from({ length: 6 }, () => ['host_short_of_files true', 0]).flat())
  assert.equal(codes[0], 'host_short_of_files true')
})
