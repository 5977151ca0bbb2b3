import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import type { TriggerContext } from '@pelton/core'
import { PeltonError } from '@pelton/core'
import { createConfig, createPlatform, createTriggerConfig } from './fixtures/fake-function.ts'
import { createEvent, createFakeRuntime } from './fixtures/fake-runtime.ts'
import { createTestProcessor } from './fixtures/test-processor.ts'

function untilStopped(context: TriggerContext): Promise<void> {
  return new Promise((resolve) => context.stop.addEventListener('abort', () => resolve()))
}

async function serveUntilStopped(context: TriggerContext): Promise<void> {
  context.ready(true)
  await untilStopped(context)
}

async function get(url: string | undefined): Promise<{ status: number; body: string }> {
  const response = await fetch(url ?? '')
  return { status: response.status, body: await response.text() }
}

async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + 5000
  while (!(await condition())) {
    if (performance.now() > until) assert.fail('the condition did not come true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('processor', () => {
  it('runs events of a trigger on its workers and counts them', async (t) => {
    const runtime = createFakeRuntime({ answers: true })
    const answers: unknown[] = []
    const trigger = createTriggerConfig('main', {
      async run(context) {
        const outcome = await context.dispatch(createEvent('hello'))
        answers.push(outcome.status === 'handled' ? String(outcome.response.body) : outcome.error)
        await serveUntilStopped(context)
      },
    })
    const { processor } = createTestProcessor(t, createConfig(runtime, [trigger]))
    await processor.start()
    assert.deepEqual(answers, ['hello'])
    const { admin, health } = processor.status()
    assert.match((await get(`${admin}/metrics`)).body, /handled_events_total\{.*result="success"\} 1\n/)
    assert.deepEqual(await get(`${health}/live`), { status: 200, body: '{}' })
    assert.equal((await get(`${health}/ready`)).status, 200)
    const stats = JSON.parse((await get(`${admin}/triggers/main/stats`)).body) as Record<string, number>
    assert.equal(stats['eventsHandledSuccessTotal'], 1)
    assert.equal((await get(`${admin}/triggers/other`)).status, 404)
  })

  it('says how a trigger is tried out, once it is reachable', async (t) => {
    const trigger = createTriggerConfig('main', {
      async run(context) {
        context.reachable('test://here')
        await serveUntilStopped(context)
      },
    })
    trigger.manifest.manifest.tryIt = (url, { name }) => `call ${name} at ${url}`
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]))
    assert.equal(processor.status().triggers[0]?.tryIt, undefined)
    await processor.start()
    assert.equal(processor.status().triggers[0]?.tryIt, 'call main at test://here')
  })

  it('hides secrets in /triggers', async (t) => {
    const trigger = createTriggerConfig('main', { run: serveUntilStopped })
    trigger.settings.password = 'hunter2'
    trigger.settings.attributes['accessKey'] = 'hunter3'
    trigger.settings.attributes['target'] = 'http://me:hunt@hunter4@host/in'
    trigger.settings.attributes['allowCredentials'] = true
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]))
    await processor.start()
    const { body } = await get(`${processor.status().admin}/triggers`)
    assert.ok(body.includes('"kind":"fake"') && !body.includes('hunter'))
    assert.ok(body.includes('"target":"http://me:***@host/in"'))
    assert.ok(body.includes('"allowCredentials":true'), 'a switch is no secret')
  })

  it('knows no trigger by the name of what every object has', async (t) => {
    const trigger = createTriggerConfig('main', { run: serveUntilStopped })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]))
    await processor.start()
    for (const name of ['constructor', 'toString', '__proto__']) {
      assert.equal((await get(`${processor.status().admin}/triggers/${name}`)).status, 404)
      assert.equal((await get(`${processor.status().admin}/triggers/${name}/stats`)).status, 404)
    }
  })

  it('is live but not ready while a source is being retried, and names it', async (t) => {
    const lost = new PeltonError('source_lost', 'the camera is off', { blame: 'upstream', retryable: true, help: '' })
    const trigger = createTriggerConfig('cam', { run: () => Promise.reject(lost) })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]))
    await processor.start()
    const { status, body } = await get(`${processor.status().health}/ready`)
    assert.equal(status, 503)
    assert.match(body, /trigger cam.*the camera is off/)
    assert.equal((await get(`${processor.status().health}/live`)).status, 200)
  })

  it('is ready without a source that is not required', async (t) => {
    const lost = new PeltonError('source_lost', 'off', { blame: 'upstream', retryable: true, help: '' })
    const cam = createTriggerConfig('cam', { run: () => Promise.reject(lost) }, { requiredForReady: false })
    const main = createTriggerConfig('main', { run: serveUntilStopped })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [cam, main]))
    await processor.start()
    assert.equal((await get(`${processor.status().health}/ready`)).status, 200)
  })

  it('tells triggers when the last worker is gone, when it is back, and before it stops them', async (t) => {
    const runtime = createFakeRuntime()
    const told: [isServing: boolean, isStopping: boolean][] = []
    const trigger = createTriggerConfig('main', {
      async run(context) {
        const { serving, stop } = context
        serving.onChange(() => told.push([serving.isServing, stop.aborted]))
        assert.equal(serving.isServing, true)
        await serveUntilStopped(context)
      },
    })
    const config = { ...createConfig(runtime, [trigger]), drainDelayMs: 20 }
    const { processor } = createTestProcessor(t, config)
    await processor.start()
    runtime.workers[0]?.die('gone')
    await waitFor(() => told.length === 2)
    await processor.stop(1000)
    assert.deepEqual(told, [
      [false, false],
      [true, false],
      [false, false],
    ])
  })

  it('fails to start when a trigger cannot work, and leaves nothing open', async (t) => {
    const bad = new PeltonError('port_taken', 'taken', { blame: 'user', retryable: false, help: '' })
    const runtime = createFakeRuntime()
    const trigger = createTriggerConfig('main', { run: () => Promise.reject(bad) })
    const { processor } = createTestProcessor(t, createConfig(runtime, [trigger]))
    await assert.rejects(processor.start(), { code: 'port_taken' })
    assert.notEqual(runtime.workers[0]?.stoppedWithin, undefined)
    assert.equal(processor.status().state, 'stopped')
  })

  it('leaves no worker behind when it is stopped while an update starts a trigger', async (t) => {
    const loading = Promise.withResolvers<void>()
    const late = createTriggerConfig('late', { run: serveUntilStopped })
    const { load } = late.manifest.manifest
    late.manifest.manifest.load = () => loading.promise.then(load)
    const main = createTriggerConfig('main', { run: serveUntilStopped })
    const runtime = createFakeRuntime()
    const { processor } = createTestProcessor(t, createConfig(runtime, [main]))
    await processor.start()
    const updated = processor.update(createConfig(runtime, [main, late]))
    await waitFor(() => runtime.workers.length === 3)
    await processor.stop(1000)
    assert.ok(runtime.workers.every(({ stoppedWithin }) => stoppedWithin !== undefined))
    loading.resolve()
    await updated
    assert.equal(
      processor.status().triggers.some(({ name }) => name === 'late'),
      false,
    )
  })

  it('leaves no trigger behind that was still coming when another one failed', async (t) => {
    const bad = new PeltonError('port_taken', 'taken', { blame: 'user', retryable: false, help: '' })
    const loading = Promise.withResolvers<void>()
    let runs = 0
    const late = createTriggerConfig('late', {
      run: (context) => {
        runs += 1
        return serveUntilStopped(context)
      },
    })
    const { load } = late.manifest.manifest
    late.manifest.manifest.load = () => loading.promise.then(load)
    const failing = createTriggerConfig('failing', { run: () => Promise.reject(bad) })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [late, failing]))
    const started = processor.start()
    started.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 50))
    loading.resolve()
    await assert.rejects(started, { code: 'port_taken' })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(runs, 0)
    assert.deepEqual(processor.status().triggers, [])
  })

  it('refuses two triggers that want the same port and path', (t) => {
    const listens = [{ host: '0.0.0.0', port: 8085, path: '*', configured: true }]
    const one = createTriggerConfig('one', { run: serveUntilStopped, listens })
    const two = createTriggerConfig('two', { run: serveUntilStopped, listens })
    assert.throws(() => createTestProcessor(t, createConfig(createFakeRuntime(), [one, two])), {
      code: 'same_address',
      message: /one and two both want port 8085/,
    })
  })

  it('refuses placement: worker with the reason', (t) => {
    const trigger = createTriggerConfig('main', { run: serveUntilStopped }, { placement: 'worker' })
    assert.throws(() => createTestProcessor(t, createConfig(createFakeRuntime(), [trigger])), {
      code: 'placement_refused',
      message: /the runtime cannot run triggers/,
    })
  })

  it('stops the start when a configured health port is taken, moves when it is a default', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => holder.once('listening', resolve))
    t.after(() => holder.close())
    const address = holder.address()
    const port = typeof address === 'object' ? address?.port : 0
    const trigger = createTriggerConfig('main', { run: serveUntilStopped })
    const platform = createPlatform({ healthCheck: { enabled: true, listenAddress: `127.0.0.1:${port}` } })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]), { platform })
    await assert.rejects(processor.start(), { code: 'address_taken', message: new RegExp(`127.0.0.1:${port}`) })
  })

  it('shares workers among triggers of one workerAllocatorName', async (t) => {
    const runtime = createFakeRuntime()
    const shared = { workerAllocatorName: 'both', numWorkers: 2 }
    const one = createTriggerConfig('one', { run: serveUntilStopped }, shared)
    const two = createTriggerConfig('two', { run: serveUntilStopped }, shared)
    const { processor } = createTestProcessor(t, createConfig(runtime, [one, two]))
    await processor.start()
    assert.equal(runtime.workers.length, 2)
    assert.deepEqual(runtime.workers[0]?.spec.trigger, { kind: '', name: 'both' })
  })

  it('keeps a shared pool apart from a trigger of the same name', async (t) => {
    const runtime = createFakeRuntime()
    const named = (name: string, shared?: string): ReturnType<typeof createTriggerConfig> =>
      createTriggerConfig(name, { run: serveUntilStopped }, shared === undefined ? {} : { workerAllocatorName: shared })
    const config = createConfig(runtime, [named('one', 'api'), named('api')])
    const { processor } = createTestProcessor(t, config)
    await processor.start()
    assert.deepEqual(
      runtime.workers.map((worker) => worker.spec.trigger).toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
      [
        { kind: '', name: 'api' },
        { kind: 'fake', name: 'api' },
      ],
    )
    await processor.stop(1000)
    assert.ok(runtime.workers.every((worker) => worker.stoppedWithin !== undefined))
  })

  it('hands out the events of a batching trigger together, at a drain at once', async (t) => {
    const runtime = createFakeRuntime({ answers: true })
    const statuses: string[] = []
    const trigger = createTriggerConfig(
      'main',
      {
        async run(context) {
          context.ready(true)
          const outcomes = ['a', 'b', 'c'].map((body) => context.dispatch(createEvent(body, body)))
          await untilStopped(context)
          for (const outcome of outcomes) statuses.push((await outcome).status)
        },
      },
      { batch: { size: 2, timeoutMs: 60_000 } },
    )
    const { processor } = createTestProcessor(t, createConfig(runtime, [trigger]))
    await processor.start()
    const [worker] = runtime.workers
    assert.equal(worker?.spec.batchSize, 2)
    const batches = (): string[] => worker.batches.map((batch) => batch.map(({ event }) => event.id).join(''))
    assert.deepEqual(batches(), ['ab'])
    const { admin } = processor.status()
    assert.match((await get(`${admin}/metrics`)).body, /pelton_events_waiting\{.*\} 1\n/)
    assert.deepEqual(await processor.stop(5000), { clean: true })
    assert.deepEqual(batches(), ['ab', 'c'])
    assert.deepEqual(statuses, ['handled', 'handled', 'handled'])
  })

  it('says how many events at a time a worker bears', async (t) => {
    const trigger = createTriggerConfig('main', { run: serveUntilStopped })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime({ concurrency: 1 }), [trigger]))
    await processor.start()
    assert.equal(processor.status().triggers[0]?.concurrency, 1)
  })

  it('gives one event at a time to workers of nuclio files, and what the runtime can bear to others', async (t) => {
    for (const [compat, concurrency] of [
      ['nuclio', 1],
      ['none', 8],
    ] as const) {
      const runtime = createFakeRuntime()
      const trigger = createTriggerConfig('main', { run: serveUntilStopped })
      const { processor } = createTestProcessor(t, createConfig(runtime, [trigger], { compat }))
      await processor.start()
      assert.equal(runtime.workers[0]?.spec.concurrency, concurrency)
    }
  })
})

