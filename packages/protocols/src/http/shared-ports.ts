import { isPeltonError } from '@pelton/core'
import { errors } from '../errors.ts'
import { type BindAddress, formatAddress } from './bind.ts'

/** A path of a port, as somebody wants it. */
export interface WantedPath extends BindAddress {
  path: string
  /** Who wants it, as messages tell it: `trigger api`. */
  owner: string
  /** A taken port is replaced by a free one instead of failing. */
  portMayMove?: boolean | undefined
}

/** How the servers of a protocol are shared. */
export interface SharingRules<Wanted, Server> {
  /** Binds the server of the first user, who fixes what all of them share. Rejects when it cannot be bound. */
  open(wanted: Wanted): Promise<Server>
  /** What another user wants in another way than the first one; undefined: they agree. */
  differingKey(first: Wanted, other: Wanted): string | undefined
}

/** A path that somebody has. */
export interface HeldPath<Server> {
  readonly server: Server
  /** The port that was asked for, when another one had to be taken. */
  readonly movedFrom?: number
  /** Gives the path back. Whether it was the last of its port: then the server is to be closed. The same whenever it is asked. */
  leave(): boolean
}

interface SharedPort<Wanted, Server> {
  readonly first: Wanted
  readonly opening: Promise<Server>
  /** Of paths, also while the server is still being bound: nobody closes it under who comes. */
  readonly owners: Map<string, string>
  /** As it is bound. */
  address: string
}

/** The ports that the users of one protocol share by path: the first one opens a port, the last one takes it along. */
export class SharedPorts<Wanted extends WantedPath, Server extends { readonly port: number }> {
  readonly #rules: SharingRules<Wanted, Server>
  /** By address. */
  readonly #bound = new Map<string, SharedPort<Wanted, Server>>()
  /** By the address that was wanted: who may move goes where those before have gone. */
  readonly #moved = new Map<string, SharedPort<Wanted, Server>>()

  constructor(rules: SharingRules<Wanted, Server>) {
    this.#rules = rules
  }

  /** Takes a path. Rejects with `path_taken`, `listener_differs`, or why the server cannot be bound. */
  async take(wanted: Wanted): Promise<HeldPath<Server>> {
    const address = formatAddress(wanted.host, wanted.port)
    const othersMoved = this.#moved.has(address) && !this.#bound.has(address)
    if (!wanted.portMayMove || !othersMoved) {
      try {
        return await this.#enter(this.#portAt(address, wanted), wanted)
      } catch (error) {
        if (!wanted.portMayMove || !isTaken(error)) throw error
      }
    }
    return { ...(await this.#takeElsewhere(address, wanted)), movedFrom: wanted.port }
  }

  async #takeElsewhere(address: string, wanted: Wanted): Promise<HeldPath<Server>> {
    const anywhere = { ...wanted, port: 0 }
    const port = this.#moved.get(address) ?? this.#open(anywhere)
    this.#moved.set(address, port)
    if (port.owners.has(wanted.path)) return this.#enter(this.#open(anywhere), wanted)
    return this.#enter(port, wanted)
  }

  #portAt(address: string, wanted: Wanted): SharedPort<Wanted, Server> {
    const known = wanted.port === 0 ? undefined : this.#bound.get(address)
    if (known) return known
    const port = this.#open(wanted)
    if (wanted.port !== 0) this.#bound.set(address, port)
    return port
  }

  #open(wanted: Wanted): SharedPort<Wanted, Server> {
    const { host, port: number } = wanted
    const opening = this.#rules.open(wanted)
    const port = { first: wanted, opening, owners: new Map<string, string>(), address: formatAddress(host, number) }
    const know = (server: Server): void => {
      port.address = formatAddress(host, server.port)
      this.#bound.set(port.address, port)
    }
    opening.then(know, () => this.#forget(port))
    return port
  }

  async #enter(port: SharedPort<Wanted, Server>, wanted: Wanted): Promise<HeldPath<Server>> {
    const { path, owner: second } = wanted
    const { first, owners, address, opening } = port
    const key = this.#rules.differingKey(first, wanted)
    if (key !== undefined) throw errors.listener_differs({ first: first.owner, second, address, key })
    const holder = owners.get(path)
    if (holder !== undefined) throw errors.path_taken({ first: holder, second, address, path })
    owners.set(path, second)
    const server = await opening
    let isLast: boolean | undefined
    return { server, leave: () => (isLast ??= this.#leave(port, path)) }
  }

  #leave(port: SharedPort<Wanted, Server>, path: string): boolean {
    port.owners.delete(path)
    if (port.owners.size > 0) return false
    this.#forget(port)
    return true
  }

  #forget(port: SharedPort<Wanted, Server>): void {
    for (const ports of [this.#bound, this.#moved])
      for (const [address, known] of ports) if (known === port) ports.delete(address)
  }
}

function isTaken(error: unknown): boolean {
  return isPeltonError(error) && (error.code === errors.port_taken.code || error.code === errors.path_taken.code)
}
