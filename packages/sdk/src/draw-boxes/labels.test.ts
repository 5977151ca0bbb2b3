import assert from 'node:assert/strict'
import { test } from 'node:test'
import { colourOfLabel } from './colours.ts'
import { picture, pixelsOf, sampled, samplings } from './fixtures/pictures.ts'
import { cellHeight, rowsOf } from './font.ts'
import { type Box, type DrawBoxesOptions, drawBoxes } from './index.ts'

const dot = 2
const grey = sampled(320, 96, samplings.grey)
const options: DrawBoxesOptions = { fontScale: dot, thickness: 2 }

/** What is written from there on, with the fault as a frame: the characters whose dots are as in the picture. */
function textAt(jpeg: Uint8Array, left: number, top: number, count: number): string {
  const { data, width } = pixelsOf(jpeg)
  const isInk = (x: number, y: number): boolean => data[(y * width + x) * 3]! < 60
  const known = Array.from({ length: 0x60 }, (_, index) => String.fromCharCode(0x20 + index))
  return Array.from({ length: count }, (_, index) => {
    const rows = Array.from({ length: cellHeight }, (_row, row) => {
      const dots = [0, 1, 2, 3, 4].map((column) =>
        isInk(left + (1 + index * 6 + column) * dot + 1, top + (1 + row) * dot + 1) ? 16 >> column : 0,
      )
      return dots.reduce((sum, bit) => sum | bit, 0)
    })
    return known.find((character) => rowsOf(character).join() === rows.join()) ?? '?'
  }).join('')
}

/** On white, in black. */
function labelled(label: string, place: { x: number; y: number }, other: DrawBoxesOptions = options): Uint8Array {
  return drawBoxes(grey, [{ ...place, width: 60, height: 30, label, colour: '#ffffff' }], other)
}

test('all of ASCII can be read in the picture', () => {
  for (let code = 0x21; code < 0x7f; code += 20) {
    const label = Array.from({ length: 20 }, (_, index) => String.fromCharCode(Math.min(0x7e, code + index))).join('')
    assert.equal(textAt(labelled(label, { x: 16, y: 50 }), 16, 50 - 22, 20), label)
  }
})

test('every character has dots of its own', () => {
  const all = Array.from({ length: 0x60 }, (_, index) => rowsOf(String.fromCharCode(0x20 + index)).join())
  assert.equal(new Set(all).size, 0x60)
  assert.ok(all.every((rows) => rows.split(',').length === cellHeight))
})

test('accents are left out, and what the font has not is a frame', () => {
  assert.equal(textAt(labelled('Žofie é', { x: 16, y: 50 }), 16, 28, 7), 'Zofie e')
  assert.equal(textAt(labelled('a日🐕\nb', { x: 16, y: 50 }), 16, 28, 5), 'a\x7f\x7f\x7fb')
})

test('a label is above its box, inside where there is no room, and moved to the left where it would leave the picture', () => {
  assert.equal(textAt(labelled('above', { x: 16, y: 22 }), 16, 0, 5), 'above')
  assert.equal(textAt(labelled('inside', { x: 16, y: 21 }), 16, 23, 6), 'inside')
  assert.equal(textAt(labelled('left', { x: 300, y: 50 }), 320 - 25 * dot, 28, 4), 'left')
  assert.equal(textAt(labelled('x'.repeat(300), { x: 100, y: 50 }), 0, 28, 26), 'x'.repeat(26))
})

test('labels are left out when they are not wanted, and where there are none', () => {
  const plain = drawBoxes(grey, [{ x: 16, y: 50, width: 60, height: 30, colour: '#ffffff' }], options)
  assert.deepEqual(labelled('label', { x: 16, y: 50 }, { ...options, labels: false }), plain)
  assert.deepEqual(labelled('', { x: 16, y: 50 }), plain)
})

test('lines and letters grow with the picture', async () => {
  const box: Box = { x: 40, y: 400, width: 400, height: 300, label: 'label', colour: '#ffffff' }
  const jpeg = await picture(480, 1_200)
  assert.deepEqual(drawBoxes(jpeg, [box]), drawBoxes(jpeg, [box], { thickness: 4, fontScale: 3 }))
  assert.deepEqual(drawBoxes(grey, [box]), drawBoxes(grey, [box], { thickness: 2, fontScale: 1 }))
})

test('a label has its colour, whatever number it ends with', () => {
  assert.deepEqual(colourOfLabel('person 0.91'), colourOfLabel('person 12%'))
  assert.deepEqual(colourOfLabel('car (3)'), colourOfLabel('car'))
  assert.deepEqual(colourOfLabel('0.7'), colourOfLabel(''))
  const names = ['person', 'car', 'truck', 'bus', 'bicycle', 'motorcycle', 'dog', 'cat', 'bird', 'traffic light']
  assert.equal(new Set(names.map((name) => colourOfLabel(name).join())).size, names.length)
})
