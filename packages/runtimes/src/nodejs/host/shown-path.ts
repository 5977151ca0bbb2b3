import { relative } from 'node:path'

/** A path as the user knows it: relative to the function's folder when it is inside. */
export function shownPath(path: string, folder: string): string {
  const inside = relative(folder, path)
  return inside === '' || inside.startsWith('..') ? path : inside
}
