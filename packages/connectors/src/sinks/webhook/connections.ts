import type { Agent, ClientRequest } from 'node:http'
import type { WebhookRequest } from './webhook-request.ts'

// An `import` of `node:http` would load its WebSocket and fetch as well; https is only loaded when a URL asks for it.
const http = process.getBuiltinModule('node:http')

/** What connections are made with. */
export interface ConnectionOptions {
  /** Idle connections kept, to each origin. */
  idle: number
  /** PEM of the certificates to trust; the known ones when absent. */
  ca?: string | undefined
  rejectUnauthorized: boolean
}

/** An idle connection is given up before most middle boxes forget it. */
const idleMs = 30_000

/** Keeps the connections of one sink alive between requests. */
export class Connections {
  readonly #options: ConnectionOptions
  #plain: Agent | undefined
  #secure: Agent | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** Begins a request with these headers; its body has yet to be written. */
  begin({ method, destination }: WebhookRequest, headers: Record<string, string>): ClientRequest {
    const { hostname, port, path, isSecure } = destination
    const agent = isSecure ? this.#secureAgent() : this.#plainAgent()
    return http.request({ agent, protocol: isSecure ? 'https:' : 'http:', hostname, port, path, method, headers })
  }

  /** Closes them all, also those in use. */
  destroy(): void {
    this.#plain?.destroy()
    this.#secure?.destroy()
  }

  #plainAgent(): Agent {
    return (this.#plain ??= new http.Agent({ keepAlive: true, maxFreeSockets: this.#options.idle, timeout: idleMs }))
  }

  #secureAgent(): Agent {
    if (this.#secure) return this.#secure
    const { idle, ca, rejectUnauthorized } = this.#options
    const { Agent: SecureAgent } = process.getBuiltinModule('node:https')
    const options = { keepAlive: true, maxFreeSockets: idle, timeout: idleMs, rejectUnauthorized }
    return (this.#secure = new SecureAgent({ ...options, ...(ca === undefined ? {} : { ca }) }))
  }
}
