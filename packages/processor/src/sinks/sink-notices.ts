import type { Series } from '@pelton/core'

/** What one sink says of itself while it runs. */
export class SinkNotices {
  readonly #sink: string
  readonly #collectors: (() => readonly Series[])[] = []
  #url: string | undefined

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Where the sink can be reached, if it listens. */
  get address(): { url?: string } {
    return this.#url === undefined ? {} : { url: this.#url }
  }

  reachable = (url: string): void => void (this.#url = url)

  series = (collect: () => readonly Series[]): void => void this.#collectors.push(collect)

  /** What it adds to `/metrics`, labelled with its name. */
  collect(): Series[] {
    const sink = this.#sink
    return this.#collectors.flatMap((collect) =>
      collect().map((family) => ({
        ...family,
        samples: family.samples.map(({ labels, value }) => ({ labels: { sink, ...labels }, value })),
      })),
    )
  }
}