describe('the end of all work', () => {
  it('is told when the last trigger has finished, and whether one has failed', async (t) => {
    const runtime = createFakeRuntime()
    const trigger = (name: string, failed: boolean) =>
      createTriggerConfig(name, {
        async run(context) {
          context.ready(true)
          context.finish({ failed })
          await untilStopped(context)
        },
      })
    const { processor } = createTestProcessor(t, createConfig(runtime, [trigger('a', true), trigger('b', false)]))
    await processor.start()
    assert.deepEqual(await processor.finished, { failed: true })
    assert.equal(processor.status().state, 'ready')
  })

  it('needs no drain delay: nobody is served any more', async (t) => {
    const runtime = createFakeRuntime()
    const trigger = createTriggerConfig('job', {
      async run(context) {
        context.ready(true)
        context.finish({ failed: false, endsProcess: true })
        await untilStopped(context)
      },
    })
    const { processor } = createTestProcessor(t, { ...createConfig(runtime, [trigger]), drainDelayMs: 60_000 })
    await processor.start()
    await processor.finished
    const since = performance.now()
    await processor.stop(30_000)
    assert.ok(performance.now() - since < 5000)
  })
})

describe('stop', () => {
  it('lets a trigger finish what runs and reports a clean end', async (t) => {
    const finished: string[] = []
    const runtime = createFakeRuntime()
    const trigger = createTriggerConfig('main', {
      async run(context) {
        context.ready(true)
        const outcome = context.dispatch(createEvent())
        await untilStopped(context)
        finished.push((await outcome).status)
      },
    })
    const { processor } = createTestProcessor(t, createConfig(runtime, [trigger]))
    await processor.start()
    const stopped = processor.stop(5000)
    await waitFor(() => runtime.workers[0]?.held.length === 1)
    runtime.workers[0]?.held[0]?.answer()
    assert.deepEqual(await stopped, { clean: true })
    assert.deepEqual(finished, ['handled'])
    assert.equal(processor.status().state, 'stopped')
  })

  it('gives workers their own time to end, what is left of the grace time at most', async (t) => {
    for (const [workerTerminationMs, graceMs, least, most] of [
      [3000, 25_000, 3000, 3000],
      [60_000, 10_000, 9000, 10_000],
      [100, 10_000, 500, 500],
    ] as const) {
      const runtime = createFakeRuntime()
      const trigger = createTriggerConfig('main', { run: serveUntilStopped }, { workerTerminationMs })
      const { processor } = createTestProcessor(t, createConfig(runtime, [trigger]))
      await processor.start()
      await processor.stop(graceMs)
      const given = runtime.workers[0]?.stoppedWithin ?? 0
      assert.ok(given >= least && given <= most, `${given} ms`)
    }
  })

  it('cuts off what is left at the end of the grace time and says so', async (t) => {
    const trigger = createTriggerConfig('main', {
      async run(context) {
        context.ready(true)
        void context.dispatch(createEvent())
        await new Promise<void>((resolve) => context.abort.addEventListener('abort', () => resolve()))
      },
    })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger]))
    await processor.start()
    assert.deepEqual(await processor.stop(600), { clean: false })
  })

  it('is not ready from the first moment, and serves on for drainDelay', async (t) => {
    let stoppedAt = 0
    const trigger = createTriggerConfig('main', {
      async run(context) {
        await serveUntilStopped(context)
        stoppedAt = performance.now()
      },
    })
    const { processor } = createTestProcessor(t, createConfig(createFakeRuntime(), [trigger], { drainDelayMs: 150 }))
    await processor.start()
    const { health } = processor.status()
    const since = performance.now()
    const stopped = processor.stop(5000)
    assert.equal((await get(`${health}/ready`)).status, 503)
    await stopped
    assert.ok(stoppedAt - since >= 149)
  })
})

