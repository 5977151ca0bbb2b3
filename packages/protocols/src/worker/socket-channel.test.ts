import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { within } from '@pelton/testkit'
import { frame, frameType } from './frame.ts'
import { createSocketChannel } from './socket-channel.ts'

/** Waits without giving the loop a turn: nothing is read meanwhile. */
function untilEnded(pid: number): void {
  const deadline = performance.now() + 5000
  while (!/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
    assert.ok(performance.now() < deadline, 'the peer has not ended')
}

const skip = process.platform === 'linux' ? false : 'needs /proc'

test('what a peer wrote before it ended is read, though it can no longer be written to', { skip }, async () => {
  // A pong with id 7, then the end, with what was sent to it unread.
  const pong = String.raw`\051\0\0\0\07\0\0\0\0\0\0\0\0\0\0\0`
  const peer = spawn('sh', ['-c', `read -r go; printf '${pong}' >&3`], { stdio: ['pipe', 'ignore', 'inherit', 'pipe'] })
  const channel = createSocketChannel(peer.stdio[3] as Duplex)
  const heard: number[] = []
  const closed = new Promise<Error | undefined>((resolve) => {
    channel.open({ onFrame: ({ id }) => void heard.push(id), onClose: resolve })
  })
  channel.send(frame(frameType.ping, 1))
  await channel.flushed()
  peer.stdin?.end('go\n')
  untilEnded(peer.pid ?? 0)
  channel.send(frame(frameType.ping, 2))
  await channel.flushed()
  assert.equal(await within('the end', closed), undefined)
  assert.deepEqual(heard, [7])
})
