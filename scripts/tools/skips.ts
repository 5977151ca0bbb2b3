import fs from 'node:fs'

/** Peers that a machine may lack: programs named in the file, one a line with its reason, `#` for comments. */
export function readOptionalPeers(file: string): string[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/\s/, 1).join(''))
}

/** Whether a test may be skipped in CI: its reason is `needs PEER`, and the peer is optional. */
export function isExcused(reason: unknown, optionalPeers: readonly string[]): boolean {
  const peer = /^needs (\S+)/.exec(typeof reason === 'string' ? reason : '')?.[1]
  return peer !== undefined && optionalPeers.includes(peer)
}
