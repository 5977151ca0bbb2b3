import type { Clock } from '@pelton/core'

/**
 * Milliseconds since the epoch with fractions, for the times of frames: the wall clock's, which has whole milliseconds, told finer by the
 * monotonic one. It follows when the wall clock is set.
 */
export function createWallTime(clock: Pick<Clock, 'now' | 'wall'>): () => number {
  let offset = clock.wall() - clock.now()
  return () => {
    const now = clock.now()
    const wall = clock.wall()
    const isRight = now + offset >= wall && now + offset < wall + 1
    if (!isRight) offset = wall - now
    return now + offset
  }
}
