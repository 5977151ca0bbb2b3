import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeReport, soak } from './soak.ts'

const events = 20_000

test('of 20,000 events, many of them bad, each is answered once with what is its own, and nothing is left', async () => {
  const reports = await soak({ events, seconds: 100, seed: 20_000 })
  const asked = reports.reduce((sum, report) => sum + report.events, 0)
  assert.ok(asked >= events, `only ${asked} events in the time`)
  for (const report of reports) assert.deepEqual(report.faults, [], describeReport(report))
})
