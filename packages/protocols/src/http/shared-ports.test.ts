import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPeltonError } from '@pelton/core'
import fc from 'fast-check'
import { errors } from '../errors.ts'
import { type HeldPath, SharedPorts, type WantedPath } from './shared-ports.ts'

interface FakeServer {
  port: number
}

/** Servers of a machine on which another process holds these ports. */
function machine(...foreign: number[]): { ports: SharedPorts<WantedPath, FakeServer>; foreign: Set<number> } {
  const held = new Set(foreign)
  let free = 50_000
  const open = async ({ host, port }: WantedPath): Promise<FakeServer> => {
    await Promise.resolve()
    if (held.has(port)) throw errors.port_taken({ address: `${host}:${port}` })
    return { port: port === 0 ? (free += 1) : port }
  }
  return { ports: new SharedPorts({ open, differingKey: () => undefined }), foreign: held }
}

const wanted = (path: string, more: Partial<WantedPath> = {}): WantedPath => ({
  host: 'h',
  port: 8554,
  path,
  owner: `sink ${path}`,
  portMayMove: true,
  ...more,
})

type Held = HeldPath<FakeServer>
const placeOf = ({ server, movedFrom }: Held): unknown[] => [server.port, movedFrom]

test('those who may move from a taken port share the one that they move to', async () => {
  const { ports } = machine(8554)
  const [one, two] = await Promise.all([ports.take(wanted('/a')), ports.take(wanted('/b'))])
  const three = await ports.take(wanted('/c'))
  assert.deepEqual([one, two, three].map(placeOf), Array(3).fill([50_001, 8554]))
  await assert.rejects(ports.take(wanted('/d', { portMayMove: false })), { code: 'port_taken' })
  const there = await ports.take(wanted('/d', { port: 50_001, portMayMove: false }))
  assert.deepEqual(placeOf(there), [50_001, undefined])
  assert.deepEqual(
    [one, two, three, there].map((held) => held.leave()),
    [false, false, false, true],
  )
})

test('who comes after others have moved goes along, though the port is free by now', async () => {
  const { ports, foreign } = machine(8554)
  const one = await ports.take(wanted('/a'))
  foreign.clear()
  assert.deepEqual(placeOf(await ports.take(wanted('/b'))), [50_001, 8554])
  assert.deepEqual(placeOf(await ports.take(wanted('/c', { portMayMove: false }))), [8554, undefined])
  // Now that the port is one of theirs, it is the one.
  assert.deepEqual(placeOf(await ports.take(wanted('/d'))), [8554, undefined])
  assert.equal(one.leave(), false)
})

test('the same path twice moves the second one if it may, and a third one further', async () => {
  const { ports } = machine()
  await ports.take(wanted('/a'))
  await assert.rejects(ports.take(wanted('/a', { portMayMove: false, owner: 'trigger x' })), {
    code: 'path_taken',
    message: 'sink /a and trigger x both serve the path /a on h:8554',
  })
  const places = [await ports.take(wanted('/a')), await ports.take(wanted('/a'))].map(placeOf)
  assert.deepEqual(places, [
    [50_001, 8554],
    [50_002, 8554],
  ])
})

test('a server is not closed under who comes while the last one leaves', async () => {
  const { ports } = machine()
  const one = await ports.take(wanted('/a'))
  const coming = ports.take(wanted('/b'))
  assert.equal(one.leave(), false)
  const two = await coming
  assert.equal(two.server, one.server)
  assert.equal(two.leave(), true)
  assert.equal(two.leave(), true)
  assert.notEqual((await ports.take(wanted('/b'))).server, one.server)
})

test('whatever is taken and left: a path of a port has one owner, and the last one of a server is told so', async () => {
  const step = fc.record({
    isLeaving: fc.boolean(),
    port: fc.constantFrom(0, 1, 2),
    path: fc.constantFrom('/a', '/b', '/c'),
    portMayMove: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isForeign) => {
      const { ports } = machine(...(isForeign ? [1] : []))
      const held: { taken: Held; path: string }[] = []
      for (const { isLeaving, ...want } of steps) {
        if (isLeaving) {
          const left = held.shift()
          const isLast = !held.some(({ taken }) => taken.server === left?.taken.server)
          if (left) assert.equal(left.taken.leave(), isLast)
          continue
        }
        try {
          held.push({ taken: await ports.take(wanted(want.path, want)), path: want.path })
        } catch (error) {
          assert.ok(isPeltonError(error) && !want.portMayMove)
        }
      }
      const places = held.map(({ taken, path }) => `${taken.server.port}${path}`)
      assert.equal(new Set(places).size, places.length)
    }),
  )
})
