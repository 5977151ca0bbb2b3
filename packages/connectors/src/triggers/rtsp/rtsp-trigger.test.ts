import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { after, test } from 'node:test'
import tls from 'node:tls'
import type { Outcome } from '@pelton/core'
import {
  createTempFolder,
  describeTrigger,
  findFreePort,
  handled,
  testCertificate,
  waitUntil,
  within,
} from '@pelton/testkit'
import { runTrigger } from './fixtures/run-trigger.ts'
import { pcmu, pictureOf, startSource } from './fixtures/start-source.ts'
import manifest from './index.ts'

const small = await pictureOf(1)
const shared = await startSource({ after })

describeTrigger('rtsp', {
  manifest,
  attributes: { url: shared.url, media_type: 'video', processing_interval: 0 },
  emit: () => shared.send(shared.jpeg(small)),
  mostPending: 1,
})

const every = { media_type: 'video', processing_interval: 0 }
const lossesOf = 'pelton_source_losses_total'

test('a source that goes and comes back is connected again, in 5 s, and frames go on counting', async (t) => {
  const source = await startSource(t)
  const { clock, events, untilReady, untilMetric, logged } = runTrigger(t, {
    attributes: { url: source.url, ...every },
  })
  await untilReady(true)
  source.send(source.jpeg(small))
  await events(1)
  await source.close()
  await untilReady(false)
  const again = await startSource(t, { port: source.port })
  await clock.advance(4_999)
  assert.equal(again.readers, 0)
  await clock.advance(1)
  await untilReady(true)
  again.send(again.jpeg(small))
  const fields = (await events(2)).map(({ fields: { frame_num: number, reconnects } }) => [number, reconnects])
  assert.deepEqual(fields, [
    [1, 0],
    [2, 1],
  ])
  await untilMetric('pelton_source_connects_total', 2)
  await untilMetric(lossesOf, 1, { reason: 'broken' })
  assert.equal(logged('source_lost').length, 1)
})

test('a source that is rebooted 20 times, also in the middle of a frame, is back each time within the back-off, with exact counts', async (t) => {
  let source = await startSource(t)
  const { port, url } = source
  const { context, clock, events, untilReady, untilMetric, logged } = runTrigger(t, { attributes: { url, ...every } })
  const large = await pictureOf(60, 1_200)
  let sent = 0
  for (let reboot = 0; reboot < 20; reboot += 1) {
    if (reboot > 0) source = await startSource(t, { port })
    await clock.advance(reboot === 0 ? 0 : 5_000)
    await untilReady(true)
    for (let count = 0; count < 1 + (reboot % 3); count += 1) {
      sent += 1
      source.send(source.jpeg(small))
      await events(sent)
    }
    const next = source.jpeg(large)
    source.send(next.slice(0, reboot % next.length))
    await source.close()
    await untilReady(false)
    await untilMetric(lossesOf, reboot + 1, { reason: 'broken' })
  }
  assert.deepEqual(
    context.events.map(({ fields }) => fields['frame_num']),
    Array.from({ length: sent }, (_, index) => index + 1),
  )
  assert.equal(context.events.at(-1)?.fields['reconnects'], 19)
  await untilMetric('pelton_source_connects_total', 20)
  await untilMetric('pelton_frames_received_total', sent)
  assert.equal(logged('source_lost').length, 20)
})

