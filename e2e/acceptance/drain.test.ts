import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRaw, waitUntil } from '@pelton/testkit'
import { type ServedFunction, serve } from './serve-function.ts'

const readiness = async ({ health }: ServedFunction): Promise<number> => (await fetch(`${health}/ready`)).status
const post = (ms: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(ms).length}\r\n\r\n${ms}`
const placements = ['dispatched', 'worker'] as const
const inPlacement = (placement: string): string[] => ['--set', `spec.triggers.http.placement=${placement}`]

for (const placement of placements) {
  test(`SIGTERM finishes what runs, says close, cuts idle connections and exits with 0, ${placement}`, async (t) => {
    const served = await serve(t, 'drain', { args: inPlacement(placement) })
    const idle = await connectRaw(served.port)
    idle.send(post(0))
    await idle.until('finished')
    assert.doesNotMatch(idle.received, /connection: close/i)
    const busy = await connectRaw(served.port)
    busy.send(post(600))
    await waitUntil('it running', () => served.pelton.lines().filter((line) => line.message === 'begun').length === 2)
    assert.equal(await readiness(served), 200)
    served.pelton.child.kill('SIGTERM')
    await idle.untilClosed()
    assert.equal(await readiness(served), 503)
    await assert.rejects(fetch(served.url), 'nothing is accepted any more')
    await busy.untilClosed()
    assert.match(busy.received, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*finished/i)
    assert.deepEqual(await served.pelton.ended, { code: 0, signal: null })
  })

  test(`at the end of the grace time what runs is cut, its signal aborts, and the exit code is 1, ${placement}`, async (t) => {
    const args = ['--set', 'spec.terminationGracePeriod=1s', ...inPlacement(placement)]
    const served = await serve(t, 'drain', { args })
    const busy = await connectRaw(served.port)
    busy.send(post(60_000))
    await served.pelton.line('begun')
    const begun = performance.now()
    served.pelton.child.kill('SIGTERM')
    await busy.untilClosed()
    assert.equal((await served.pelton.ended).code, 1)
    const took = performance.now() - begun
    assert.ok(took > 300 && took < 3500, `${took} ms`)
    assert.doesNotMatch(busy.received, /200 OK/)
    assert.equal((await served.logged({ message: 'stopped' }))['clean'], false)
    assert.ok(served.pelton.stderr().includes('"message":"aborted"'))
  })
}

test('with drainDelay /ready is 503 at once and requests are served until it is over', async (t) => {
  const served = await serve(t, 'drain', { args: ['--set', 'spec.drainDelay=1s'] })
  assert.equal(await readiness(served), 200)
  served.pelton.child.kill('SIGTERM')
  await served.pelton.line('stopping')
  assert.equal(await readiness(served), 503)
  assert.equal((await served.ask('1')).text, 'finished')
  const { code } = await served.pelton.ended
  assert.equal(code, 0)
  assert.ok(Number((await served.logged({ message: 'stopped' }))['took_ms']) >= 950)
})

test('a second signal during the drain exits with 128 plus its number', async (t) => {
  const served = await serve(t, 'drain')
  const busy = await connectRaw(served.port)
  busy.send(post(60_000))
  await served.pelton.line('begun')
  served.pelton.child.kill('SIGINT')
  await served.pelton.line('stopping')
  assert.deepEqual(await served.pelton.endNow('SIGTERM'), { code: 143, signal: null })
  busy.close()
})
