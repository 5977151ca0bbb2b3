import type { Handler } from './context.ts'

/** Gives a handler its types where `export const handler = defineHandler((context, event) => …)` reads better. */
export function defineHandler<H extends Handler>(handler: H): H {
  return handler
}
