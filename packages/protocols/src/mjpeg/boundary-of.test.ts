import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundaryOf } from './boundary-of.ts'

const spellings: [contentType: string, boundary: string | undefined][] = [
  ['multipart/x-mixed-replace;boundary=myboundary', 'myboundary'],
  ['multipart/x-mixed-replace; boundary = myboundary', 'myboundary'],
  ['Multipart/X-Mixed-Replace; BOUNDARY="my boundary"', 'my boundary'],
  ['multipart/x-mixed-replace; charset=utf-8; boundary=a; x=y', 'a'],
  ['multipart/x-mixed-replace; boundary="a;b\\"c" ; x=y', 'a;b"c'],
  ['multipart/x-mixed-replace; boundary=--myboundary', '--myboundary'],
  ['multipart/x-mixed-replace; boundary=video boundary--', 'video boundary--'],
  ['multipart/x-mixed-replace; boundary=', undefined],
  ['multipart/x-mixed-replace; boundary=""', undefined],
  ['multipart/x-mixed-replace', undefined],
  ['image/jpeg', undefined],
  ['', undefined],
]

for (const [contentType, boundary] of spellings) {
  test(`cases 67 and 94 the boundary of "${contentType}" is ${boundary ?? 'not named'}`, () => {
    assert.equal(boundaryOf(contentType), boundary)
  })
}
