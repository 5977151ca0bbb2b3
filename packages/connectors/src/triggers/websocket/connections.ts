import type { Connection } from './connection.ts'

/** The connections of a trigger, by id and by room. */
export class Connections {
  readonly #byId = new Map<string, Connection>()
  readonly #rooms = new Map<string, Set<Connection>>()
  #newest: Connection | undefined

  get size(): number {
    return this.#byId.size
  }

  /** The one that has come last of those that are admitted. */
  get newest(): Connection | undefined {
    if (this.#newest === undefined) for (const connection of this.admitted()) this.#newest = connection
    return this.#newest
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<Connection> {
    return this.#byId.values()
  }

  /** Those whose connect event is not pending. */
  *admitted(): Iterable<Connection> {
    for (const connection of this.#byId.values()) if (connection.isAdmitted) yield connection
  }

  /** The members of a room. */
  in(room: string): Iterable<Connection> {
    return this.#rooms.get(room) ?? []
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection)
  }

  /** From now on it gets what is meant for all, or for the newest one. */
  admit(connection: Connection): void {
    connection.isAdmitted = true
    this.#newest = undefined
  }

  /** Also leaves its rooms. */
  remove(connection: Connection): void {
    this.#byId.delete(connection.id)
    if (this.#newest === connection) this.#newest = undefined
    for (const room of connection.rooms ?? []) this.leave(connection, room)
  }

  join(connection: Connection, room: string): void {
    connection.rooms ??= new Set()
    connection.rooms.add(room)
    const members = this.#rooms.get(room) ?? new Set()
    this.#rooms.set(room, members.add(connection))
  }

  leave(connection: Connection, room: string): void {
    connection.rooms?.delete(room)
    const members = this.#rooms.get(room)
    members?.delete(connection)
    // A room is what has members.
    if (members?.size === 0) this.#rooms.delete(room)
  }
}
