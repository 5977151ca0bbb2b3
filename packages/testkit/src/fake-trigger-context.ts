import {
  type Clock,
  type DispatchOptions,
  type EventData,
  type Finished,
  type LogRecord,
  type ModelFacts,
  type Outcome,
  type PeltonLogger,
  type Response,
  type Series,
  type Serving,
  type Shared,
  type TriggerContext,
  type TriggerWorkers,
  createLogger,
  systemClock,
} from '@pelton/core'

/** Answers one dispatched event. */
export type FakeDispatch = (event: EventData, options: DispatchOptions) => Outcome | Promise<Outcome>

/** What a fake context is made of; without `dispatch` every event is answered 200 with an empty body. */
export interface FakeTriggerContextOptions {
  name?: string
  dispatch?: FakeDispatch
  /** Default the machine's. */
  clock?: Clock
}

/** A trigger's context whose dispatch is scripted, and which remembers what the trigger did. */
export class FakeTriggerContext implements TriggerContext {
  readonly name: string
  readonly logger: PeltonLogger
  readonly clock: Clock
  /** Events dispatched so far, in order. */
  readonly events: EventData[] = []
  readonly options: DispatchOptions[] = []
  readonly logs: LogRecord[] = []
  readonly urls: string[] = []
  /** Every `ready` call, in order. */
  readonly readiness: boolean[] = []
  /** Every `count` call, in order. */
  readonly counts: ('success' | 'failure')[] = []
  /** Every `finish` call, in order. */
  readonly finished: Finished[] = []
  /** Most events that waited for their outcome at a time. */
  mostPending = 0
  readonly serving = new FakeServing()
  readonly workers = new FakeWorkers()
  readonly #dispatch: FakeDispatch
  readonly #stopping = new AbortController()
  readonly #aborting = new AbortController()
  readonly #shared = new Map<string, unknown>()
  readonly #calls = new Map<string, (payload: unknown, body?: Uint8Array) => Promise<unknown>>()
  readonly #collectors: (() => readonly Series[])[] = []
  #pending = 0

  constructor({ name = 'fake', dispatch = () => handled(), clock = systemClock }: FakeTriggerContextOptions = {}) {
    this.name = name
    this.clock = clock
    this.#dispatch = dispatch
    this.logger = createLogger((record) => this.logs.push(record), { trigger: name })
  }

  get stop(): AbortSignal {
    return this.#stopping.signal
  }

  get abort(): AbortSignal {
    return this.#aborting.signal
  }

  get isReady(): boolean {
    return this.readiness.at(-1) ?? false
  }

  /** Asks the trigger to finish. */
  stopNow(): void {
    this.#stopping.abort()
  }

  /** Ends the grace time. */
  abortNow(): void {
    this.#stopping.abort()
    this.#aborting.abort()
  }

  ready = (state: boolean): void => void this.readiness.push(state)

  reachable = (url: string): void => void this.urls.push(url)

  finish = (result: Finished): void => void this.finished.push(result)

  count = (result: 'success' | 'failure'): void => void this.counts.push(result)

  dispatch = async (
    event: EventData | (() => EventData | undefined),
    options: DispatchOptions = {},
  ): Promise<Outcome> => {
    const given = typeof event === 'function' ? event() : event
    if (!given) throw new Error('the event was withdrawn: script that where a test needs it')
    this.events.push(given)
    this.options.push(options)
    this.#pending += 1
    this.mostPending = Math.max(this.mostPending, this.#pending)
    try {
      return await this.#dispatch(given, options)
    } finally {
      this.#pending -= 1
    }
  }

  onCall = (operation: string, handle: (payload: unknown, body?: Uint8Array) => Promise<unknown>): void =>
    void this.#calls.set(operation, handle)

  /** Calls the trigger as its handler side would. */
  call(operation: string, payload: unknown, body?: Uint8Array): Promise<unknown> {
    const handle = this.#calls.get(operation)
    return handle ? handle(payload, body) : Promise.reject(new Error(`no call ${operation}`))
  }

  series = (collect: () => readonly Series[]): void => void this.#collectors.push(collect)

  /** What `/metrics` would show of the trigger's own. */
  scrape(): readonly Series[] {
    return this.#collectors.flatMap((collect) => collect())
  }

  shared = <T>(token: Shared<T>): T => {
    if (!this.#shared.has(token.key)) this.#shared.set(token.key, token.create())
    return this.#shared.get(token.key) as T
  }
}

/** Whether a fake context's function can serve; tests say so. */
class FakeServing implements Serving {
  readonly #listeners = new Set<() => void>()
  isServing = true

  set(isServing: boolean): void {
    this.isServing = isServing
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** The workers of a fake context; they run a handler until a test gives them models. */
class FakeWorkers implements TriggerWorkers {
  models: readonly ModelFacts[] | undefined
  /** The options of every `replace`, in order. */
  readonly replaced: { models?: readonly string[] }[] = []
  /** What a replacement does; a test may let it fail. */
  onReplace: (options: { models?: readonly string[] }) => Promise<void> = () => Promise.resolve()

  async replace(options: { models?: readonly string[] } = {}): Promise<void> {
    this.replaced.push(options)
    await this.onReplace(options)
  }
}

/** An outcome with a response; text becomes bytes. */
export function handled(
  response: Partial<Omit<Response, 'body'>> & { body?: Response['body'] | string } = {},
): Outcome {
  const { body, ...rest } = response
  return {
    status: 'handled',
    response: {
      status: 200,
      headers: [],
      contentType: '',
      ...rest,
      body: typeof body === 'string' ? Buffer.from(body) : body,
    },
    finished: Promise.resolve(),
  }
}
