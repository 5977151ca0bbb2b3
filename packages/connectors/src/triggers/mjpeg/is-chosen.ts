import type { Compat } from '@pelton/core'

/** Whether frame `number`, from 1, is an event: the first one and each `factor`-th after it; in nuclio files each `factor`-th. */
export function isChosen(number: number, factor: number, compat: Compat): boolean {
  return (compat === 'none' ? number - 1 : number) % factor === 0
}
