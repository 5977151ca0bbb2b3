import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessUnit } from './access-unit-builder.ts'
import { splitAnnexB } from './annex-b.ts'
import { fuzz } from './fixtures/mutations.ts'
import { packet } from './fixtures/packets.ts'
import { H265Depacketiser, type H265Options } from './h265-depacketiser.ts'
import { spropUnits } from './parameter-sets.ts'

const vps = '4001aa'
const sps = '4201bb'
const pps = '4401cc'
const key = '2601af01'
const slice = '0201d0'

/** Packets of one picture each: their payloads, of which the last is marked. */
function receive(pictures: readonly string[][], options?: H265Options) {
  const units: AccessUnit[] = []
  const depacketiser = new H265Depacketiser((unit) => units.push(unit), options)
  let sequence = 0
  pictures.forEach((payloads, timestamp) => {
    payloads.forEach((hex, index) => {
      const isMarked = index === payloads.length - 1
      depacketiser.push(packet(sequence++, { isMarked, timestamp, payload: Buffer.from(hex, 'hex') }))
    })
  })
  return { units, dropped: depacketiser.dropped }
}

const hexOf = ({ bytes }: AccessUnit): string[] => splitAnnexB(bytes).map((unit) => unit.toString('hex'))

test('single units, aggregates and fragments make pictures', () => {
  const { units } = receive([
    [`60010003${vps}0003${sps}0003${pps}`, key],
    ['620193af01', '62011302', '62015303'],
    [slice],
  ])
  assert.deepEqual(units.map(hexOf), [[vps, sps, pps, key], [vps, sps, pps, '2601af010203'], [slice]])
  assert.deepEqual(
    units.map(({ isKey }) => isKey),
    [true, true, false],
  )
})

test('order numbers are left out where the session description tells of them', () => {
  const pictures = [
    [`60010000${'0003'}${sps}01${'0004'}${key}`],
    ['02010001d0'],
    ['62018100' + '02d0', '620141' + 'ee'],
  ]
  const { units } = receive(pictures, { hasOrderNumbers: true })
  assert.deepEqual(units.map(hexOf), [[sps, key], [slice], ['0201d0ee']])
})

test('parameter sets of the session description stand before key pictures that have none', () => {
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
  const parameters = new Map([
    ['sprop-pps', base64(pps)],
    ['sprop-vps', base64(vps)],
    ['sprop-sps', base64(sps)],
  ])
  const { units } = receive([[key]], { parameterSets: spropUnits(parameters) })
  assert.deepEqual(units.map(hexOf), [[vps, sps, pps, key]])
})

const breaches: Record<string, string> = {
  'a slice from the middle of a picture': '020150',
  'a head alone': '0201',
  'an aggregate that is cut off': '6001000502',
  'a fragment of nothing': '620101aa',
  'an unknown type': '6401aa',
}
for (const [what, payload] of Object.entries(breaches)) {
  test(`${what}: the picture is dropped, the next one is not`, () => {
    const { units, dropped } = receive([[payload], [slice]])
    assert.deepEqual([units.map(hexOf), units[0]?.isAfterLoss, dropped], [[[slice]], true, 1])
  })
}

test('10 million bytes of mutated packets and noise end in units within their limit', () => {
  const long = (head: string): Buffer => Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(900, 0x5a)])
  const samples: Buffer[] = [`60010003${vps}0003${sps}0003${pps}`, key, slice].map((hex) => Buffer.from(hex, 'hex'))
  samples.push(long('620193af'), long('62011302'), long('62015302'), long('0201d0'))
  for (const hasOrderNumbers of [false, true]) {
    const onUnit = ({ bytes }: AccessUnit): void => assert.ok(bytes.length <= 70_000)
    const depacketiser = new H265Depacketiser(onUnit, { maxFrameBytes: 50_000, hasOrderNumbers })
    let sequence = 0
    fuzz(samples, 5_000_000, (bytes, dice) => {
      sequence = (sequence + (dice(50) === 0 ? 2 : 1)) & 0xffff
      depacketiser.push(packet(sequence, { isMarked: dice(20) === 0, timestamp: dice(20), payload: bytes }))
    })
    assert.ok(depacketiser.dropped > 100)
  }
})
