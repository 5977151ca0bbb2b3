import type {
  Clock,
  DispatchOptions,
  EventData,
  Handled,
  Outcome,
  PeltonLogger,
  Series,
  Shared,
  SinkItem,
} from '@pelton/core'
import type { SinkConfig, TriggerConfig } from '../config/function-config.ts'
import { isStreaming } from '../dispatch/outcome.ts'
import { type EventFacts, factsOf, failureItem, isKeptOut, itemOf } from './answer-item.ts'
import { GatherBudget, type Gathered, GatheringStream } from './gather-stream.ts'
import type { SinkReport } from './sink-counts.ts'
import { type Place, SinkFeed } from './sink-feed.ts'
import { SinkNotices } from './sink-notices.ts'

/** What the sinks of a trigger need. */
export interface TriggerSinksParts {
  config: TriggerConfig
  logger: PeltonLogger
  clock: Clock
  shared: <T>(token: Shared<T>) => T
}

type Source = EventData | (() => EventData | undefined)
type Dispatch = (source: Source, options?: DispatchOptions) => Promise<Outcome>

/** A feed with the place that an event has in it. */
interface Destination {
  feed: SinkFeed
  place: Place
}

/** How long a start waits for its sinks: what stops a start shows at once, and a silent target must not delay it. */
const openMs = 250
/** Most bytes of one streamed answer, and of all that are being gathered for the sinks of one trigger. */
const mostGatheredBytes = 64 * 1024 * 1024

/** All sinks of one trigger: what comes from its handler goes to each of them. */
export class TriggerSinks {
  readonly #parts: TriggerSinksParts
  readonly #budget = new GatherBudget(mostGatheredBytes)
  readonly #streams = new Set<GatheringStream>()
  #feeds: SinkFeed[] = []
  /** By the name of the sink. */
  readonly #notices = new Map<string, SinkNotices>()
  #isStopped = false

  constructor(parts: TriggerSinksParts) {
    this.#parts = parts
  }

  get reports(): SinkReport[] {
    return this.#feeds.map(({ report }) => ({ ...report, ...this.#notices.get(report.name)?.address }))
  }

  /** What the sinks add to `/metrics`. */
  get series(): Series[] {
    return [...this.#notices.values()].flatMap((notices) => notices.collect())
  }

  /** Opens the sinks; rejects with what should stop the start. One that cannot be opened yet is tried on. */
  async start(): Promise<void> {
    const { config, clock } = this.#parts
    const feeds = await Promise.all(config.sinks.map((sink) => this.#createFeed(sink)))
    if (this.#isStopped) return
    this.#feeds = feeds
    const refused = Promise.all(feeds.map((feed) => feed.start())).then((failures) =>
      failures.find((error) => error && !error.retryable),
    )
    const waiting = new AbortController()
    // One turn more: on a busy machine time is over before what has happened meanwhile is told.
    const patience = clock.sleep(openMs, waiting.signal).then(nextTurn)
    const error = await Promise.race([refused, patience])
    waiting.abort()
    if (error) throw error
  }

  /** The trigger runs anew: from here on it numbers its events anew. */
  beginRun(): void {
    for (const feed of this.#feeds) feed.beginRun()
  }

  /** The same dispatch, whose answers go to the sinks too. */
  wrap(dispatch: Dispatch): Dispatch {
    return (source, options = {}) => {
      let facts: EventFacts | undefined
      const note = (event: EventData | undefined): EventData | undefined => {
        if (event) facts = factsOf(event)
        return event
      }
      const given = typeof source === 'function' ? (): EventData | undefined => note(source()) : source
      if (typeof source !== 'function') note(source)
      const destinations = this.#feeds.map((feed) => ({ feed, place: feed.expect(options.sequence) }))
      return dispatch(given, options).then((outcome) => this.#deliver(outcome, facts, destinations, options))
    }
  }

  /** Delivers what is left and closes the sinks, within `deadlineMs`; resolves to whether everything was delivered. */
  async stop(deadlineMs: number): Promise<boolean> {
    this.#isStopped = true
    for (const stream of this.#streams) stream.giveUp('stopping')
    const clean = await Promise.all(this.#feeds.map((feed) => feed.stop(deadlineMs)))
    return clean.every(Boolean)
  }

  async #createFeed({ manifest, settings, rules }: SinkConfig): Promise<SinkFeed> {
    const { config, clock, shared } = this.#parts
    const { name: trigger, compat, folder } = config.settings
    const logger = withSink(this.#parts.logger, settings.name)
    const create = await manifest.manifest.load()
    const { reachable, series } = this.#noticesOf(settings.name)
    return new SinkFeed({
      name: settings.name,
      kind: settings.kind,
      rules,
      create: (retried) =>
        create({ ...settings, trigger, compat, folder, logger, clock, shared, reachable, series, retried }),
      logger,
      clock,
    })
  }

  #noticesOf(sink: string): SinkNotices {
    const notices = new SinkNotices(sink)
    this.#notices.set(sink, notices)
    return notices
  }

  /** The outcome as it was; with `drop: block` after there was room. */
  #deliver(
    outcome: Outcome,
    facts: EventFacts | undefined,
    all: Destination[],
    { forSinks }: DispatchOptions,
  ): Outcome | Promise<Outcome> {
    const wanted: Destination[] = []
    for (const one of all) {
      if (facts && !isKeptOut(outcome, one.feed.rules.includeErrors)) wanted.push(one)
      else one.feed.pass(one.place)
    }
    if (!facts || wanted.length === 0) return outcome
    if (isStreaming(outcome)) {
      this.#gather(outcome, facts, wanted)
      return outcome
    }
    const item = wholeItem(outcome, facts, forSinks)
    const waits = wanted.flatMap(({ feed, place }) => feed.offer(item, place) ?? [])
    return waits.length === 0 ? outcome : Promise.all(waits).then(() => outcome)
  }

  #gather({ response, finished }: Handled, facts: EventFacts, wanted: Destination[]): void {
    const { body } = response
    if (body === undefined || body instanceof Uint8Array) return
    const mostBytes = Math.max(...wanted.map(({ feed }) => feed.rules.maxQueueBytes))
    const stream = new GatheringStream(body, finished, {
      mostBytes: Math.min(mostBytes, mostGatheredBytes),
      budget: this.#budget,
      clock: this.#parts.clock,
      onEnd: (gathered) => {
        this.#streams.delete(stream)
        for (const one of wanted) settle(one, gathered, (bytes) => itemOf(facts, response, bytes))
      },
    })
    this.#streams.add(stream)
    response.body = stream
  }
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)))
}

function wholeItem(outcome: Outcome, facts: EventFacts, forSinks: DispatchOptions['forSinks']): SinkItem {
  if (outcome.status === 'failed') return failureItem(facts, outcome.error)
  const response = forSinks ? forSinks(outcome.response) : outcome.response
  return itemOf(facts, response, response.body as Uint8Array)
}

function settle({ feed, place }: Destination, gathered: Gathered, toItem: (body: Uint8Array) => SinkItem): void {
  if ('lost' in gathered) feed.pass(place, gathered.lost)
  else if (gathered.body.byteLength === 0) feed.pass(place)
  else void feed.offer(toItem(gathered.body), place)
}

function withSink(logger: PeltonLogger, sink: string): PeltonLogger {
  const at =
    (level: keyof PeltonLogger) =>
    (message: string, facts?: Record<string, unknown>): void =>
      logger[level](message, { sink, ...facts })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
