/** Asks a Node.js process that was started with `--inspect` about its main thread's heap. */
export interface HeapProbe {
  /** Megabytes in use, garbage included. */
  used(): Promise<number>
  /** Megabytes in use once all garbage is collected. */
  collected(): Promise<number>
}

/** `url` is what the process prints: `ws://127.0.0.1:PORT/ID`. Each question is a connection of its own. */
export function createHeapProbe(url: string): HeapProbe {
  const ask = async (methods: readonly string[]): Promise<number> => {
    const socket = new WebSocket(url)
    await eventOf(socket, 'open')
    let usedBytes = Number.NaN
    for (const [index, method] of methods.entries()) {
      const answered = eventOf(socket, 'message')
      socket.send(JSON.stringify({ id: index + 1, method }))
      const { result } = JSON.parse(String(((await answered) as MessageEvent).data)) as {
        result: { usedSize?: number }
      }
      usedBytes = result.usedSize ?? usedBytes
    }
    socket.close()
    return usedBytes / 1e6
  }
  return {
    used: () => ask(['Runtime.getHeapUsage']),
    collected: () => ask(['HeapProfiler.collectGarbage', 'Runtime.getHeapUsage']),
  }
}

function eventOf(socket: WebSocket, name: string): Promise<Event> {
  return new Promise((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), { once: true })
  })
}
