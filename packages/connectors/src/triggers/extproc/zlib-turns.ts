/** Work of zlib in other threads at a time, of all triggers of this thread: a job takes up to a megabyte from its start on. */
const mostAtATime = 4

const waiting: (() => void)[] = []
let running = 0

/** Starts work in another thread when it is its turn, and gives its result; rejects with what it fails with or throws. */
export function inTurn<T>(start: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      running -= 1
      waiting.shift()?.()
      settle()
    }
    const begin = (): void => {
      running += 1
      try {
        start((error, result) => end(() => (error ? reject(error) : resolve(result))))
      } catch (error) {
        // zlib finds no memory: this may run in the callback of another job, where nobody would catch it.
        end(() => reject(error))
      }
    }
    if (running < mostAtATime) begin()
    else waiting.push(begin)
  })
}
