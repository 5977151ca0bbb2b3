/** What one round of one subject has measured. */
export interface Sample {
  perSecond: number
  /** CPU time of all its processes for each event, in microseconds. */
  cpuUs: number
}

/** One of those that are compared. */
export interface Subject<S extends Sample = Sample> {
  name: string
  measure(seconds: number): Promise<S>
}

/** All rounds, by the subject's name. */
export type Samples<S extends Sample = Sample> = Map<string, S[]>

/** How long is measured, after a second that does not count. */
export interface Rounds {
  rounds: number
  seconds: number
}

/** Every subject in turn, round after round, so that a slow minute of the machine meets all of them. */
export async function interleave<S extends Sample>(
  subjects: readonly Subject<S>[],
  { rounds, seconds }: Rounds,
): Promise<Samples<S>> {
  const samples: Samples<S> = new Map(subjects.map(({ name }) => [name, []]))
  for (const subject of subjects) await subject.measure(1)
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) samples.get(subject.name)?.push(await subject.measure(seconds))
  }
  return samples
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median of one figure of one subject. */
export function medianOf<S extends Sample>(samples: Samples<S>, name: string, of: (sample: S) => number): number {
  return median((samples.get(name) ?? []).map(of))
}

/** The median of one subject's ratios to another, round by round. */
export function ratio<S extends Sample>(
  samples: Samples<S>,
  [name, base]: readonly [name: string, base: string],
  of: (sample: S) => number,
): number {
  const bases = samples.get(base) ?? []
  return median((samples.get(name) ?? []).map((sample, i) => of(sample) / of(bases[i] ?? sample)))
}

/** A table of Markdown, numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** A whole number with its thousands apart. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}
