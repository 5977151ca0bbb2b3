/** Samples of one scrape by `name{label="value",…}`, without the labels that all of them have. */
export type Samples = ReadonlyMap<string, number>

const common = /^(?:instance|namespace|function|project)=/

/** Reads Prometheus text. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) continue
    const own = (labels ?? '').match(/\w+="[^"]*"/g)?.filter((label) => !common.test(label)) ?? []
    samples.set(`${name}{${own.toSorted().join(',')}}`, Number(value))
  }
  return samples
}

/** The sum of all samples of a name that have these labels. */
export function sumOf(samples: Samples, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  let sum = 0
  for (const [key, value] of samples) {
    if (key.startsWith(`${name}{`) && wanted.every((label) => key.includes(label))) sum += value
  }
  return sum
}
