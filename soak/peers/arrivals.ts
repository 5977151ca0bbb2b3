/** What a receiver has been given: texts `SESSION NUMBER …`, each session's in the order of its numbers. */
export class Arrivals {
  readonly faults: string[] = []
  /** All that came, repeated ones included. */
  count = 0
  /** Those that came again. */
  repeated = 0
  readonly #last = new Map<string, number>()

  /** Notes one; a lower number than the session's last one is a fault, the same again is not: it was sent twice. */
  add(text: string): void {
    this.count++
    const [session = '', number = ''] = text.split(' ', 2)
    const last = this.#last.get(session) ?? -1
    const now = Number(number)
    if (!(now >= 0)) this.#fault(`something else arrived: ${text.slice(0, 40)}`)
    else if (now === last) this.repeated++
    else if (now < last) this.#fault(`message ${now} of ${session} arrived after ${last}`)
    else this.#last.set(session, now)
  }

  #fault(fault: string): void {
    if (this.faults.length < 20) this.faults.push(fault)
  }
}
