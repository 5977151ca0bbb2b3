import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type TriggerContext, defineShared, schema, untilAborted } from '@pelton/core'
import { waitUntil } from '@pelton/testkit'
import type { SinkConfig, TriggerConfig } from '../config/function-config.ts'
import { createConfig, createPlatform, createTriggerConfig } from '../fixtures/fake-function.ts'
import { createEvent, createFakeRuntime } from '../fixtures/fake-runtime.ts'
import {
  type FakeSink,
  createFakeSink,
  createListeningConfig,
  createSinkConfig,
  targetError,
} from '../fixtures/fake-sink.ts'
import { createTestProcessor } from '../fixtures/test-processor.ts'

/** A trigger that hands out so many events, then rests. */
function trigger(sinks: SinkConfig[], events = 1, changes: Partial<TriggerConfig> = {}): TriggerConfig {
  const run = async (context: TriggerContext): Promise<void> => {
    for (let i = 0; i < events; i++) await context.dispatch(createEvent(`body ${i}`, `event ${i}`), { sequence: i })
    context.ready(true)
    await untilAborted(context.stop)
  }
  return createTriggerConfig('cam', { run }, { sinks, ...changes })
}

const answering = (): ReturnType<typeof createFakeRuntime> => createFakeRuntime({ answers: true })

async function get(url: string): Promise<string> {
  return (await fetch(url)).text()
}

