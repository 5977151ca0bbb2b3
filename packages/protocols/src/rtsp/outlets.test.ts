import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import dgram from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { waitUntil, within } from '@pelton/testkit'
import { ClientPorts } from './client-ports.ts'
import { createTcpOutlet } from './stream-readers.ts'
import { OutgoingFrame } from './stream-source.ts'
import { bindUdpPair } from './udp-pair.ts'

/** A socket whose peer reads when it is told to. */
function slowSocket(): { socket: Socket; written: Buffer[]; read: () => void } {
  const written: Buffer[] = []
  let done: () => void = () => undefined
  const writable = new Writable({
    write(chunk: Buffer, _, callback) {
      written.push(chunk)
      done = callback
    },
  })
  return { socket: writable as unknown as Socket, written, read: () => done() }
}

const frameOf = (bytes: number): OutgoingFrame => new OutgoingFrame([Buffer.alloc(bytes)], true)

test('sixty small frames wait for a reader, and one more when one is out', async () => {
  const { socket, read } = slowSocket()
  const outlet = createTcpOutlet(socket, [0, 1])
  for (let frames = 0; frames < 60; frames++) assert.equal(outlet.frame(frameOf(10)), true)
  assert.equal(outlet.frame(frameOf(10)), false)
  read()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(outlet.frame(frameOf(10)), true)
})

test('never more than four megabytes wait, reports included', () => {
  const { socket } = slowSocket()
  const outlet = createTcpOutlet(socket, [0, 1])
  for (let frames = 0; frames < 20; frames++)
    outlet.frame(new OutgoingFrame(Array(10).fill(Buffer.alloc(60_000)), true))
  for (let reports = 0; reports < 100_000; reports++) outlet.control(Buffer.alloc(1_000))
  assert.ok(socket.writableLength > 3_500_000 && socket.writableLength <= 4_194_304)
})

test('a frame is put together once for all readers of a channel', () => {
  const frame = new OutgoingFrame([Buffer.from('a'), Buffer.from('bc')], true)
  assert.equal(frame.interleaved(0), frame.interleaved(0))
  assert.deepEqual(frame.interleaved(2), Buffer.from('$\x02\0\x01a$\x02\0\x02bc'))
})

async function socketAt(t: TestContext, address: string): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4')
  t.after(() => socket.close())
  await new Promise<void>((resolve) => socket.bind(0, address, () => resolve()))
  return socket
}

test('a client makes way for RTP and RTCP by sending first, and again only while nothing has come', async (t) => {
  const [rtp, rtcp] = [await socketAt(t, '127.0.0.1'), await socketAt(t, '127.0.0.1')]
  const pair = await bindUdpPair({ isV6: false })
  t.after(() => pair.close())
  assert.equal(pair.port % 2, 0)
  const ports = new ClientPorts(pair, '127.0.0.1', { packet: () => undefined, control: () => undefined })
  ports.report(Buffer.from('lost'), true)
  ports.agree([rtp.address().port, rtcp.address().port], undefined)
  const arrived = Promise.all([once(rtp, 'message'), once(rtcp, 'message')])
  ports.report(Buffer.from('first'), true)
  const [[punch, from], [report]] = (await within('both', arrived)) as [[Buffer, dgram.RemoteInfo], [Buffer]]
  assert.deepEqual([punch.length, punch[0], from.port, report.toString()], [12, 0x80, pair.port, 'first'])
  rtp.on('message', () => assert.fail('punched again'))
  const next = once(rtcp, 'message')
  ports.report(Buffer.from('second'), false)
  assert.equal(String((await within('the second', next))[0]), 'second')
})

test('a client takes datagrams of its server alone, or of the source that it named', async (t) => {
  const pair = await bindUdpPair({ isV6: false })
  t.after(() => pair.close())
  const got: string[] = []
  const take = (bytes: Buffer): void => void got.push(bytes.toString())
  const ports = new ClientPorts(pair, '127.0.0.1', { packet: take, control: take })
  const [server, other] = [await socketAt(t, '127.0.0.1'), await socketAt(t, '127.0.0.2')]
  const sendAll = (): void => {
    for (const port of [pair.port, pair.rtcp.address().port]) {
      other.send('other', port, '127.0.0.1')
      server.send('server', port, '127.0.0.1')
    }
  }
  sendAll()
  await waitUntil('both', () => got.length === 2)
  assert.deepEqual(got, ['server', 'server'])
  for (const nonsense of ['0.0.0.0', 'host', '::1', undefined]) ports.agree(undefined, nonsense)
  sendAll()
  await waitUntil('both', () => got.length === 4)
  assert.ok(!got.includes('other'))
  ports.agree(undefined, '127.0.0.2')
  sendAll()
  await waitUntil('both of the other', () => got.filter((text) => text === 'other').length === 2)
  assert.equal(got.length, 6)
})

test('a pair takes the ports that it is given, or says that they are taken', async (t) => {
  const first = await bindUdpPair({ isV6: false, host: '127.0.0.1' })
  t.after(() => first.close())
  const taken = bindUdpPair({ isV6: false, host: '127.0.0.1', ports: [first.port, 0] })
  await assert.rejects(taken, { code: 'EADDRINUSE' })
  const halfTaken = bindUdpPair({ isV6: false, host: '127.0.0.1', ports: [0, first.port] })
  await assert.rejects(halfTaken, { code: 'EADDRINUSE' })
})
