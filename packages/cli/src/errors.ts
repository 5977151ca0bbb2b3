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
  config_unreadable: errorRow<{ faults: readonly string[] }>({
    message: ({ faults }) => faults.join('\n'),
    blame: 'user',
    retryable: false,
    help: 'Check the path that was given, and that it is a file of a function, or with --platform-config of a platform.',
  }),
  env_file_unreadable: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `The environment file ${file} cannot be read: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Check the path given with --env-file; lines are NAME=value.',
  }),
  input_unreadable: errorRow<{ what: 'body' | 'event' | 'input' | 'labels'; file: string; reason: string }>({
    message: ({ what, file, reason }) => `The ${what} cannot be read from ${file}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Check the path after the @ of --body or --input, or that of --event-file or --labels; `-` reads standard input.',
  }),
  input_too_large: errorRow<{ what: 'body' | 'event' | 'input' | 'labels'; from: string; limit: string }>({
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
  folder_unwritable: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `${file} cannot be written: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Choose another folder, or make this one writable.',
  }),
  kind_unknown: errorRow<{ name: string; suggestion: string | undefined; known: readonly string[] }>({
    message: ({ name, suggestion, known }) =>
      `There is no kind or family ${name}${suggestion ? `, did you mean ${suggestion}?` : `; there are ${known.join(', ')}`}`,
    blame: 'user',
    retryable: false,
    help: 'Call `pelton kinds` for the list.',
  }),
  inference_input_invalid: errorRow<{ input: string; reason: string }>({
    message: ({ input, reason }) => `The input ${input} cannot be sent: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Mend the data, or what --datatype, --shape and the options of images say of it.',
  }),
  inference_model_unknown: errorRow<{ text: string; known: readonly string[] }>({
    message: ({ text, known }) => {
      const more = known.length > 20 ? ` and ${known.length - 20} more` : ''
      return known.length === 0 ? text : `${text}\nThe server has ${known.slice(0, 20).join(', ')}${more}`
    },
    blame: 'user',
    retryable: false,
    help: 'Mend the name in the URL or after --model, or the version.',
  }),
  inference_refused: errorRow<{ url: string; answered: number; text: string }>({
    message: ({ url, answered, text }) => `${url} answered ${answered}: ${text}`,
    blame: 'upstream',
    retryable: false,
    help: 'The words are those of the server; its log may say more.',
  }),
  inference_not_served: errorRow<{ url: string; answered: number }>({
    message: ({ url, answered }) =>
      `${url} answered ${answered}, but not as a server of the Open Inference Protocol does`,
    blame: 'user',
    retryable: false,
    help: 'Check the port and the path before /v2; `pelton run` shows the addresses of the trigger openinference.',
  }),
  inference_unreachable: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `${url} gave no answer: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Check host and port, and that the server runs; --timeout waits longer.',
  }),
  inference_answer_invalid: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `What ${url} answered cannot be read: ${reason}`,
    blame: 'upstream',
    retryable: false,
    help: 'The server does not keep to the Open Inference Protocol; its log may say more.',
  }),
  inference_output_unwritable: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `${file} cannot be written: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Choose another folder with --save; without --json what JSON cannot carry is printed, too.',
  }),
  image_library_missing: errorRow<{ reason: string }>({
    message: ({ reason }) => `Images need the package sharp: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Run `npm install sharp` in this folder, or save the pixels with NumPy and give the .npy file.',
  }),
  source_unreadable: errorRow<{ text: string }>({
    message: ({ text }) => text,
    blame: 'upstream',
    retryable: true,
    help: 'Look whether the source runs, and at host, port and path of the URL; --insecure takes any certificate.',
  }),
  source_unauthorized: errorRow<{ text: string }>({
    message: ({ text }) => text,
    blame: 'user',
    retryable: false,
    help: 'Give --username and --password, or set PELTON_WATCH_USERNAME and PELTON_WATCH_PASSWORD.',
  }),
  source_medium_missing: errorRow<{ text: string }>({
    message: ({ text }) => text,
    blame: 'user',
    retryable: false,
    help: 'Choose the other --media or another stream of the source, or let it send another codec.',
  }),
  source_silent: errorRow<{ url: string; ms: number }>({
    message: ({ url, ms }) => `${url} gave nothing that could be used in ${ms} ms`,
    blame: 'upstream',
    retryable: true,
    help: 'Watch it longer; with --transport udp, look whether a firewall lets its packets in.',
  }),
  source_lost: errorRow<{ text: string }>({
    message: ({ text }) => text,
    blame: 'upstream',
    retryable: true,
    help: 'Look at the source and the network between.',
  }),
  frame_unsavable: errorRow<{ file: string; reason: string }>({
    message: ({ file, reason }) => `No frame was saved as ${file}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give --save a file that can be written and ends with what the source sends: .jpg, .h264 or .h265. A .jpg of H.264 or H.265 needs a decoder: run `npm install node-av` where Pelton is installed, or put ffmpeg on the PATH.',
  }),
})
