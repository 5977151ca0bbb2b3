import assert from 'node:assert/strict'
import {
  type Shared,
  type Sink,
  type SinkItem,
  type SinkManifest,
  type SinkSettings,
  createLogger,
  decode,
  systemClock,
} from '@pelton/core'

/** Where a sink delivers to in a test: a server, a file, a client of a sink that listens itself. */
export interface SinkTarget {
  /** As a user writes them: with these the sink finds this target. */
  attributes: Record<string, unknown>
  /** Called each time the sink has been opened, for a target that connects to it. */
  connect?: () => Promise<void>
  /** Waits for the next item and gives its body, as `SinkUnderTest.body` made it. */
  receive: () => Promise<Uint8Array>
  /** Ends it, also after it was stalled or lost. */
  close: () => Promise<void> | void
}

/** A sink kind under test. */
export interface SinkUnderTest<Attributes, Target extends SinkTarget = SinkTarget> {
  manifest: SinkManifest<Attributes>
  /** A fresh target for each test, which reads at once. */
  startTarget: () => Promise<Target> | Target
  /** From now on the target neither reads nor answers; what it returns lets it go on. Absent where nothing can stall. */
  stallTarget?: (target: Target) => () => void
  /** Takes the target away. Absent where there is none to lose. */
  loseTarget?: (target: Target) => Promise<void> | void
  /** It keeps a connection, so that it notices a loss without writing, and calls `lost`. */
  noticesLoss?: boolean
  /** Brings a lost target back where it was. */
  restoreTarget?: (target: Target) => Promise<void> | void
  /** What the handler answers; each number has its own. Default 256 KiB of text. */
  body?: (number: number) => Uint8Array
  /** Items that may be taken while the target is stalled: what the buffers on the way hold. Default 256. */
  mostUnread?: number
}

/** A sink as the processor would make it; fails when the attributes are faulty. `facts` replace what they name. */
export async function createSink<Attributes>(
  manifest: SinkManifest<Attributes>,
  attributes: Record<string, unknown>,
  facts: Partial<Omit<SinkSettings<Attributes>, 'attributes'>> = {},
): Promise<Sink> {
  const create = await manifest.load()
  return create({ ...sinkSettings(manifest, attributes), ...facts })
}

function sinkSettings<Attributes>(
  manifest: SinkManifest<Attributes>,
  attributes: Record<string, unknown>,
): SinkSettings<Attributes> {
  const { value, faults } = decode(manifest.attributes, attributes)
  assert.deepEqual(faults, [])
  return {
    name: 'test',
    trigger: 'source',
    kind: manifest.kind,
    attributes: value as Attributes,
    compat: 'none',
    folder: process.cwd(),
    logger: createLogger(() => undefined),
    clock: systemClock,
    retried: () => undefined,
    reachable: () => undefined,
    series: () => undefined,
    shared: createShared(),
  }
}

/** What the kinds of one processor share, where a test needs no more of a processor. */
export function createShared(): <T>(token: Shared<T>) => T {
  const things = new Map<string, unknown>()
  return <T>({ key, create }: Shared<T>): T => {
    if (!things.has(key)) things.set(key, create())
    return things.get(key) as T
  }
}

/** What a test says of an item beside its body. */
type ItemFacts = Partial<Omit<SinkItem, 'response'>> & Partial<Omit<SinkItem['response'], 'body'>>

/** An answered event for a sink, with a body, text or bytes; `facts` replace what they name. */
export function sinkItem(body: string | Uint8Array = '', facts: ItemFacts = {}): SinkItem {
  const { eventId = crypto.randomUUID(), fields = {}, timestamp = new Date(), ...response } = facts
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    response: { status: 200, headers: [], contentType: '', ...response, body: bytes },
    eventId,
    fields,
    timestamp,
  }
}
