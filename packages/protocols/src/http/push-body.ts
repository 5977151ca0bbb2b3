import type { ServerResponse } from 'node:http'
import type { Bytes } from '@pelton/core'
import type { BodyEvents, BodyWriter, PushBody } from './http-message.ts'

/** A client that has vanished is found out although nothing is sent to it; first asked after so long. */
const keepAliveMs = 30_000

/** Lets `push` write the body of a response whose head is set. `gone` aborts when the client leaves; `written` is called once it is over. */
export function pushBody(response: ServerResponse, push: PushBody, gone: AbortSignal, written: () => void): void {
  const writer = new ResponseWriter(response)
  let isOver = false
  const finish = (): void => {
    if (isOver) return
    isOver = true
    gone.removeEventListener('abort', leave)
    writer.close()
    written()
  }
  // Who closes its half has left, too: while nothing is sent, nothing else would tell.
  const leave = (): void => {
    writer.cut()
    // A response that waits for its turn on the connection says nothing of its end.
    finish()
  }
  response.once('close', finish)
  gone.addEventListener('abort', leave)
  response.socket?.setKeepAlive(true, keepAliveMs)
  response.flushHeaders()
  writer.events = push(writer)
  if (gone.aborted) leave()
}

class ResponseWriter implements BodyWriter {
  readonly #response: ServerResponse
  events: BodyEvents | undefined
  #isOver = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  send(pieces: readonly Bytes[]): void {
    if (this.#isOver) return
    const response = this.#response
    const last = pieces.length - 1
    response.cork()
    for (let at = 0; at < last; at += 1) response.write(pieces[at])
    response.write(pieces[last], this.#taken)
    response.uncork()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#response.end()
  }

  cut(): void {
    this.#isOver = true
    this.#response.destroy()
  }

  close(): void {
    this.#isOver = true
    this.events?.closed()
    this.events = undefined
  }

  readonly #taken = (error?: Error | null): void => {
    if (!error) this.events?.taken()
  }
}
