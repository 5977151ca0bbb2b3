import assert from 'node:assert/strict'
import { test } from 'node:test'
import { picture, pixelsOf, restarts, sampling422 } from './fixtures/pictures.ts'
import { jpegHeader } from './jpeg-header.ts'
import { quantTablesOfQ } from './quant-tables.ts'
import { readJpeg } from './read-jpeg.ts'
import { rtpFitness } from './rtp-fitness.ts'

/** The image with headers as a receiver of RTP/JPEG makes them. */
function rebuilt(jpeg: Buffer): Buffer {
  const facts = readJpeg(jpeg)
  const sampling = facts.components[0]?.vertical === 1 ? '4:2:2' : '4:2:0'
  const [luma, chroma] = facts.quantTables.map((table) => table?.bytes)
  const { width, height, restartInterval } = facts
  const header = jpegHeader({ sampling, width, height, luma: luma!, chroma: chroma!, restartInterval })
  return Buffer.concat([header, jpeg.subarray(facts.scanStart)])
}

test('an image behind rebuilt headers has the same pixels, and the facts that it had', async () => {
  for (const jpeg of [await picture(64, 48), restarts, sampling422]) {
    const copy = rebuilt(jpeg)
    assert.deepEqual(await pixelsOf(copy), await pixelsOf(jpeg))
    assert.deepEqual(rtpFitness(readJpeg(copy)), rtpFitness(readJpeg(jpeg)))
  }
})

test('a Q stands for the tables that encoders make of that quality', async () => {
  for (const quality of [1, 10, 49, 50, 51, 75, 99]) {
    const { quantTables } = readJpeg(await picture(16, 16, { quality, chromaSubsampling: '4:2:0' }))
    const expected = Buffer.concat([quantTables[0]!.bytes, quantTables[1]!.bytes])
    assert.deepEqual(quantTablesOfQ(quality), expected, `Q ${quality}`)
  }
})

test('tables of 16 bits make an extended image', () => {
  const luma = Buffer.alloc(128, 1)
  const header = jpegHeader({ sampling: '4:2:0', width: 8, height: 8, luma, chroma: luma, restartInterval: 0 })
  const facts = readJpeg(header)
  assert.deepEqual([facts.coding, facts.quantTables[0]?.precision], ['extended', 16])
})
