const assigned = /\b(?:module\.)?exports\.([A-Za-z_$][\w$]*)\s*=(?!=)/g
const defined = /\bObject\.defineProperty\(\s*(?:module\.)?exports\s*,\s*['"]([A-Za-z_$][\w$]*)['"]/g
const listed = /\bmodule\.exports\s*=\s*\{([^{}]*)\}/
const listedName = /(?:^|[,\n])\s*([A-Za-z_$][\w$]*)\s*(?=[,:(\n}]|$)/g
const reserved = new Set([
  'default',
  'class',
  'function',
  'new',
  'delete',
  'import',
  'export',
  'var',
  'let',
  'const',
  'enum',
  'null',
])

/**
 * An ES module that stands for a CommonJS file which Node.js would not take as one when it is imported. The file itself
 * is loaded by `require`, so that its `module`, `require.cache` and `require.main` are the usual ones.
 */
export function commonJsFacade(file: string, source: string): string {
  const exports = commonJsNames(source).map(
    (name, index) => `const e${index} = m?.[${JSON.stringify(name)}]; export { e${index} as ${name} };`,
  )
  const load = `const m = createRequire(import.meta.url)(${JSON.stringify(file)});`
  return `import { createRequire } from 'node:module'; ${load} export default m; ${exports.join(' ')}`
}

// What a source assigns to its exports, as far as that can be read off its text.
function commonJsNames(source: string): string[] {
  const names = new Set<string>()
  for (const pattern of [assigned, defined]) for (const [, name] of source.matchAll(pattern)) names.add(name ?? '')
  const list = listed.exec(source)?.[1]
  if (list !== undefined) for (const [, name] of list.matchAll(listedName)) names.add(name ?? '')
  return [...names].filter((name) => name !== '' && !reserved.has(name))
}
