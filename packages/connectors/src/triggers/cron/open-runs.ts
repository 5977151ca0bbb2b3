import {
  type DispatchOptions,
  type EventData,
  type TriggerContext,
  type TriggerSettings,
  createConfiguredEvent,
  outcomeEnd,
} from '@pelton/core'
import { chooseAction } from './choose-action.ts'
import type { CronAttributes } from './config.ts'
import { type CountLog, createCountLog } from './count-log.ts'

/** As on nuclio, and whatever the trigger's own wait is: a worker that is replaced takes a while to come. */
const workerWaitMs = 10_000

/** The runs of one trigger, under its concurrency policy. */
export class OpenRuns {
  readonly #settings: TriggerSettings<CronAttributes>
  readonly #context: TriggerContext
  readonly #missed: CountLog
  readonly #replaced: CountLog
  /** Each with what takes it back. */
  readonly #open = new Map<Promise<void>, AbortController>()
  #owed: number | undefined
  #sequence = 0

  constructor(settings: TriggerSettings<CronAttributes>, context: TriggerContext) {
    this.#settings = settings
    this.#context = context
    this.#missed = createCountLog(context, 'cron_missed')
    this.#replaced = createCountLog(context, 'cron_replaced')
  }

  /** A run is due; `missed` ones before it had no chance. */
  due(at: number, missed: number): void {
    this.#miss(missed, at, 'the clock had passed them')
    const { concurrencyPolicy } = this.#settings.attributes
    switch (chooseAction(concurrencyPolicy, this.#open.size)) {
      case 'start':
        return this.#start(at)
      case 'replace':
        this.#replaced.add(this.#open.size, { by: asTime(at) })
        for (const revoke of this.#open.values()) revoke.abort()
        this.#open.clear()
        return this.#start(at)
      case 'owe':
        if (this.#owed !== undefined) this.#miss(1, this.#owed, 'an earlier run was still going')
        this.#owed = at
        return
      case 'miss':
        return this.#miss(1, at, `${this.#open.size} runs were still going`)
    }
  }

  /** Resolves when no run is open; none starts any more. */
  async end(): Promise<void> {
    this.#owed = undefined
    this.#missed.close()
    this.#replaced.close()
    await Promise.all(this.#open.keys())
  }

  #miss(count: number, last: number, reason: string): void {
    if (count > 0) this.#missed.add(count, { last: asTime(last), reason })
  }

  #start(at: number): void {
    const { name, kind, attributes, compat } = this.#settings
    const event = createConfiguredEvent(attributes.event, { kind, name, compat, timestamp: new Date(at) })
    const revoke = new AbortController()
    const run = this.#run(event, revoke.signal).finally(() => {
      this.#open.delete(run)
      const owed = this.#owed
      this.#owed = undefined
      if (owed !== undefined && !this.#context.stop.aborted) this.#start(owed)
    })
    this.#open.set(run, revoke)
  }

  /** Never rejects: dispatch never does. */
  async #run(event: EventData, revoke: AbortSignal): Promise<void> {
    const { logger, abort, dispatch } = this.#context
    const options: DispatchOptions = { signal: abort, sequence: this.#sequence++, deadlineMs: workerWaitMs }
    if (this.#settings.attributes.concurrencyPolicy === 'Replace') options.revoke = revoke
    const end = await outcomeEnd(await dispatch(event, options), revoke)
    // A run that was taken back is told of where it was.
    if (revoke.aborted) return
    const facts = { event_id: event.id, due: event.timestamp.toISOString() }
    if ('error' in end) logger.error('cron_failed', { ...facts, error: end.error })
    else logger.debug('cron_handled', { ...facts, status: end.status })
  }
}

function asTime(ms: number): string {
  return new Date(ms).toISOString()
}
