import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SilenceWatch } from './silence-watch.ts'

/** What is said after each of so many units, one every `everyMs`. */
function listen(watch: SilenceWatch, units: number, everyMs: number, from = 0): (string | undefined)[] {
  return Array.from({ length: units }, (_, index) => watch.note(from + index * everyMs, true))
}

test('it takes both 20 s and 50 units without a picture', () => {
  const quick = listen(new SilenceWatch(), 501, 40)
  assert.deepEqual(
    [quick.findIndex(Boolean), quick[500]],
    [500, 'no picture came out of the decoder in 20s, of 501 access units'],
  )
  assert.equal(listen(new SilenceWatch(), 60, 5_000).findIndex(Boolean), 50)
})

test('a picture, and a time in which none is waited for, begin it anew', () => {
  const watch = new SilenceWatch()
  assert.equal(listen(watch, 499, 40).some(Boolean), false)
  watch.reset()
  assert.equal(listen(watch, 499, 40, 20_000).some(Boolean), false)
  watch.note(40_000, false)
  assert.equal(listen(watch, 499, 40, 40_040).some(Boolean), false)
})