describe('the sinks of a processor', () => {
  test('get what handlers answer, and are counted, shown and listed', async (t) => {
    const [sink, away] = [createFakeSink({ takes: true }), createFakeSink()]
    away.failures = Array.from({ length: 99 }, () => targetError('connection refused'))
    const sinks = [createSinkConfig(sink), createSinkConfig(away, { queueSize: 2 }, 'fake_2')]
    const { processor, logged } = createTestProcessor(t, createConfig(answering(), [trigger(sinks, 5)]))
    await processor.start()
    await waitUntil('the writes', () => sink.written.length === 5)
    const { admin = '', health = '', state, triggers } = processor.status()
    assert.equal(state, 'ready', 'a target that is away does not turn callers away')
    assert.match(await get(`${health}/ready`), /\{\}/)
    assert.deepEqual(triggers[0]?.sinks, [
      { name: 'fake', kind: 'fake', open: true },
      { name: 'fake_2', kind: 'fake', open: false, why: 'connection refused' },
    ])
    const metrics = await get(`${admin}/metrics`)
    const labels = '\\{.*trigger_kind="fake",trigger_id="cam",sink='
    for (const sample of [
      `pelton_sink_written_total${labels}"fake"\\} 5`,
      `pelton_sink_dropped_total${labels}"fake_2",reason="queue_full"\\} 3`,
      `pelton_sink_dropped_total${labels}"fake",reason="late"\\} 0`,
      `pelton_sink_retried_total${labels}"fake"\\} 0`,
      `pelton_sink_failed_total${labels}"fake"\\} 0`,
      `pelton_sink_queued${labels}"fake_2"\\} 2`,
      `pelton_sink_open${labels}"fake_2"\\} 0`,
    ])
      assert.match(metrics, new RegExp(`^${sample}$`, 'm'))
    const stats = JSON.parse(await get(`${admin}/triggers/cam/stats`)) as { sinks: Record<string, { written: number }> }
    assert.equal(stats.sinks['fake']?.written, 5)
    const lost = logged.filter(({ message }) => message.startsWith('sink_'))
    assert.deepEqual(
      lost.map(({ message, trigger: of, facts }) => [message, of, facts?.['sink']]),
      [
        ['sink_unreachable', 'cam', 'fake_2'],
        ['sink_dropping', 'cam', 'fake_2'],
      ],
    )
  })

  test('their secrets are hidden in /triggers: by the schema, by telling keys and in addresses', async (t) => {
    const config = createSinkConfig(createFakeSink())
    config.manifest.manifest.attributes = schema.object({
      signing: schema.string({ secret: true }),
      headers: schema.map(schema.string()),
      url: schema.string(),
    }) as SinkConfig['manifest']['manifest']['attributes']
    config.settings.attributes = {
      signing: 'hunter1',
      headers: { Authorization: 'Bearer hunter2', 'X-API-Key': 'hunter3', 'X-Plain': 'seen' },
      url: 'https://user:hunter4@example.com/hook',
    }
    const { processor } = createTestProcessor(t, createConfig(answering(), [trigger([config])]))
    await processor.start()
    const body = await get(`${processor.status().admin}/triggers`)
    assert.doesNotMatch(body, /hunter/)
    for (const part of ['"X-Plain":"seen"', 'https://user:***@example.com/hook', '"queueSize":64']) {
      assert.ok(body.includes(part), part)
    }
    assert.doesNotMatch(body, /"manifest"|\/nowhere"?,"summary/)
  })

  test('are open before the trigger runs, and closed after it has stopped', async (t) => {
    const moves: string[] = []
    const sink = createFakeSink({ takes: true })
    const { open, close } = sink
    sink.open = (lost) => (moves.push('open'), open(lost))
    sink.close = (deadlineMs) => (moves.push('close'), close(deadlineMs))
    const run = async (context: TriggerContext): Promise<void> => {
      moves.push('run')
      context.ready(true)
      await untilAborted(context.stop)
      await context.dispatch(createEvent('the last'))
      moves.push('returned')
    }
    const config = createTriggerConfig('cam', { run }, { sinks: [createSinkConfig(sink)] })
    const { processor } = createTestProcessor(t, createConfig(answering(), [config]))
    await processor.start()
    assert.deepEqual(await processor.stop(5000), { clean: true })
    assert.deepEqual(moves, ['open', 'run', 'returned', 'close'])
    assert.deepEqual(sink.written, ['the last'])
  })

  test('that can never work stop the start before the trigger runs', async (t) => {
    const sink = createFakeSink()
    sink.failures = [targetError('the address is taken', false)]
    let hasRun = false
    const run = async (): Promise<void> => void (hasRun = true)
    const config = createTriggerConfig('cam', { run }, { sinks: [createSinkConfig(sink)] })
    const { processor } = createTestProcessor(t, createConfig(answering(), [config]))
    await assert.rejects(processor.start(), { message: 'the address is taken' })
    assert.equal(hasRun, false)
    assert.equal(processor.status().state, 'stopped')
  })

  test('are flushed at a stop; what does not get there in time makes it unclean', async (t) => {
    const sink = createFakeSink()
    const { processor } = createTestProcessor(t, createConfig(answering(), [trigger([createSinkConfig(sink)], 3)]))
    await processor.start()
    const stopped = processor.stop(700)
    await waitUntil('the first write', () => sink.held[0])
    sink.held[0]?.take()
    assert.deepEqual(await stopped, { clean: false })
    assert.deepEqual(sink.written, ['body 0', 'body 1'])
  })

  test('a trigger whose sinks change is restarted with the new ones, another one runs on', async (t) => {
    const [former, next] = [createFakeSink({ takes: true }), createFakeSink({ takes: true })]
    let runs = 0
    const run = async (context: TriggerContext): Promise<void> => {
      runs++
      context.ready(true)
      await untilAborted(context.stop)
    }
    const withSink = (sink: FakeSink, queueSize: number): TriggerConfig =>
      createTriggerConfig('cam', { run }, { sinks: [createSinkConfig(sink, { queueSize })] })
    const { processor } = createTestProcessor(t, createConfig(answering(), [withSink(former, 1)]))
    await processor.start()
    await processor.update(createConfig(answering(), [withSink(next, 1)]))
    assert.deepEqual([runs, former.closes.length, next.openings], [1, 0, 0], 'the same configuration')
    await processor.update(createConfig(answering(), [withSink(next, 2)]))
    assert.deepEqual([runs, former.closes.length, next.openings], [2, 1, 1])
  })

  test('get each answer of a batch', async (t) => {
    const sink = createFakeSink({ takes: true })
    const run = async (context: TriggerContext): Promise<void> => {
      await Promise.all(['a', 'b', 'c'].map((text, sequence) => context.dispatch(createEvent(text), { sequence })))
      context.ready(true)
      await untilAborted(context.stop)
    }
    const batch = { size: 3, timeoutMs: 1000 }
    const config = createTriggerConfig('cam', { run }, { sinks: [createSinkConfig(sink)], batch })
    const { processor } = createTestProcessor(t, createConfig(answering(), [config]))
    await processor.start()
    await waitUntil('the writes', () => sink.written.length === 3)
    assert.deepEqual(sink.written, ['a', 'b', 'c'])
  })

  test('a trigger that runs anew numbers anew, and its answers still arrive', async (t) => {
    const sink = createFakeSink({ takes: true })
    let runs = 0
    const run = async (context: TriggerContext): Promise<void> => {
      runs++
      context.ready(true)
      for (let sequence = 0; sequence < 3; sequence++) {
        await context.dispatch(createEvent(`${runs}.${sequence}`), { sequence })
      }
      if (runs < 2) throw targetError('the camera is off')
      await untilAborted(context.stop)
    }
    const config = createTriggerConfig('cam', { run }, { sinks: [createSinkConfig(sink)] })
    const { processor } = createTestProcessor(t, createConfig(answering(), [config]))
    await processor.start()
    await waitUntil('both runs', () => sink.written.length === 6)
    assert.deepEqual(sink.written, ['1.0', '1.1', '1.2', '2.0', '2.1', '2.2'])
  })

  test('a sink says where it is reached, and adds to /metrics, labelled with its name', async (t) => {
    const [one, two] = [createFakeSink({ takes: true }), createFakeSink({ takes: true })]
    const sinks = [createSinkConfig(one), createSinkConfig(two, {}, 'fake_2')]
    const { processor } = createTestProcessor(t, createConfig(answering(), [trigger(sinks)]))
    await processor.start()
    for (const [viewers, { settings }] of [one, two].entries()) {
      const samples = [{ labels: { reason: 'late' }, value: viewers }]
      settings?.series(() => [{ name: 'toy_viewers', type: 'gauge', help: 'Of toys', samples }])
    }
    two.settings?.reachable('http://127.0.0.1:9/toys')
    const { admin = '', triggers } = processor.status()
    assert.deepEqual(triggers[0]?.sinks, [
      { name: 'fake', kind: 'fake', open: true },
      { name: 'fake_2', kind: 'fake', open: true, url: 'http://127.0.0.1:9/toys' },
    ])
    const lines = (await get(`${admin}/metrics`)).split('\n').filter((line) => line.includes('toy_viewers'))
    assert.deepEqual(lines.slice(0, 2), ['# HELP toy_viewers Of toys', '# TYPE toy_viewers gauge'])
    assert.match(lines[2] ?? '', /trigger_id="cam",sink="fake",reason="late"\} 0$/)
    assert.match(lines[3] ?? '', /trigger_id="cam",sink="fake_2",reason="late"\} 1$/)
    assert.equal(lines.length, 4)
  })

  test('sinks of one processor share what they ask for', async (t) => {
    const [one, two] = [createFakeSink(), createFakeSink()]
    const sinks = [createSinkConfig(one), createSinkConfig(two, {}, 'fake_2')]
    const { processor } = createTestProcessor(t, createConfig(answering(), [trigger(sinks)]))
    await processor.start()
    const token = defineShared('toys', () => ({}))
    assert.equal(one.settings?.shared(token), two.settings?.shared(token))
  })

  test('two sinks that want the same port and path stop the start, as does a trigger that wants it', (t) => {
    const address = { host: '', port: 8085, path: '/a', configured: false }
    const listening = (): SinkConfig => createListeningConfig(createFakeSink(), address)
    const one = trigger([listening()])
    const two = { ...trigger([listening()]), settings: { ...one.settings, name: 'door' } }
    assert.throws(() => createTestProcessor(t, createConfig(answering(), [one, two])), {
      code: 'same_address',
      message: 'Triggers cam (sink fake) and door (sink fake) both want port 8085, path /a',
    })
    const bound = createTriggerConfig('api', { run: () => Promise.resolve(), listens: [address] })
    assert.throws(() => createTestProcessor(t, createConfig(answering(), [bound, one])), {
      message: 'Triggers api and cam (sink fake) both want port 8085, path /a',
    })
    const other = createListeningConfig(createFakeSink(), { ...address, path: '/b' })
    createTestProcessor(t, createConfig(answering(), [one, { ...two, sinks: [other] }]))
  })

  test('the default port of the admin listener keeps away from the port of a sink', async (t) => {
    const address = { host: '', port: 8081, path: '/a', configured: false }
    const sinks = [createListeningConfig(createFakeSink(), address)]
    const platform = createPlatform({ webAdmin: { enabled: true } })
    const { processor } = createTestProcessor(t, createConfig(answering(), [trigger(sinks)]), { platform })
    await processor.start()
    assert.doesNotMatch(processor.status().admin ?? '', /:8081$/)
    assert.match(processor.status().notes.join('\n'), /admin: port 8081 is taken, it is at /)
  })
})
