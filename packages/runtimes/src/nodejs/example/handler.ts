import type { Context, Event } from '@pelton/sdk'

/** Runs once in each worker before its first event. */
export async function initContext(context: Context): Promise<void> {
  context.userData.greeting = await Promise.resolve('hello')
}

/** Greets, and tells which worker did. */
export function greet(context: Context, event: Event) {
  return `${String(context.userData.greeting)} ${event.text()} from worker ${context.workerId}`
}
