import type { Agent } from 'node:http'

// An `import` of `node:http` would load its WebSocket and fetch as well; https is only loaded when a URL asks for it.
const http = process.getBuiltinModule('node:http')

/** How cameras are trusted, and what is shown to them; PEM. */
export interface Tls {
  ca?: string
  cert?: string
  key?: string
  rejectUnauthorized: boolean
}

/** Connections to one camera: one is kept between requests. */
export interface Agents {
  /** For `http:` or `https:`. */
  of(protocol: string): Agent
  /** Closes all connections, also those in use. */
  destroy(): void
}

const options = { keepAlive: true, maxFreeSockets: 1 }

/** Makes agents; each opens nothing before it is used. */
export function createAgents(tls: Tls): Agents {
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