test('a source behind TLS is read where its certificate is trusted', async (t) => {
  const source = await startSource(t)
  const sockets = new Set<net.Socket>()
  const server = tls.createServer(testCertificate, (socket) => {
    const inner = net.connect(source.port, '127.0.0.1')
    for (const end of [socket, inner]) {
      sockets.add(end)
      end.on('error', () => undefined)
    }
    socket.pipe(inner).pipe(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const folder = await createTempFolder(t, { 'ca.pem': testCertificate.cert })
  const url = `rtsps://localhost:${(server.address() as net.AddressInfo).port}/live`
  const trusting = runTrigger(t, { attributes: { url, ...every, tls: { ca: 'ca.pem' } }, folder })
  await trusting.untilReady(true)
  source.send(source.jpeg(small))
  await trusting.events(1)
  const strict = runTrigger(t, { attributes: { url, ...every } })
  await strict.untilReady(false)
  await strict.untilMetric(lossesOf, 1, { reason: 'unreachable' })
  const careless = runTrigger(t, { attributes: { url, ...every, tls: { rejectUnauthorized: false } } })
  await careless.untilReady(true)
})

test('a source that is not there makes it unready, is tried less and less, and is logged once, without its secrets', async (t) => {
  const port = await findFreePort()
  const { clock, untilReady, untilMetric, logged } = runTrigger(t, {
    attributes: { url: `rtsp://u:secret@127.0.0.1:${port}/live?token=secret` },
  })
  for (const [attempt, waitMs] of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000].entries()) {
    await untilMetric(lossesOf, attempt + 1, { reason: 'unreachable' })
    await waitUntil('the wait', () => clock.pending === 1)
    await clock.advance(waitMs)
  }
  await untilReady(false)
  const records = logged('source_unreachable')
  assert.deepEqual(
    records.map(({ level }) => level).filter((level) => level === 'warn'),
    ['warn'],
  )
  assert.match(String(records[0]?.facts?.['detail']), /^No stream from the source: .*ECONNREFUSED/)
  assert.ok(!JSON.stringify(records).includes('secret'))
})

test('a source that sends nothing of use is connected anew after stall_timeout, whatever packets it sends', async (t) => {
  const source = await startSource(t)
  const { clock, events, untilReady, untilMetric } = runTrigger(t, {
    attributes: { url: source.url, ...every, stall_timeout: '4s' },
  })
  await untilReady(true)
  source.send(source.jpeg(small))
  await events(1)
  const dropped = { reason: 'other_format' }
  for (const seconds of [1, 2, 3]) {
    const packets = source.jpeg(small)
    for (const packet of packets) packet[1] = (packet[1]! & 0x80) | 96
    source.send(packets)
    await untilMetric('pelton_frames_dropped_total', seconds, dropped)
    await clock.advance(1_000)
  }
  await clock.advance(1_000)
  await untilMetric(lossesOf, 1, { reason: 'stalled' })
  await untilReady(false)
  await waitUntil('the end of the session', () => source.readers === 0)
  await waitUntil('the wait', () => clock.pending > 0)
  await clock.advance(5_000)
  await untilReady(true)
})

test('a source that sends a frame now and then is kept', async (t) => {
  const source = await startSource(t)
  const { clock, events, untilReady, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  for (const count of [1, 2, 3]) {
    source.send(source.jpeg(small))
    await events(count)
    await clock.advance(9_000)
  }
  await untilMetric('pelton_source_connects_total', 1)
  await untilMetric(lossesOf, 0)
})

test('a silent source is stalled', async (t) => {
  const source = await startSource(t)
  const { clock, untilReady, untilMetric } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(true)
  await clock.advance(9_000)
  await untilMetric(lossesOf, 0)
  await clock.advance(1_000)
  await untilMetric(lossesOf, 1, { reason: 'stalled' })
})

test('credentials of the url are used, those of the attributes win, wrong ones are told', async (t) => {
  const credentials = { username: 'us@er', password: 'p:w' }
  const source = await startSource(t, { credentials })
  const inUrl = source.url.replace('//', '//us%40er:p%3Aw@')
  for (const attributes of [{ url: inUrl }, { url: source.url.replace('//', '//a:b@'), ...credentials }]) {
    const { untilReady, context, events } = runTrigger(t, { attributes: { ...attributes, ...every } })
    await untilReady(true)
    source.send(source.jpeg(small))
    const [event] = await events(1)
    assert.deepEqual([event?.url, event?.path, event?.fields['url']], [source.url, source.url, source.url])
    context.abortNow()
  }
  const wrong = runTrigger(t, { attributes: { url: source.url, ...credentials, password: 'x', ...every } })
  await wrong.untilReady(false)
  await wrong.untilMetric(lossesOf, 1, { reason: 'unauthorized' })
  assert.match(String(wrong.logged('source_unreachable')[0]?.facts?.['detail']), /lets nobody in/)
})

test('a source without the medium is of no use, and what it has is told', async (t) => {
  const source = await startSource(t, { media: pcmu })
  const { untilMetric, logged, untilReady } = runTrigger(t, { attributes: { url: source.url, ...every } })
  await untilReady(false)
  await untilMetric(lossesOf, 1, { reason: 'unsuitable' })
  assert.match(
    String(logged('source_unreachable')[0]?.facts?.['detail']),
    /no video .*audio PCMU; set media_type: audio$/,
  )
})

for (const transport of ['tcp', 'udp'] as const) {
  test(`frames come by ${transport}`, async (t) => {
    const source = await startSource(t)
    const { untilReady, events } = runTrigger(t, { attributes: { url: source.url, ...every, transport } })
    await untilReady(true)
    source.send(source.jpeg(small))
    const [event] = await events(1)
    assert.equal(event?.fields['width'], 16)
  })
}

test('stopping lets the handler finish, leaves the source, and takes no frame more', async (t) => {
  const source = await startSource(t)
  const held: ((outcome: Outcome) => void)[] = []
  const dispatch = (): Promise<Outcome> => new Promise((resolve) => held.push(resolve))
  const trigger = runTrigger(t, { attributes: { url: source.url, ...every } }, dispatch)
  const { context, run, events, untilReady, untilMetric } = trigger
  await untilReady(true)
  source.send(source.jpeg(small))
  source.send(source.jpeg(small))
  await events(1)
  await untilMetric('pelton_frames_received_total', 2)
  context.stopNow()
  await waitUntil('the end of the session', () => source.readers === 0)
  held[0]?.(handled())
  await within('the run', run)
  assert.equal(context.events.length, 1)
  assert.equal(context.isReady, false)
})

test('a failing handler is logged, and frames go on', async (t) => {
  const source = await startSource(t)
  const { events, logged, untilReady } = runTrigger(t, { attributes: { url: source.url, ...every } }, () =>
    handled({ status: 500 }),
  )
  await untilReady(true)
  for (const count of [1, 2]) {
    source.send(source.jpeg(small))
    await events(count)
  }
  await waitUntil('the end', () => logged('frames_failed').length === 1)
})
