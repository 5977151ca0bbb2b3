import assert from 'node:assert/strict'
import { type PeltonError, type Sink, decode } from '@pelton/core'
import { watchForLeaks } from './leak-check.ts'
import { type SinkTarget, type SinkUnderTest, createSink, sinkItem } from './sink-under-test.ts'
import { waitUntil, within } from './wait-until.ts'

/** One promise that every sink keeps; `run` rejects when it is broken. */
export interface SinkCheck {
  name: string
  run: () => Promise<void>
}

interface Session<Target extends SinkTarget> {
  sink: Sink
  target: Target
  /** Writes one item, which must be taken in time. */
  write: (number: number) => Promise<void>
  /** Begins to write one item, which may wait. */
  begin: (number: number) => Promise<void>
  /** Receives one item and asserts that it is this one. */
  receive: (number: number) => Promise<void>
  /** What the sink gave to `lost`, in order. */
  losses: PeltonError[]
}

const closeDeadlineMs = 500
/** A write that takes longer than this waits for its target. */
const pendingMs = 200

/** The contract of sinks as checks; each waits at most `patienceMs` for what must happen. */
export function sinkChecks<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  patienceMs = 3_000,
): SinkCheck[] {
  const opened: Opened<Target> = (name, use) => ({ name, run: () => withOpenSink(kind, patienceMs, use) })
  return [
    { name: 'it names an unknown attribute', run: () => namesUnknownAttribute(kind) },
    { name: 'every attribute says what it means', run: async () => hasDocs(kind) },
    opened('it delivers what is written, in order', deliversInOrder),
    opened('closing delivers what was taken, and is harmless twice', (session) => closingDelivers(session, patienceMs)),
    { name: 'it leaks nothing, and can be opened again after a close', run: () => opensAgain(kind, patienceMs) },
    ...stallChecks(kind, opened, patienceMs),
    ...lossChecks(kind, opened, patienceMs),
  ]
}

/** A check that begins with an open sink and ends with a close within its deadline. */
type Opened<Target extends SinkTarget> = (name: string, use: (session: Session<Target>) => Promise<void>) => SinkCheck

function stallChecks<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  opened: Opened<Target>,
  patienceMs: number,
): SinkCheck[] {
  const { stallTarget } = kind
  if (!stallTarget) return []
  return [
    opened('a write waits while its target does not read, and nothing is lost', async (session) => {
      const goOn = stallTarget(session.target)
      const { taken, pending } = await writeUntilPending(kind, session)
      goOn()
      await within('the write that waited', pending, patienceMs)
      for (let number = 0; number <= taken; number += 1) await session.receive(number)
    }),
    opened('it closes within its deadline although its target does not read', async (session) => {
      stallTarget(session.target)
      const { pending } = await writeUntilPending(kind, session)
      await within('close', session.sink.close(closeDeadlineMs), closeDeadlineMs + patienceMs)
      await settled('the write that waited', pending, patienceMs)
    }),
  ]
}

function lossChecks<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  opened: Opened<Target>,
  patienceMs: number,
): SinkCheck[] {
  const { stallTarget, loseTarget } = kind
  if (!loseTarget) return []
  const noticed = noticeChecks(kind, opened, patienceMs)
  const afterwards = opened('a write ends, either way, after its target was lost', async (session) => {
    await session.write(0)
    await session.receive(0)
    await loseTarget(session.target)
    for (let number = 1; number <= 3; number += 1)
      await settled('a write after the loss', session.begin(number), patienceMs)
  })
  if (!stallTarget) return [...noticed, afterwards]
  const meanwhile = opened('a write that waits ends, either way, when its target is lost', async (session) => {
    stallTarget(session.target)
    const { pending } = await writeUntilPending(kind, session)
    await loseTarget(session.target)
    await settled('the write that waited', pending, patienceMs)
  })
  return [...noticed, afterwards, meanwhile]
}

function noticeChecks<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  opened: Opened<Target>,
  patienceMs: number,
): SinkCheck[] {
  const { loseTarget, restoreTarget, noticesLoss } = kind
  if (!loseTarget || !noticesLoss) return []
  const once = opened('it says once that its target was lost, without a write', async (session) => {
    await loseTarget(session.target)
    await untilLost(session, 1, patienceMs)
    await settled('a write after the loss', session.begin(0), patienceMs)
    await within('close', session.sink.close(closeDeadlineMs), closeDeadlineMs + patienceMs)
    assert.equal(session.losses.length, 1, 'it said so again')
  })
  const silent = opened('closing it is no loss', async ({ sink, losses, write }) => {
    await write(0)
    await within('close', sink.close(patienceMs), patienceMs)
    assert.deepEqual(losses, [])
  })
  if (!restoreTarget) return [once, silent]
  const name = 'after a loss it holds nothing, and can be opened again'
  return [once, silent, { name, run: () => opensAfterLoss(kind, { loseTarget, restoreTarget }, patienceMs) }]
}

