import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { kservePeer } from '../../scripts/tools/kserve-peer.ts'
import { pythonPeers } from '../../scripts/tools/python-peers.ts'
import { startEcho } from './echo-function.ts'

const run = promisify(execFile)
const peers = [
  ["Triton's clients", 'triton_cases.py', await pythonPeers()],
  ['the clients of KServe', 'kserve_cases.py', await kservePeer()],
] as const

for (const [who, script, { python = '', skip }] of peers) {
  for (const language of ['TypeScript', 'Python'] as const) {
    test(`${who} get on with a function in ${language}`, { skip, timeout: 60_000 }, async (t) => {
      const { restAddress, grpcAddress } = await startEcho(t, language)
      const args = [path.join(import.meta.dirname, 'fixtures', script), restAddress, grpcAddress]
      const { stdout } = await run(python, args, { timeout: 45_000, killSignal: 'SIGKILL' })
      for (const [client, cases] of Object.entries(JSON.parse(stdout) as Record<string, Record<string, unknown>>)) {
        for (const [name, result] of Object.entries(cases)) {
          await t.test(`${client}: ${name.replaceAll('_', ' ')}`, () => assert.equal(result, true))
        }
      }
    })
  }
}
