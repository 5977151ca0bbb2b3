import type { EventData, LogRecord, TriggerContext, TriggerManifest, TriggerSettings } from '@pelton/core'
import { type GivenSettings, triggerSettings } from './describe-trigger.ts'
import { FakeClock } from './fake-clock.ts'
import { type FakeDispatch, FakeTriggerContext } from './fake-trigger-context.ts'
import type { Cleanup } from './temp-folder.ts'
import { waitUntil, within } from './wait-until.ts'

/** A trigger that pulls from a source, with a clock that the test moves. */
export interface PullingTrigger {
  context: FakeTriggerContext
  clock: FakeClock
  run: Promise<void>
  /** Waits until it is ready, or not. */
  untilReady(isReady: boolean): Promise<void>
  /** The events so far, once there are `count`. */
  events(count: number): Promise<EventData[]>
  /** What the trigger logged so. */
  logged(message: string): LogRecord[]
  /** The sum of a family of `/metrics`. */
  metric(name: string, labels?: Record<string, string>): number
  /** Waits until it has a value. */
  untilMetric(name: string, value: number, labels?: Record<string, string>): Promise<void>
}

/** The trigger, how a test gives its settings, and how it answers. */
export interface PullingTriggerParts<Attributes> {
  manifest: TriggerManifest<Attributes>
  given: GivenSettings
  dispatch?: FakeDispatch | undefined
  run(settings: TriggerSettings<Attributes>, context: TriggerContext): Promise<void>
}

/** Runs the trigger until the test ends. */
export function runPullingTrigger<Attributes>(test: Cleanup, parts: PullingTriggerParts<Attributes>): PullingTrigger {
  const { manifest, given, dispatch } = parts
  const clock = new FakeClock()
  const settings = triggerSettings(manifest, given)
  const context = new FakeTriggerContext({ name: settings.name, clock, ...(dispatch ? { dispatch } : {}) })
  const run = parts.run(settings, context)
  const settled = run.catch(() => undefined)
  test.after(async () => {
    context.abortNow()
    // A source that does not answer a goodbye is left after a second.
    await clock.advance(2_000)
    await within('run after abort', settled)
  })
  const metric = (name: string, labels: Record<string, string> = {}): number =>
    context
      .scrape()
      .filter((series) => series.name === name)
      .flatMap(({ samples }) => samples)
      .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0)
  return {
    context,
    clock,
    run,
    metric,
    untilReady: async (isReady) =>
      void (await waitUntil(`ready: ${isReady}`, () => context.readiness.length > 0 && context.isReady === isReady)),
    async events(count) {
      await waitUntil(`${count} events`, () => context.events.length >= count)
      return context.events
    },
    logged: (message) => context.logs.filter((record) => record.message === message),
    untilMetric: async (name, value, labels) =>
      void (await waitUntil(`${name} ${value}`, () => metric(name, labels) === value)),
  }
}
