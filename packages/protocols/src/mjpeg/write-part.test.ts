import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundaryOf } from './boundary-of.ts'
import { tinyJpeg } from './fixtures/tiny-jpeg.ts'
import { MjpegReader } from './mjpeg-reader.ts'
import { multipartType, partHead, partTail } from './write-part.ts'

test('what is written has its header lines in the order that clients know', () => {
  assert.equal(multipartType('frame'), 'multipart/x-mixed-replace; boundary=frame')
  assert.equal(multipartType('a b'), 'multipart/x-mixed-replace; boundary="a b"')
  const head = '--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 12\r\n\r\n'
  assert.equal(partHead('frame', 12).toString() + partTail.toString(), `${head}\r\n`)
})

test('what is written is read, whatever the boundary is', () => {
  for (const boundary of ['frame', 'with space', 'a"b\\c', '--x', 'ends--']) {
    const jpeg = tinyJpeg(20)
    const frames: Buffer[] = []
    const onFault = (fault: string): void => assert.fail(fault)
    const reader = new MjpegReader(
      { boundary: boundaryOf(multipartType(boundary)) },
      { onFrame: (frame) => frames.push(frame), onFault },
    )
    for (let count = 0; count < 2; count += 1) {
      reader.push(Buffer.concat([partHead(boundary, jpeg.length), jpeg, partTail]))
    }
    assert.deepEqual(frames, [jpeg, jpeg])
  }
})
