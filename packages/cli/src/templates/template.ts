/** What a template needs to know. */
export interface TemplateFacts {
  /** Of the function: the folder's name, fit for a metadata name. */
  name: string
  version: string
}

/** A function to begin with. */
export interface Template {
  name: string
  summary: string
  /** Typed in the folder, runs its test. */
  testLine: string
  /** Text by path in the folder. */
  files: (facts: TemplateFacts) => Record<string, string>
}

/** The line that gives editors completion and checks in a function file. */
export const schemaComment = '# yaml-language-server: $schema=.pelton/function.schema.json'

/** Runs the test of a template with a `package.json`. */
export const nodeTestLine = 'npm install && npm test'

/** The `function.yaml` of a template in Pelton's form: one http trigger. */
export function functionFile({ name }: TemplateFacts, runtime: string, handler: string): string {
  return `${schemaComment}
apiVersion: pelton/v1
kind: Function
metadata:
  name: ${name}
spec:
  runtime: ${runtime}
  handler: ${handler}
  triggers:
    http:
      kind: http
      numWorkers: 1
`
}

/** Makes a folder's name fit for `metadata.name`: lower-case letters, digits and dashes. */
export function functionName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return name || 'function'
}

/** The `package.json` of a template: scripts, and what the test and the editor need. */
export function packageFile({ name, version }: TemplateFacts, type: 'module' | 'commonjs'): string {
  const manifest = {
    name,
    private: true,
    type,
    scripts: { start: 'pelton run --watch', test: 'node --test' },
    devDependencies: { '@pelton/sdk': `^${version}`, pelton: `^${version}` },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}
