/** How much memory may grow from the second to the last quarter of a soak, in megabytes. */
export const growthMb = 25

/**
 * Whether memory went on growing: the lowest samples of the last quarter against those of the second, when everything had
 * been used and each collection of garbage had come. What is wrong, or undefined.
 */
export function judgeMemory(samplesMb: readonly number[]): string | undefined {
  const quarter = Math.floor(samplesMb.length / 4)
  if (quarter < 3) return undefined
  const before = floorOf(samplesMb.slice(quarter, 2 * quarter))
  const after = floorOf(samplesMb.slice(-quarter))
  if (after - before <= growthMb) return undefined
  return `memory grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`
}

/** The mean of the lower half: high ones are garbage that had not been collected yet. */
function floorOf(samples: readonly number[]): number {
  const low = samples.toSorted((a, b) => a - b).slice(0, Math.ceil(samples.length / 2))
  return low.reduce((sum, sample) => sum + sample, 0) / low.length
}
