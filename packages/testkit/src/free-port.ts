import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

/**
 * A port of the loopback that was free a moment ago, for programs that cannot listen on port 0 and say where.
 * Somebody else may take it before they do; listen on 0 wherever it is possible.
 */
export async function findFreePort(): Promise<number> {
  const { port, release } = await holdPort()
  await release()
  return port
}

/** A port that is taken until `release`. */
export async function holdPort(host = '127.0.0.1'): Promise<{ port: number; release: () => Promise<void> }> {
  const server = net.createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
}
