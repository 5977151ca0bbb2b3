import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A worker that is being replaced holds the port until it has finished: so often and so far apart it is asked for. */
const tries = 100
const everyMs = 100

/**
 * Opens the inspector of this thread or process at `host:port`; where it listens goes to stderr, and from there to the
 * log. While another listens there, it waits for up to ten seconds without holding anything up.
 */
export async function openInspector(address: string): Promise<void> {
  const { hostname, port } = new URL(`http://${address}`)
  const host = hostname.replace(/^\[|\]$/g, '')
  const inspector = await import('node:inspector')
  const open = (): void => void inspector.open(Number(port), host)
  const taken = (): Promise<boolean> => isTaken(host, Number(port))
  if (port === '0' || !(await taken())) open()
  else void openLater(open, taken)
}

async function openLater(open: () => void, taken: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < tries; attempt++) {
    await sleep(everyMs, undefined, { ref: false })
    if (!(await taken())) return open()
  }
}

/** Whether somebody listens there. */
async function isTaken(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Refused: nobody listens.
    return false
  } finally {
    socket.destroy()
  }
}
