/** What may vary, with its values. */
export type Axes = Record<string, readonly string[]>

/** One value of each axis. */
export type Combination<A extends Axes> = { readonly [Name in keyof A]: A[Name][number] }

/** All combinations that are possible, the last axis varying fastest. */
export function productOf<A extends Axes>(
  axes: A,
  isPossible: (one: Combination<A>) => boolean = () => true,
): Combination<A>[] {
  let partial: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(axes))
    partial = partial.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  return (partial as Combination<A>[]).filter(isPossible)
}

/**
 * A few of these combinations in which every pair of values occurs that occurs in any. Each time the one with the most
 * pairs that are missing is taken, of several the one whose pairs were taken least: so the same are chosen every time.
 */
export function pairwise<A extends Axes>(all: readonly Combination<A>[]): Combination<A>[] {
  const pairs = all.map(pairsOf)
  const taken = new Map(pairs.flat().map((pair) => [pair, 0]))
  const chosen: Combination<A>[] = []
  let missing = taken.size
  while (missing > 0) {
    const { at, gain } = bestOf(pairs, taken)
    chosen.push(all[at] as Combination<A>)
    for (const pair of pairs[at] ?? []) taken.set(pair, (taken.get(pair) ?? 0) + 1)
    missing -= gain
  }
  return chosen
}

function bestOf(all: readonly string[][], taken: ReadonlyMap<string, number>): { at: number; gain: number } {
  let best = { at: 0, gain: -1, uses: 0 }
  for (const [at, pairs] of all.entries()) {
    let gain = 0
    let uses = 0
    for (const pair of pairs) {
      const times = taken.get(pair) ?? 0
      if (times === 0) gain += 1
      uses += times
    }
    if (gain > best.gain || (gain === best.gain && uses < best.uses)) best = { at, gain, uses }
  }
  return best
}

/** Every two values of a combination, with the names of their axes. */
export function pairsOf(one: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(one).map(([name, value]) => `${name}=${value}`)
  return values.flatMap((first, at) => values.slice(at + 1).map((second) => `${first} ${second}`))
}
