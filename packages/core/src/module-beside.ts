/**
 * File URL of the module `name` (`./thread-entry`, without its ending) beside the calling one, which gives its
 * `import.meta.url`: TypeScript in the repository, JavaScript once built. For modules that are started by URL, not imported.
 */
export function moduleBeside(here: string, name: string): string {
  return new URL(`${name}${here.endsWith('.ts') ? '.ts' : '.js'}`, here).href
}
