import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PictureGate } from './picture-gate.ts'

interface Seen {
  gate: PictureGate<number>
  made: number[]
  freed: number[]
  superseded(): number
}

function gate(): Seen {
  const made: number[] = []
  const freed: number[] = []
  let superseded = 0
  const own = new PictureGate<number>({
    make: (picture) => void made.push(picture),
    free: (picture) => void freed.push(picture),
    onSuperseded: () => void (superseded += 1),
  })
  return { gate: own, made, freed, superseded: () => superseded }
}

test('the next due picture is made when one is wanted, and only one', () => {
  const { gate: it, made, freed } = gate()
  it.want()
  it.want()
  it.offer(1, 'never')
  it.offer(2, 'ifWaiting')
  it.offer(3, 'always')
  it.offer(4, 'always')
  assert.deepEqual(made, [3])
  assert.deepEqual(freed, [1, 2])
})

test('the newest due picture waits until it is wanted; those before it are superseded', () => {
  const { gate: it, made, freed, superseded } = gate()
  it.offer(1, 'always')
  it.offer(2, 'never')
  it.offer(3, 'ifWaiting')
  it.offer(4, 'always')
  assert.deepEqual(freed, [2, 1, 3])
  assert.equal(superseded(), 2)
  it.want()
  assert.deepEqual(made, [4])
  it.offer(5, 'ifWaiting')
  assert.deepEqual(made, [4])
})

test('nothing is kept or wanted after it was cleared', () => {
  const { gate: it, made, freed, superseded } = gate()
  it.offer(1, 'always')
  it.clear()
  it.want()
  it.clear()
  it.offer(2, 'always')
  assert.deepEqual(made, [])
  assert.deepEqual(freed, [1])
  assert.equal(superseded(), 0)
})

test('each picture is made or freed once, and every due one is made, superseded or still waits', () => {
  const step = fc.constantFrom('always', 'ifWaiting', 'never', 'want')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { gate: it, made, freed, superseded } = gate()
      let waiting = false
      let due = 0
      for (const [index, what] of steps.entries()) {
        const before = made.length
        if (what === 'want') it.want()
        else it.offer(index, what)
        const isDue: boolean = what === 'always' || (what === 'ifWaiting' && waiting)
        if (isDue) due += 1
        waiting = made.length === before && (waiting || isDue)
      }
      assert.equal(made.length + superseded() + (waiting ? 1 : 0), due)
      it.clear()
      const pictures = steps.flatMap((what, index) => (what === 'want' ? [] : [index]))
      assert.deepEqual(
        [...made, ...freed].toSorted((a, b) => a - b),
        pictures,
      )
      assert.deepEqual(
        made,
        made.toSorted((a, b) => a - b),
      )
    }),
  )
})