async function opensAfterLoss<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  { loseTarget, restoreTarget }: Required<Pick<SinkUnderTest<Attributes, Target>, 'loseTarget' | 'restoreTarget'>>,
  patienceMs: number,
): Promise<void> {
  const target = await kind.startTarget()
  const noLeaks = watchForLeaks()
  const session = await createSession(kind, target, patienceMs)
  try {
    await open(session, patienceMs)
    await loseTarget(target)
    await untilLost(session, 1, patienceMs)
    await noLeaks(patienceMs)
    await restoreTarget(target)
    await open(session, patienceMs)
    await session.write(0)
    await session.receive(0)
    await loseTarget(target)
    await untilLost(session, 2, patienceMs)
  } finally {
    await end(session)
  }
}

function untilLost({ losses }: Session<SinkTarget>, times: number, deadlineMs: number): Promise<boolean> {
  return waitUntil('a call of `lost`', () => losses.length >= times, { deadlineMs })
}

async function namesUnknownAttribute<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
): Promise<void> {
  const target = await kind.startTarget()
  try {
    const { faults } = decode(kind.manifest.attributes, { ...target.attributes, no_such_key: 1 })
    assert.deepEqual(
      faults.map((fault) => fault.path.at(-1)),
      ['no_such_key'],
    )
  } finally {
    await target.close()
  }
}

function hasDocs<Attributes, Target extends SinkTarget>({ manifest }: SinkUnderTest<Attributes, Target>): void {
  const { attributes } = manifest
  if (attributes.kind !== 'object') assert.fail('the attributes are no object')
  for (const [key, field] of Object.entries(attributes.fields)) assert.ok(field.doc, `${key} has no doc`)
}

async function deliversInOrder({ write, receive }: Session<SinkTarget>): Promise<void> {
  for (let number = 0; number < 10; number += 1) await write(number)
  for (let number = 0; number < 10; number += 1) await receive(number)
}

async function closingDelivers({ sink, write, receive }: Session<SinkTarget>, patienceMs: number): Promise<void> {
  for (let number = 0; number < 3; number += 1) await write(number)
  await within('close', sink.close(patienceMs), patienceMs)
  for (let number = 0; number < 3; number += 1) await receive(number)
  await within('a second close', sink.close(closeDeadlineMs), patienceMs)
}

async function opensAgain<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  patienceMs: number,
): Promise<void> {
  const target = await kind.startTarget()
  const noLeaks = watchForLeaks()
  const session = await createSession(kind, target, patienceMs)
  try {
    for (let round = 0; round < 2; round += 1) {
      await open(session, patienceMs)
      await session.write(round)
      await session.receive(round)
      await within('close', session.sink.close(patienceMs), patienceMs)
    }
    await noLeaks(patienceMs)
  } finally {
    await end(session)
  }
}

async function withOpenSink<Attributes, Target extends SinkTarget>(
  kind: SinkUnderTest<Attributes, Target>,
  patienceMs: number,
  use: (session: Session<Target>) => Promise<void>,
): Promise<void> {
  const session = await createSession(kind, await kind.startTarget(), patienceMs)
  try {
    await open(session, patienceMs)
    await use(session)
    await within('close', session.sink.close(closeDeadlineMs), closeDeadlineMs + patienceMs)
  } finally {
    await end(session)
  }
}

async function createSession<Attributes, Target extends SinkTarget>(
  { manifest, body = textBody }: SinkUnderTest<Attributes, Target>,
  target: Target,
  patienceMs: number,
): Promise<Session<Target>> {
  const sink = await createSink(manifest, target.attributes)
  const begin = (number: number): Promise<void> => sink.write(sinkItem(body(number)))
  return {
    sink,
    target,
    losses: [],
    begin,
    write: (number) => within(`the write of item ${number}`, begin(number), patienceMs),
    async receive(number) {
      const received = Buffer.from(await within(`item ${number}`, target.receive(), patienceMs))
      const start = received.toString('latin1', 0, 20)
      assert.ok(received.equals(body(number)), `item ${number} expected, got ${received.length} bytes "${start}"`)
    },
  }
}

async function open({ sink, target, losses }: Session<SinkTarget>, patienceMs: number): Promise<void> {
  const opening = sink.open((error) => void losses.push(error))
  await within('open', opening, patienceMs)
  await target.connect?.()
}

/** Lets go of a sink that may be broken; what it kept its promises in was checked before. */
async function end({ sink, target }: Session<SinkTarget>): Promise<void> {
  await Promise.allSettled([within('close', sink.close(0), closeDeadlineMs)])
  await target.close()
}

/** Writes until the target's silence has reached the sink: `pending` waits, `taken` writes before it resolved. */
async function writeUntilPending<Attributes, Target extends SinkTarget>(
  { mostUnread = 256 }: SinkUnderTest<Attributes, Target>,
  { begin }: Session<Target>,
): Promise<{ taken: number; pending: Promise<void> }> {
  for (let taken = 0; taken < mostUnread; taken += 1) {
    const pending = begin(taken)
    if (!(await isDoneWithin(pending, pendingMs))) return { taken, pending }
  }
  return assert.fail(`it took ${mostUnread} items that its target did not read`)
}

async function isDoneWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until a promise has resolved or rejected: both are allowed, never to end is not. */
async function settled(what: string, promise: Promise<void>, patienceMs: number): Promise<void> {
  await within(what, Promise.allSettled([promise]), patienceMs)
}

function textBody(number: number): Uint8Array {
  return Buffer.alloc(256 * 1024, `item ${number} `)
}
