import { once } from 'node:events'
import net, { type Socket } from 'node:net'

const rate = 8000
const packetSamples = 160
const description = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=tone', 't=0 0', 'm=audio 0 RTP/AVP 97']
const format = ['a=rtpmap:97 L16/8000', 'a=control:track', '']
const sdp = [...description, ...format].join('\r\n')

/** Serves a tone by RTSP on the loopback that grows louder and quieter: just enough of a server for one to listen. */
export async function startTestMicrophone(port: number): Promise<void> {
  const server = net.createServer((socket) => {
    let received = ''
    let timer: NodeJS.Timeout | undefined
    socket.on('error', () => undefined)
    socket.on('close', () => clearInterval(timer))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const request = received.slice(0, end)
        received = received.slice(end + 4)
        socket.write(answer(request))
        // The listener's reports may stand before a request.
        if (request.includes('PLAY rtsp')) timer ??= setInterval(sendTone(socket), 20)
      }
    })
  })
  // It does not keep the worker alive that it runs in.
  await once(server.listen(port, '127.0.0.1').unref(), 'listening')
}

function answer(request: string): string {
  const number = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '0'
  const head = `RTSP/1.0 200 OK\r\nCSeq: ${number}\r\nSession: 1\r\n`
  if (request.includes('DESCRIBE rtsp')) {
    return `${head}Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`
  }
  if (request.includes('SETUP rtsp')) return `${head}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`
  return `${head}\r\n`
}

/** Sends the next packet of 20 ms each time. */
function sendTone(socket: Socket): () => void {
  let packets = 0
  return () => {
    const packet = Buffer.alloc(16 + 2 * packetSamples)
    packet.set([0x24, 0])
    packet.writeUInt16BE(packet.length - 4, 2)
    packet.set([0x80, 97], 4)
    packet.writeUInt16BE(packets % 65_536, 6)
    packet.writeUInt32BE((packets * packetSamples) % 2 ** 32, 8)
    for (let sample = 0; sample < packetSamples; sample += 1) {
      const seconds = (packets * packetSamples + sample) / rate
      const loudness = 8000 * (1 + Math.sin(seconds))
      packet.writeInt16BE(Math.round(loudness * Math.sin(2 * Math.PI * 440 * seconds)), 16 + 2 * sample)
    }
    packets += 1
    socket.write(packet)
  }
}
