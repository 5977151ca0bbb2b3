import type { Agent } from 'node:http'
import type { ClientTls } from '../camera/index.ts'

// An `import` of `node:http` would load its WebSocket and fetch as well; https is only loaded when a URL asks for it.
const http = process.getBuiltinModule('node:http')

/** Connections to one camera: one is kept between requests. */
export interface Agents {
  /** For `http:` or `https:`. */
  of(protocol: string): Agent
  /** Closes all connections, also those in use. */
  destroy(): void
}

const options = { keepAlive: true, maxFreeSockets: 1 }

/** Makes agents; each opens nothing before it is used. */
export function createAgents(tls: ClientTls): Agents {
  let plain: Agent | undefined
  let secure: Agent | undefined
  return {
    of(protocol) {
      if (protocol === 'http:') return (plain ??= new http.Agent(options))
      return (secure ??= new (process.getBuiltinModule('node:https').Agent)({ ...options, ...tls }))
    },
    destroy() {
      plain?.destroy()
      secure?.destroy()
    },
  }
}