describe('update', () => {
  it('brings new workers first and leaves triggers that do not differ running', async (t) => {
    const before = createFakeRuntime({ answers: true })
    const after = createFakeRuntime({ answers: true })
    let runs = 0
    let context: TriggerContext | undefined
    const trigger = createTriggerConfig('main', {
      async run(given) {
        runs++
        context = given
        await serveUntilStopped(given)
      },
    })
    const { processor } = createTestProcessor(t, createConfig(before, [trigger]))
    await processor.start()
    const next = createConfig(after, [trigger])
    next.runtimeManifest.manifest.kind = 'next'
    await processor.update(next)
    assert.equal(runs, 1)
    assert.notEqual(before.workers[0]?.stoppedWithin, undefined)
    await context?.dispatch(createEvent('x'))
    assert.equal(after.workers[0]?.held.length, 1)
    assert.equal(before.workers[0]?.held.length, 0)
  })

  it('starts nothing once the processor is stopping', async (t) => {
    const runtime = createFakeRuntime()
    const config = createConfig(runtime, [createTriggerConfig('main', { run: serveUntilStopped })])
    const { processor } = createTestProcessor(t, config)
    await processor.start()
    await processor.stop(1000)
    await processor.update(config)
    assert.equal(runtime.workers.length, 1)
  })

  it('keeps serving with the old workers when new ones cannot be started', async (t) => {
    const runtime = createFakeRuntime({ answers: true })
    let context: TriggerContext | undefined
    const trigger = createTriggerConfig('main', {
      async run(given) {
        context = given
        await serveUntilStopped(given)
      },
    })
    const config = createConfig(runtime, [trigger])
    const { processor } = createTestProcessor(t, config)
    await processor.start()
    runtime.failures.push(new PeltonError('handler_broken', 'line 3', { blame: 'user', retryable: false, help: '' }))
    await assert.rejects(processor.update(config), { code: 'handler_broken' })
    assert.equal((await context?.dispatch(createEvent()))?.status, 'handled')
    await processor.update(config)
    assert.equal(runtime.workers.length, 2)
  })

  it('stops triggers that are gone, starts new ones and restarts those that differ', async (t) => {
    const log: string[] = []
    const named = (name: string, url?: string): ReturnType<typeof createTriggerConfig> => {
      const config = createTriggerConfig(name, {
        async run(context, settings) {
          log.push(`+${name}${settings.url ?? ''}`)
          await serveUntilStopped(context)
          log.push(`-${name}`)
        },
      })
      if (url !== undefined) config.settings.url = url
      return config
    }
    const runtime = createFakeRuntime()
    const { processor } = createTestProcessor(t, createConfig(runtime, [named('a'), named('b'), named('c')]))
    await processor.start()
    await processor.update(createConfig(runtime, [named('a'), named('b', ':1'), named('d')]))
    assert.deepEqual(log.toSorted(), ['+a', '+b', '+b:1', '+c', '+d', '-b', '-c'])
    assert.deepEqual(
      processor
        .status()
        .triggers.map(({ name }) => name)
        .toSorted(),
      ['a', 'b', 'd'],
    )
  })

  it('goes back to the old triggers when a new one cannot be started', async (t) => {
    const runtime = createFakeRuntime({ answers: true })
    const bad = new PeltonError('port_taken', 'taken', { blame: 'user', retryable: false, help: '' })
    const log: string[] = []
    const good = createTriggerConfig('main', {
      async run(context) {
        log.push('good')
        await serveUntilStopped(context)
      },
    })
    const broken = createTriggerConfig('main', { run: () => Promise.reject(bad) })
    broken.settings.url = ':1'
    const { processor } = createTestProcessor(t, createConfig(runtime, [good]))
    await processor.start()
    await assert.rejects(processor.update(createConfig(runtime, [broken])), { code: 'port_taken' })
    assert.deepEqual(log, ['good', 'good'])
    assert.equal((await get(`${processor.status().health}/ready`)).status, 200)
  })
})
