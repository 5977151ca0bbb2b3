import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import type { SourceFacts } from './observer.ts'
import { SourceWatch } from './source-watch.ts'
import type { WatchReport } from './watch-report.ts'

const source: SourceFacts = { server: '', transport: 'http', media: [], codec: 'jpeg', reception: undefined }

test('what pictures are is told at once when it is new, and once a second when it changes with each of them', async () => {
  const clock = new FakeClock()
  const widths: (number | undefined)[] = []
  const report: Partial<WatchReport> = {
    source: () => undefined,
    interval: () => undefined,
    total: () => undefined,
    picture: ({ size }) => widths.push(size?.width),
  }
  const watch = new SourceWatch({
    clock,
    report: report as WatchReport,
    frames: undefined,
    forMs: undefined,
    onTimeUp: () => undefined,
  })
  const show = (width: number): void =>
    watch.onUnit({ bytes: Buffer.alloc(9), isKey: true, isAfterLoss: false, size: { width, height: 1 } })
  watch.onSource(source)
  for (let width = 0; width < 100; width++) show(width)
  await clock.advance(1_000)
  for (let width = 100; width < 200; width++) show(width)
  await clock.advance(1_000)
  show(199)
  show(7)
  show(7)
  watch.close('stopped')
  assert.deepEqual(widths, [0, 100, 199])
})
