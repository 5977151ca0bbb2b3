import { defineErrors, errorRow, formatDuration } from '@pelton/core'

/** What triggers, sinks and bindings raise. */
export const errors = defineErrors({
  address_invalid: errorRow<{ trigger: string; url: string }>({
    message: ({ trigger, url }) => `trigger ${trigger}: url "${url}" is no address to listen on`,
    blame: 'user',
    retryable: false,
    help: 'Write :8080, 0.0.0.0:8080, [::1]:8080 or 127.0.0.1:0.',
  }),
  models_disagree: errorRow<{ trigger: string; reason: string }>({
    message: ({ trigger, reason }) => `trigger ${trigger}: attribute ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'The runtime takes its models from their files: model_name and model_version rename an only model, an entry of models gives a model another version.',
  }),
  room_refused: errorRow<{ reason: string }>({
    message: ({ reason }) => `the room cannot be joined: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Use fewer rooms for a connection, and names of 1 to 256 characters.',
  }),
  close_refused: errorRow<{ reason: string }>({
    message: ({ reason }) => `the connection cannot be closed so: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give a close code that applications may send, and a reason of at most 123 bytes.',
  }),
  output_unwritable: errorRow<{ trigger: string; file: string; reason: string }>({
    message: ({ trigger, file, reason }) =>
      `trigger ${trigger}: attribute output: ${file} cannot be written: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give a file in a folder that is there and writable, or - for standard output; the flag --output wins over the attribute.',
  }),
  output_failed: errorRow<{ target: string; reason: string }>({
    message: ({ target, reason }) => `the answer could not be written to ${target}: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Make room or choose another place with the attribute output; the handler has run.',
  }),
  job_deadline_over: errorRow<{ deadlineMs: number }>({
    message: ({ deadlineMs }) => `the job was not done within its deadline of ${formatDuration(deadlineMs)}`,
    blame: 'user',
    retryable: false,
    help: 'Raise the attribute deadline, or let the handler watch event.signal.',
    status: 408,
  }),
  job_interrupted: errorRow<{ reason: string | undefined }>({
    message: ({ reason }) => `the processor was stopped before the job was done${reason ? `; ${reason}` : ''}`,
    blame: 'upstream',
    retryable: true,
    help: 'Run it again, or give it more time to end with spec.terminationGracePeriod.',
    status: 503,
  }),
  sink_not_open: errorRow<{ sink: string }>({
    message: ({ sink }) => `the sink ${sink} is not open`,
    blame: 'upstream',
    retryable: true,
    help: 'Nothing to mend: it is opened again, and the answer sent then, unless the processor stops.',
  }),
  webhook_refused: errorRow<{ url: string; reason: string; attempts: number }>({
    message: ({ url, reason, attempts }) => `webhook ${url} refused an answer: ${reason}, attempt ${attempts}`,
    blame: 'upstream',
    retryable: false,
    help: 'Look at what the receiver says of such a request; url, method and headers of the sink are what it judges.',
  }),
  webhook_failed: errorRow<{ url: string; reason: string; attempts: number }>({
    message: ({ url, reason, attempts }) =>
      `webhook ${url} failed after ${attempts} attempt${attempts === 1 ? '' : 's'}: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'See whether the receiver runs and is reached from here; maxRetries, retryDelay and timeout give it more time.',
  }),
  webhook_cut: errorRow<{ url: string; reason: string; attempts: number }>({
    message: ({ url, reason, attempts }) =>
      `webhook ${url} had not taken an answer when the sink was closed, attempt ${attempts}: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Raise spec.terminationGracePeriod, or keep such answers with dead_letter_file.',
  }),
  websocket_lost: errorRow<{ url: string; reason: string }>({
    message: ({ url, reason }) => `the connection to ${url} was lost: ${reason}`,
    blame: 'upstream',
    retryable: true,
    help: 'Nothing to mend when it comes back: it is opened again. Else look at the server, and at the timeout of the sink.',
  }),
  message_not_text: errorRow<{ url: string }>({
    message: ({ url }) => `an answer is no UTF-8, so it was not sent to ${url} as text`,
    blame: 'user',
    retryable: false,
    help: 'Set messageType: binary, or let the handler answer with text.',
  }),
  answer_no_picture: errorRow<{ sink: string; reason: string }>({
    message: ({ sink, reason }) => `the sink ${sink} cannot show an answer: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Let the handler answer with the bytes of a JPEG file; its content type does not matter.',
  }),
  answer_no_access_unit: errorRow<{ sink: string; reason: string }>({
    message: ({ sink, reason }) => `the sink ${sink} cannot send an answer as H.264: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Let the handler answer with one access unit of H.264 as a byte stream with start codes (Annex B), or set codec: jpeg.',
  }),
  answer_no_sound: errorRow<{ sink: string; reason: string }>({
    message: ({ sink, reason }) => `the sink ${sink} cannot send an answer as sound: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Let the handler answer with samples of 16 bits, little-endian, of the sample_rate and channels of the sink.',
  }),
  picture_not_fit: errorRow<{ sink: string; reason: string }>({
    message: ({ sink, reason }) => `the sink ${sink} cannot send a picture by RTP as it is: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Run `npm install @julusian/jpeg-turbo` in the folder of the function, and such pictures are made anew; or answer with baseline JPEGs of 4:2:0 or 4:2:2 with the standard Huffman tables, at most 2,040 pixels a side.',
  }),
  picture_not_transcoded: errorRow<{ sink: string; unfit: string; reason: string }>({
    message: ({ sink, unfit, reason }) => `the sink ${sink} could not make a picture anew (${unfit}): ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'See whether other programs can open what the handler answers; a baseline JPEG of 4:2:0 needs not be made anew.',
  }),
  dead_letters_unusable: errorRow<{ path: string; reason: string }>({
    message: ({ path, reason }) => `dead_letter_file ${path} cannot be written: ${reason}`,
    blame: 'user',
    retryable: false,
    help: 'Give the path of a file in a folder that is there and that the processor may write to.',
  }),
  schedule_never_due: errorRow<{ trigger: string; schedule: string }>({
    message: ({ trigger, schedule }) => `trigger ${trigger}: the schedule "${schedule}" names no time that ever comes`,
    blame: 'user',
    retryable: false,
    help: 'Mend the attribute schedule; `pelton kinds cron SCHEDULE` shows when it runs.',
  }),
})
