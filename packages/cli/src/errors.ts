import { defineErrors, errorRow } from '@pelton/core'

/** Errors of the command line. All of them are mended by whoever typed the command. */
export const errors = defineErrors({
  wrong_usage: errorRow<{ reason: string }>({
    message: ({ reason }) => reason,
    blame: 'user',
    retryable: false,
    help: 'Add --help to the command to see what it takes.',
  }),
  config_invalid: errorRow<{ faults: readonly string[] }>({
    message: ({ faults: [first = '', ...more] }) =>
      more.length === 0 ? first : `${more.length + 1} faults in the configuration:\n${[first, ...more].join('\n')}`,
    blame: 'user',
    retryable: false,
    help: '`pelton validate` shows all faults at once, `pelton kinds` the triggers, sinks and runtimes with their keys.',
  }),
  env_file_unreadable: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `The environment file ${file} cannot be read: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Check the path given with --env-file; lines are NAME=value.',
  }),
  input_unreadable: errorRow<{ what: 'body' | 'event'; file: string; reason: string }>({
    message: ({ what, file, reason }) => `The ${what} cannot be read from ${file}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Check the path after the @ of --body, or that of --event-file; `-` reads standard input.',
  }),
  input_too_large: errorRow<{ what: 'body' | 'event'; from: string; limit: string }>({
    message: ({ what, from, limit }) => `The ${what} from ${from} is larger than ${limit}`,
    blame: 'user',
    retryable: false,
    help: 'Give a smaller one, or the name of a file that the handler reads itself.',
  }),
  event_file_invalid: errorRow<{ faults: readonly string[] }>({
    message: ({ faults }) => faults.join('\n'),
    blame: 'user',
    retryable: false,
    help: 'The file given with --event-file is JSON: {"body": …, "headers": {…}, "path": "…", "method": "…", "fields": {…}}.',
  }),
  template_unknown: errorRow<{ name: string; known: readonly string[] }>({
    message: ({ name, known }) => `There is no template ${name}; there are ${known.join(', ')}`,
    blame: 'user',
    retryable: false,
    help: 'Call `pelton init TEMPLATE [FOLDER]` with one of these.',
  }),
  files_in_the_way: errorRow<{ folder: string; files: readonly string[] }>({
    message: ({ folder, files }) => `${folder} already holds ${files.join(', ')}; nothing was written`,
    blame: 'user',
    retryable: false,
    help: 'Choose another folder, or move these files away.',
  }),
  kind_unknown: errorRow<{ name: string; suggestion: string | undefined; known: readonly string[] }>({
    message: ({ name, suggestion, known }) =>
      `There is no kind or family ${name}${suggestion ? `, did you mean ${suggestion}?` : `; there are ${known.join(', ')}`}`,
    blame: 'user',
    retryable: false,
    help: 'Call `pelton kinds` for the list.',
  }),
})
