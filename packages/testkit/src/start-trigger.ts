import type { TriggerManifest } from '@pelton/core'
import { type GivenSettings, triggerSettings } from './describe-trigger.ts'
import { type FakeDispatch, FakeTriggerContext } from './fake-trigger-context.ts'
import type { Cleanup } from './temp-folder.ts'
import { untilReady } from './until-ready.ts'
import { within } from './wait-until.ts'

/** A trigger that runs. */
export interface StartedTrigger {
  context: FakeTriggerContext
  /** Where it can be reached; empty for a kind that cannot. */
  url: string
}

/** Runs a trigger with a scripted dispatch until the test ends, when it is cut off. Rejects when it does not become ready. */
export async function startTrigger<Attributes>(
  test: Cleanup,
  manifest: TriggerManifest<Attributes>,
  given: GivenSettings,
  dispatch?: FakeDispatch,
): Promise<StartedTrigger> {
  const settings = triggerSettings(manifest, given)
  const context = new FakeTriggerContext({ name: settings.name, ...(dispatch ? { dispatch } : {}) })
  const create = await manifest.load()
  const run = create(settings).run(context)
  // A run that fails rejects here when it does so before it is ready; later a test looks for itself.
  const settled = run.catch(() => undefined)
  test.after(async () => {
    context.abortNow()
    await within('run after abort', settled)
  })
  await untilReady(context, run)
  return { context, url: context.urls[0] ?? '' }
}
