import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type EventData,
  type Outcome,
  PeltonError,
  type Trigger,
  type TriggerManifest,
  type TriggerSettings,
  decode,
} from '@pelton/core'
import { FakeTriggerContext, handled } from './fake-trigger-context.ts'
import { watchForLeaks } from './leak-check.ts'
import { untilReady } from './until-ready.ts'
import { waitUntil, within } from './wait-until.ts'

/** A kind under test. */
export interface TriggerUnderTest<Attributes> {
  manifest: TriggerManifest<Attributes>
  /** Attributes as a user writes them, with which the trigger runs in the test. */
  attributes?: Record<string, unknown>
  /** The trigger's `url`, such as `127.0.0.1:0`. */
  url?: string
  /** Makes the source emit one event, and resolves when it has: it need not wait for the outcome. */
  emit: (context: FakeTriggerContext) => Promise<unknown> | void
  /** The source emits one event only. */
  emitsOnce?: boolean
  /** Takes the source away; `run` is expected to throw. Absent where there is none to lose. */
  loseSource?: (context: FakeTriggerContext) => Promise<void>
  /** Most events that may wait for their outcome at a time, where the kind promises a bound. */
  mostPending?: number
}

const stopDeadlineMs = 3_000

/** The contract that every trigger kind keeps, as tests. */
export function describeTrigger<Attributes>(name: string, kind: TriggerUnderTest<Attributes>): void {
  describe(`${name} keeps the contract of triggers`, () => {
    describeConfiguration(kind)
    describeDelivery(kind)
    describeStopping(kind)
    describeFailure(kind)
  })
}

function describeConfiguration<Attributes>(kind: TriggerUnderTest<Attributes>): void {
  test('it names an unknown attribute', () => {
    const { faults } = decode(kind.manifest.attributes, { ...kind.attributes, no_such_key: 1 })
    assert.deepEqual(
      faults.map((fault) => fault.path.at(-1)),
      ['no_such_key'],
    )
  })

  test('every attribute says what it means', () => {
    const { attributes } = kind.manifest
    assert.equal(attributes.kind, 'object')
    if (attributes.kind !== 'object') return
    for (const [key, field] of Object.entries(attributes.fields)) assert.ok(field.doc, `${key} has no doc`)
  })
}

function describeDelivery<Attributes>(kind: TriggerUnderTest<Attributes>): void {
  test('it is ready when it says so, and delivers events that are complete', async () => {
    await running(kind, {}, async (context) => {
      await kind.emit(context)
      const event = await firstEvent(context)
      checkEvent(event, kind.manifest.kind)
    })
  })

  if (!kind.emitsOnce) {
    test('each event has an id of its own', async () => {
      await running(kind, {}, async (context) => {
        for (let count = 1; count <= 3; count += 1) {
          await kind.emit(context)
          await waitUntil(`event ${count}`, () => context.events.length >= count)
        }
        assert.equal(new Set(context.events.map((event) => event.id)).size, context.events.length)
      })
    })
  }

  const { mostPending } = kind
  if (mostPending !== undefined) {
    test(`it hands out at most ${mostPending} events that are not answered yet`, async () => {
      const dispatch = (): Promise<Outcome> => new Promise(() => undefined)
      await running(kind, { dispatch, cutsOff: true }, async (context) => {
        for (let count = 0; count <= mostPending; count += 1) void kind.emit(context)
        await waitUntil('events', () => context.events.length >= mostPending)
        await new Promise((resolve) => setImmediate(resolve))
        assert.equal(context.mostPending, mostPending)
      })
    })
  }
}

function describeStopping<Attributes>(kind: TriggerUnderTest<Attributes>): void {
  test('it stops within its deadline, leaks nothing, and can be started again', async () => {
    const noLeaks = watchForLeaks()
    const trigger = await createTrigger(kind)
    for (let round = 0; round < 2; round += 1) {
      const context = new FakeTriggerContext({ name: 'test' })
      const run = trigger.run(context)
      await untilReady(context, run)
      context.stopNow()
      await within('run after stop', run, stopDeadlineMs)
    }
    await noLeaks()
  })

  test('stopping waits for the event in flight', async () => {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const context = new FakeTriggerContext({ name: 'test', dispatch: () => promise })
    const run = (await createTrigger(kind)).run(context)
    let hasReturned = false
    void run.then(() => (hasReturned = true))
    await untilReady(context, run)
    await kind.emit(context)
    await firstEvent(context)
    context.stopNow()
    await new Promise((done) => setTimeout(done, 20))
    assert.equal(hasReturned, false)
    resolve(handled())
    await within('run after the last outcome', run, stopDeadlineMs)
  })

  test('at the end of the grace time it returns although an event is in flight', async () => {
    const noLeaks = watchForLeaks()
    const dispatch = (): Promise<Outcome> => new Promise(() => undefined)
    await running(kind, { dispatch, cutsOff: true }, async (context) => {
      await kind.emit(context)
      await firstEvent(context)
    })
    await noLeaks()
  })
}

