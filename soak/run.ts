// npm run soak [-- --events N] [--seconds S] [--seed N] [FUNCTION…|peers]: many events, many of them bad, or peers that
// come, go, stall and die; exit code 1 when anything was not as it must be.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { describePeers } from './peers/describe-peers.ts'
import { soakPeers } from './peers/soak-peers.ts'
import { soakedFunctions } from './request-kinds.ts'
import { describeReport, soak } from './soak.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const size = { events: Number(values.events), seconds: Number(values.seconds), seed: Number(values.seed) }
const names = [...soakedFunctions.map(({ name }) => name), 'peers']
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0 || Object.values(size).some((value) => !(value >= 0))) {
  process.stderr.write(`--events, --seconds and --seed are numbers, and the functions are ${names.join(', ')}\n`)
  process.exit(1)
}
if (positionals.includes('peers')) {
  const report = await soakPeers(size, mkdtempSync(path.join(tmpdir(), 'pelton-peers-')))
  process.stdout.write(`seed ${size.seed}\n${describePeers(report)}\n`)
  process.exit(report.faults.length > 0 ? 1 : 0)
}
process.stdout.write(`${size.events} events, at most ${size.seconds} s, seed ${size.seed}\n`)
const reports = await soak(size, positionals)
for (const report of reports) process.stdout.write(`${describeReport(report)}\n`)
process.exitCode = reports.some(({ faults }) => faults.length > 0) ? 1 : 0
