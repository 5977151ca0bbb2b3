import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasPicture } from '../has-picture.ts'
import { largestPicture } from './largest-picture.ts'

test('the largest of all sequence sets counts, and a unit without any has none', () => {
  const small = Buffer.from('0000000167640028acd9405005bb011000000300100000030320f183196000000168ebe3cb22c0', 'hex')
  const size = largestPicture('h264', small)
  assert.equal(size, 1280 * 720)
  assert.equal(largestPicture('h264', Buffer.concat([small, small])), size)
  assert.equal(largestPicture('h264', Buffer.from('00000001650102', 'hex')), 0)
  assert.equal(largestPicture('h265', Buffer.alloc(0)), 0)
})

test('of a JPEG its frame header counts, and what is none has no pixels', () => {
  const header = Buffer.from('ffd8ffc0000b08ffdcffdc01011100ffda0008010100003f00', 'hex')
  assert.equal(largestPicture('jpeg', header), 65_500 * 65_500)
  assert.equal(largestPicture('jpeg', header.subarray(0, 12)), 0)
  assert.equal(largestPicture('jpeg', Buffer.alloc(0)), 0)
  assert.ok(hasPicture('jpeg', header))
})

test('slices make a picture; parameters, delimiters and remarks make none', () => {
  const unit = (...heads: number[]): Buffer => Buffer.concat(heads.map((head) => Buffer.of(0, 0, 0, 1, head, 1, 255)))
  assert.ok(hasPicture('h264', unit(9, 0x67, 0x68, 0x65)))
  assert.ok(hasPicture('h264', unit(0x41)))
  assert.ok(!hasPicture('h264', unit(9, 0x67, 0x68, 6)))
  assert.ok(hasPicture('h265', unit(35 << 1, 32 << 1, 33 << 1, 34 << 1, 19 << 1)))
  assert.ok(!hasPicture('h265', unit(35 << 1, 32 << 1, 33 << 1, 34 << 1, 39 << 1)))
  assert.ok(!hasPicture('h264', Buffer.of(0, 0, 1)))
})
