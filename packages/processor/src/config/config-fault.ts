/** One thing that is wrong, or doubtful, in a configuration file. */
export interface ConfigFault {
  /** A warning does not stop a start. */
  severity: 'error' | 'warning'
  /** Where it came from: the file's path, `--set`, or an environment variable. */
  file: string
  /** From 1; absent when it cannot be told. */
  line?: number
  /** Dotted path of the key: `spec.triggers.cam.attributes.port`. */
  path: string
  /** What is wrong and what was expected, as one sentence without the path. */
  message: string
  /** The nearest known key. */
  suggestion?: string
}