function describeFailure<Attributes>(kind: TriggerUnderTest<Attributes>): void {
  test('it goes on after an event has failed', async () => {
    const dispatch = (): Outcome => ({ status: 'failed', error: failure })
    await running(kind, { dispatch }, async (context) => {
      await kind.emit(context)
      await firstEvent(context)
      if (kind.emitsOnce) return
      await kind.emit(context)
      await waitUntil('a second event', () => context.events.length >= 2)
    })
  })

  const { loseSource } = kind
  if (loseSource) {
    test('it reports the loss of its source by throwing', async () => {
      const context = new FakeTriggerContext({ name: 'test' })
      const run = (await createTrigger(kind)).run(context)
      await untilReady(context, run)
      const thrown = assert.rejects(run)
      await loseSource(context)
      await within('run after the loss', thrown, stopDeadlineMs)
    })
  }
}

const failure = new PeltonError('handler_failed', 'the handler failed', { blame: 'user', retryable: false, help: '' })

interface RunOptions {
  dispatch?: () => Outcome | Promise<Outcome>
  /** Ends by abort, because something never finishes. */
  cutsOff?: boolean
}

async function running<Attributes>(
  kind: TriggerUnderTest<Attributes>,
  { dispatch, cutsOff }: RunOptions,
  use: (context: FakeTriggerContext) => Promise<void>,
): Promise<void> {
  const context = new FakeTriggerContext({ name: 'test', ...(dispatch ? { dispatch } : {}) })
  const run = (await createTrigger(kind)).run(context)
  try {
    await untilReady(context, run)
    await use(context)
  } finally {
    if (cutsOff) context.abortNow()
    else context.stopNow()
    await within('run after stop', run, stopDeadlineMs)
  }
}

async function createTrigger<Attributes>(kind: TriggerUnderTest<Attributes>): Promise<Trigger> {
  const create = await kind.manifest.load()
  return create(triggerSettings(kind.manifest, { attributes: kind.attributes, url: kind.url }))
}

/** What a test says of a trigger's settings; attributes as a user writes them. */
export type GivenSettings = Partial<Omit<TriggerSettings, 'attributes' | 'url'>> & {
  attributes?: Record<string, unknown> | undefined
  url?: string | undefined
}

/** Settings with decoded attributes, as a processor would give them; fails when the attributes are faulty. */
export function triggerSettings<Attributes>(
  manifest: TriggerManifest<Attributes>,
  { attributes = {}, url, ...rest }: GivenSettings = {},
): TriggerSettings<Attributes> {
  const { value, faults } = decode(manifest.attributes, attributes)
  assert.deepEqual(faults, [])
  return {
    name: 'test',
    kind: manifest.kind,
    compat: 'none',
    folder: process.cwd(),
    kubernetes: false,
    numWorkers: 1,
    ...(url === undefined ? {} : { url }),
    ...rest,
    attributes: value as Attributes,
  }
}

function firstEvent(context: FakeTriggerContext): Promise<EventData> {
  return waitUntil('an event', () => context.events[0] as EventData)
}

function checkEvent(event: EventData, kind: string): void {
  assert.deepEqual(event.trigger, { kind, name: 'test' })
  assert.match(event.id, /\S/)
  assert.ok(event.body instanceof Uint8Array)
  assert.ok(event.timestamp instanceof Date)
  assert.ok(event.attempt >= 1)
  for (const text of [event.method, event.path, event.url, event.contentType, event.topic]) {
    assert.equal(typeof text, 'string')
  }
  for (const value of Object.values(event.fields)) assert.match(typeof value, /string|number|boolean/)
}
