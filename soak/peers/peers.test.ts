import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { describePeers } from './describe-peers.ts'
import { soakPeers } from './soak-peers.ts'

test('with peers that come, go, stall and die every message is accounted for once, and nothing is left', async () => {
  const report = await soakPeers({ seconds: 20, seed: 4711 }, mkdtempSync(path.join(tmpdir(), 'pelton-peers-')))
  assert.deepEqual(report.faults, [], describePeers(report))
  assert.ok((report.counts['handled'] ?? 0) > 500, describePeers(report))
})
