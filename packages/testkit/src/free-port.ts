import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

// Below every system's range for ports that it hands out itself (Linux: from 32768): nobody's `listen(0)` and nobody's
// outgoing connection takes one of these between finding it and using it.
const firstPort = 20_000
const endPort = 32_000
const maxAttempts = 50

/**
 * A port of the loopback that nobody listens on, for programs that cannot listen on port 0 and say where.
 * Listen on 0 wherever it is possible.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const port = randomInt(firstPort, endPort)
    const server = net.createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  throw new Error(`no free port between ${firstPort} and ${endPort} in ${maxAttempts} attempts`)
}

/** A port that is taken until `release`. */
export async function holdPort(host = '127.0.0.1'): Promise<{ port: number; release: () => Promise<void> }> {
  const server = net.createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
}
