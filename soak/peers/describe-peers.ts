import type { PeersReport } from './soak-peers.ts'

/** A report as lines for people. */
export function describePeers(report: PeersReport): string {
  const list = (entries: Iterable<readonly [string, number]>): string =>
    [...entries]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `${key} ${count}`)
      .join(', ')
  const { before, after, samplesMb, faults } = report
  const fourths = [0, 1, 2, 3].map((i) => samplesMb[Math.floor((samplesMb.length * (i + 0.5)) / 4)] ?? 0)
  return [
    `peers: ${report.seconds.toFixed(0)} s, ${faults.length} faults`,
    `  sessions: ${list(report.sessions)}`,
    `  counts: ${list(Object.entries(report.counts))}`,
    `  log: ${list(report.messages)}`,
    `  memory ${fourths.map((mb) => mb.toFixed(0)).join(', ')} MB by quarters, ` +
      `descriptors ${before.descriptors} → ${after.descriptors}, processes ${before.processes} → ${after.processes}`,
    ...faults.slice(0, 20).map((fault) => `  ✖ ${fault}`),
  ].join('\n')
}
