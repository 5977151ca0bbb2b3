/** Who has something to write. */
export interface Flushed {
  flush(): void
}

let due: Flushed[] = []

/** Flushes once this turn of the event loop is over, so that everything sent in it leaves in one write. */
export function flushSoon(item: Flushed): void {
  if (due.length === 0) setImmediate(flushAll)
  due.push(item)
}

function flushAll(): void {
  const items = due
  due = []
  for (const item of items) item.flush()
}
